"""Payments that are contested: told once, looked up until the provider has decided, and what a lost one costs."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core import gateways
from reptidex.agents.core.handover import hand_over
from reptidex.agents.core.payment_told import REFUNDABLE, given_back, record
from reptidex.agents.core.payments import look_up
from reptidex.domain.payments import dispute_reason
from reptidex.streams import core as events
from reptidex.streams.commands.core_disputes import CheckDispute, DropMeans, SeeDispute
from reptidex.streams.contract import Event
from reptidex.streams.values import Money
from reptidex.tables.core.billing import Subscription
from reptidex.tables.core.payments import Payment, ProviderEvent

LOOKS_APART = timedelta(days=1)
"""A dispute takes weeks; its end is told, and looked for where that word is lost."""


async def contest(
    unit: Unit, payment: Payment, reference: str, code: str, contested: Money, respond_by: datetime | None
) -> list[Event]:
    """Say once of each dispute that a payment is contested. Its money is moved by the provider; here nothing moves."""
    if not await _first(unit, payment, reference, "dispute"):
        return []
    unit.put(replace(payment, disputed=True))
    _look_later(unit, payment, reference)
    if payment.purpose == "plan":
        return []
    return [
        events.PaymentDisputed(
            **record(payment),
            dispute_reference=reference,
            reason=dispute_reason(code),  # type: ignore[arg-type]  # one of the contract's words
            contested=contested,
            respond_by=respond_by,
        )
    ]


async def _first(unit: Unit, payment: Payment, reference: str, kind: str) -> bool:
    """Tell whether this is news of a dispute, and note that it is none from now on."""
    key = _noted(payment, reference, kind)
    if await unit.get(ProviderEvent, key) is not None:
        return False
    noted = {"order_id": payment.order_id, "payment_id": payment.payment_id}
    unit.put(ProviderEvent(event_key=key, **noted, kind=kind, taken_at=unit.now))
    return True


def _noted(payment: Payment, reference: str, kind: str) -> str:
    return f"{payment.provider}/{reference}/{kind}"


def look_at(unit: Unit, payment: Payment, reference: str) -> None:
    """Ask the provider how a dispute stands: what decides about money is never believed from a notice."""
    # Each look is of its own: the key only tells whose act it is, nothing is done at the provider.
    unit.effect(
        gateways.LookUpDispute(
            **payment.at_provider("dispute"), reference=payment.reference, dispute_reference=reference
        )
    )


def _look_later(unit: Unit, payment: Payment, reference: str, wait: timedelta = LOOKS_APART) -> None:
    check = CheckDispute(order_id=payment.order_id, payment_id=payment.payment_id, dispute_reference=reference)
    unit.timer(_timer(payment, reference), unit.now + wait, check)


def _timer(payment: Payment, reference: str) -> str:
    return f"dispute/{payment.provider}/{reference}"


@agent(CheckDispute, prefetch={Payment: "payment_id"})
async def check_dispute(command: CheckDispute, unit: Unit) -> None:
    """Look a dispute up that no word of its end came of."""
    payment = await unit.need(Payment, command.payment_id)
    look_at(unit, payment, command.dispute_reference)
    _look_later(unit, payment, command.dispute_reference)


@agent(SeeDispute, prefetch={Payment: "payment_id"})
async def see_dispute(command: SeeDispute, unit: Unit) -> AsyncIterator[Event]:
    """Note how a dispute stands: told of once it is there, and once it is decided; what was lost is given back."""
    payment, reference = await unit.need(Payment, command.payment_id), command.dispute_reference
    contested = command.contested or payment.amount
    if command.state == "absent":  # a notice that nobody sent, or of another account: nothing is contested
        unit.cancel_timer(_timer(payment, reference))
        if payment.disputed and await unit.get(ProviderEvent, _noted(payment, reference, "dispute")) is not None:
            unit.put(replace(payment, disputed=False))
            for event in _closed(payment, reference, "won", contested):
                yield event
        return
    for event in await contest(unit, payment, reference, command.code, contested, command.respond_by):
        yield event
    if command.state == "open":
        return
    payment = await unit.need(Payment, command.payment_id)
    if payment.status not in (*REFUNDABLE, "refunded"):  # that it was captured comes first
        look_up(unit, payment)
        _look_later(unit, payment, reference, timedelta(hours=1))
        return
    if not await _first(unit, payment, reference, "dispute_closed"):
        return
    unit.cancel_timer(_timer(payment, reference))
    payment = replace(payment, disputed=False)
    unit.put(payment)
    if command.state == "lost":
        if payment.purpose == "plan":
            hand_over(unit, DropMeans(vivarium_id=payment.buyer_vivarium_id, method=payment.method))
        for event in _charged_back(unit, payment, contested, reference):
            yield event
    for event in _closed(payment, reference, command.state, contested):
        yield event


@agent(DropMeans, prefetch={Subscription: "vivarium_id"})
async def drop_means(command: DropMeans, unit: Unit) -> None:
    """Keep what was contested and lost from being charged again: what is paid lasts, and then the plan lapses."""
    subscription = await unit.get(Subscription, command.vivarium_id)
    if subscription is not None and subscription.method == command.method:
        unit.put(replace(subscription, provider="", method="", payer_id=""))


def _closed(payment: Payment, reference: str, outcome: Literal["won", "lost"], contested: Money) -> list[Event]:
    if payment.purpose == "plan":
        return []
    said = events.PaymentDisputeClosed(
        **record(payment), dispute_reference=reference, outcome=outcome, contested=contested
    )
    return [said]


def _charged_back(unit: Unit, payment: Payment, lost: Money, reference: str) -> list[Event]:
    """Count what a bank took among what is given back: it is not ours to give a second time."""
    taken = payment.taken or payment.amount
    total = payment.given_back + lost.amount if lost.currency == taken.currency else taken.amount
    return given_back(unit, payment, min(total, taken.amount), reference, "disputed")
