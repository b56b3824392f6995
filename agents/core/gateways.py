"""Acts at a payment provider, each under an idempotency key that never changes, and what each of them shows.

However often an act is tried, and whatever becomes of its answer, it happens once. Its outcome is always a command that
says how the payment stands there; nothing is decided here.
"""

from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Call, Effect, carries_out
from reptidex.connectors.payments.port import (
    Charge,
    DeclinedError,
    Payment,
    PaymentGateway,
    PaymentRefusedError,
    State,
    UnknownPaymentError,
)
from reptidex.domain.payments import Seen
from reptidex.errors import ContractError
from reptidex.streams.commands.core_billing import SeePayment, SeeRefund
from reptidex.streams.commands.core_disputes import SeeDispute
from reptidex.streams.contract import Command
from reptidex.streams.values import Money

PATIENT = 24
"""Attempts over more than an hour, for what no timer asks for again."""

SEEN: dict[State, Seen] = {
    "requires_method": "declined",
    "requires_action": "requires_action",
    "processing": "processing",
    "authorised": "authorised",
    "captured": "captured",
    "canceled": "canceled",
}


class AtProvider(Effect, frozen=True, kw_only=True):
    """An act at a provider for one payment."""

    order_id: str
    payment_id: str
    provider: str
    key: str
    """The idempotency key: `<transaction>/<step>/<generation>`."""


class Authorise(AtProvider, frozen=True, kw_only=True):
    """Set the money aside."""

    charge: Charge


class LookUp(AtProvider, frozen=True, kw_only=True):
    """Read how the payment stands; `key` is that of the authorisation."""

    charge: Charge
    reference: str = ""
    confirm_key: str = ""
    """Given where a payment that the buyer approved without our hearing of it is to go on at once."""


class OnPayment(AtProvider, frozen=True, kw_only=True):
    """An act on a payment that the provider has named."""

    reference: str


class Confirm(OnPayment, frozen=True, kw_only=True):
    """Carry on after the buyer acted."""


class Capture(OnPayment, frozen=True, kw_only=True):
    """Take the money that was set aside."""


class LetGo(OnPayment, frozen=True, kw_only=True):
    """Release the money that was set aside."""


class GiveBack(OnPayment, frozen=True, kw_only=True):
    """Refund all that was captured and not given back yet, whatever sum that is; or a sum that is named."""

    amount: int | None = None


class GiveBackPart(OnPayment, frozen=True, kw_only=True):
    """Refund a part of what was captured."""

    amount: int


class LookUpDispute(OnPayment, frozen=True, kw_only=True):
    """Read how a dispute over the payment stands."""

    dispute_reference: str


def _gateway(effect: AtProvider, call: Call) -> PaymentGateway:
    gateway: PaymentGateway = call.ports.gateways[effect.provider]
    return gateway


def _charge(effect: "Authorise | LookUp", call: Call) -> Charge:
    """Return what is asked for, with the page to which buyers come back who have to act at the provider."""
    return replace(effect.charge, return_url=f"{call.ports.public_url}/billing/return")


def _seen(effect: AtProvider, payment: Payment) -> SeePayment:
    if payment.order not in ("", effect.order_id):
        raise ContractError(f"{payment.provider}: {payment.reference} is of another order than {effect.order_id}")
    taken = Money(amount=payment.captured, currency=payment.money.currency) if payment.state == "captured" else None
    return SeePayment(
        order_id=effect.order_id,
        payment_id=effect.payment_id,
        seen=SEEN[payment.state],
        reference=payment.reference,
        taken=taken,
        refunded=payment.refunded,
        action_url=payment.action_url,
        code=payment.reason,
    )


def _declined(effect: AtProvider, problem: DeclinedError | PaymentRefusedError, reference: str = "") -> SeePayment:
    return SeePayment(
        order_id=effect.order_id,
        payment_id=effect.payment_id,
        seen="declined",
        reference=reference,
        code=problem.code,
    )


def _absent(effect: AtProvider) -> SeePayment:
    return SeePayment(order_id=effect.order_id, payment_id=effect.payment_id, seen="absent")


async def _look(effect: AtProvider, call: Call, reference: str) -> SeePayment:
    """See how a payment stands that the provider has named. One that it has forgotten is absent."""
    try:
        return _seen(effect, await _gateway(effect, call).look_up(reference))
    except UnknownPaymentError:
        return _absent(effect)


@carries_out(Authorise)
async def authorise(effect: Authorise, call: Call) -> Command | None:
    """Set the money aside. An outcome that stays unknown is looked up by the payment's own timer."""
    try:
        return _seen(effect, await _gateway(effect, call).authorise(_charge(effect, call), key=effect.key))
    except (DeclinedError, PaymentRefusedError) as problem:
        return _declined(effect, problem)


async def _act(effect: OnPayment, call: Call, act: str) -> Command:
    gateway: Any = _gateway(effect, call)
    try:
        return _seen(effect, await getattr(gateway, act)(effect.reference, key=effect.key))
    except DeclinedError as problem:
        return _declined(effect, problem, effect.reference)
    except PaymentRefusedError:
        return await _look(effect, call, effect.reference)


@carries_out(Confirm)
async def confirm(effect: Confirm, call: Call) -> Command | None:
    """Carry on after the buyer acted."""
    return await _act(effect, call, "confirm")


@carries_out(Capture)
async def capture(effect: Capture, call: Call) -> Command | None:
    """Take the money."""
    return await _act(effect, call, "capture")


@carries_out(LetGo)
async def let_go(effect: LetGo, call: Call) -> Command | None:
    """Release the money; where it was captured after all, that is what is seen."""
    return await _act(effect, call, "cancel")


@carries_out(LookUp, attempts=3)
async def look_up(effect: LookUp, call: Call) -> Command | None:
    """Read how the payment stands."""
    gateway = _gateway(effect, call)
    try:
        if effect.reference:
            found: Payment | None = await gateway.look_up(effect.reference)
        else:
            found = await gateway.find(_charge(effect, call), key=effect.key)
    except UnknownPaymentError:
        found = None
    if found is None:
        return _absent(effect)
    if found.state == "processing" and effect.confirm_key:
        try:
            found = await gateway.confirm(found.reference, key=effect.confirm_key)
        except DeclinedError as problem:
            return _declined(effect, problem, found.reference)
        except PaymentRefusedError:  # it goes on without us, or not at all: what the provider says now counts
            return await _look(effect, call, found.reference)
    return _seen(effect, found)


@carries_out(GiveBack)
async def give_back(effect: GiveBack, call: Call) -> Command | None:
    """Refund; a refusal because it was done before counts as done."""
    gateway = _gateway(effect, call)
    state, reference = "failed", ""
    try:
        made = await gateway.refund(effect.reference, amount=effect.amount, key=effect.key)
        state, reference = made.state, made.reference
    except (DeclinedError, PaymentRefusedError):
        payment = await gateway.look_up(effect.reference)
        state = "succeeded" if 0 < payment.captured <= payment.refunded else "failed"
    return SeeRefund(
        order_id=effect.order_id,
        payment_id=effect.payment_id,
        state=state,  # type: ignore[arg-type]
        refund_reference=reference,
    )


@carries_out(GiveBackPart, attempts=PATIENT)
async def give_back_part(effect: GiveBackPart, call: Call) -> Command:
    """Refund a part, once by its key, and see how much is back by now; a refusal is seen by that, too."""
    gateway = _gateway(effect, call)
    with suppress(DeclinedError, PaymentRefusedError):
        await gateway.refund(effect.reference, amount=effect.amount, key=effect.key)
    return await _look(effect, call, effect.reference)


@carries_out(LookUpDispute)
async def look_up_dispute(effect: LookUpDispute, call: Call) -> Command:
    """Read how a dispute stands. One over another payment says nothing of this one, whoever named it."""
    seen = SeeDispute(
        order_id=effect.order_id,
        payment_id=effect.payment_id,
        dispute_reference=effect.dispute_reference,
        state="absent",
    )
    try:
        dispute = await _gateway(effect, call).look_up_dispute(effect.dispute_reference)
    except UnknownPaymentError:
        return seen
    if dispute.payment != effect.reference:
        return seen
    return replace(
        seen, state=dispute.state, contested=dispute.money, code=dispute.reason, respond_by=dispute.respond_by
    )


CARRIERS = (authorise, confirm, capture, let_go, look_up, give_back, give_back_part, look_up_dispute)
