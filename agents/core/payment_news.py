"""What providers say of payments, in answers, webhooks and look-ups alike: judged once, told once."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core import gateways
from reptidex.agents.core.handover import hand_over
from reptidex.agents.core.payment_disputes import contest, look_at
from reptidex.agents.core.payment_told import REFUNDABLE, given_back, record, settles
from reptidex.agents.core.payments import begin_refund, look_later, look_up
from reptidex.domain.payments import OPEN, Act, Seen, decide, failure
from reptidex.streams import core as events
from reptidex.streams.commands.core_billing import SeePayment, SeeRefund, TakeNotice
from reptidex.streams.contract import Event
from reptidex.tables.core.payments import Payment, ProviderEvent
from reptidex.tables.query import select

NOTICED: dict[str, Seen] = {
    "approved": "approved",
    "requires_action": "requires_action",
    "authorised": "authorised",
    "captured": "captured",
    "failed": "declined",
    "canceled": "canceled",
}

WEAKLY_SIGNED = ("paypal",)
"""PayPal signs a CRC of the body only: a notice of it is a reason to look, never the proof of what it says."""


def advance(unit: Unit, payment: Payment, seen: Seen, code: str = "") -> list[Event]:
    """Take note of how a payment stands at the provider, do what follows, and return what is to be told."""
    decision = decide(payment.status, seen)
    if decision.status != payment.status:
        payment = replace(payment, status=decision.status, looks=0)
    told: list[Event] = []
    for act in decision.acts:
        payment, said = _do(unit, payment, act, seen, code)
        told += said
    unit.put(payment)
    if payment.status in OPEN:
        look_later(unit, payment)
    else:
        unit.cancel_timer(f"payment/{payment.payment_id}")
    return told


def _do(unit: Unit, payment: Payment, act: Act, seen: Seen, code: str) -> tuple[Payment, list[Event]]:
    match act:
        case "confirm":
            unit.effect(gateways.Confirm(**payment.at_provider("confirm"), reference=payment.reference))
        case "capture":
            unit.effect(gateways.Capture(**payment.at_provider("capture"), reference=payment.reference))
        case "let_go":
            unit.effect(gateways.LetGo(**payment.at_provider("cancel"), reference=payment.reference))
        case "refund":
            return begin_refund(unit, payment, unit.new_id(), "rejected" if seen == "miscaptured" else "late"), []
        case "say_completed":
            payment = replace(payment, captured_at=unit.now, reason="")
            return payment, _say_completed(unit, payment)
        case "say_failed":
            reason = "canceled" if payment.status == "canceled" else failure(seen, code)
            payment = replace(payment, reason=reason)
            return payment, _say_failed(unit, payment)
    return payment, []


def _say_completed(unit: Unit, payment: Payment) -> list[Event]:
    if payment.purpose == "plan":
        hand_over(unit, settles(payment, paid=True))
        return []
    return [events.PaymentCompleted(**record(payment), captured_at=unit.now)]


def _say_failed(unit: Unit, payment: Payment) -> list[Event]:
    if payment.purpose == "plan":
        hand_over(unit, settles(payment, paid=False))
        return []
    again = payment.reason in ("declined", "authentication", "expired")
    return [events.PaymentFailed(**record(payment), reason=payment.reason, retriable=again)]  # type: ignore[arg-type]


@agent(SeePayment, prefetch={Payment: "payment_id"})
async def see_payment(command: SeePayment, unit: Unit) -> AsyncIterator[Event]:
    """Judge what the provider answered, or what a look-up showed."""
    payment = await unit.need(Payment, command.payment_id)
    payment = replace(
        payment,
        reference=payment.reference or command.reference,
        action_url=command.action_url or payment.action_url,
        taken=command.taken or payment.taken,
    )
    seen = command.seen
    if seen == "captured" and command.taken not in (None, payment.amount):
        seen = "miscaptured"
    for event in advance(unit, payment, seen, command.code):
        yield event
    if command.taken is not None:
        _taken_back(unit, await unit.need(Payment, command.payment_id), command.refunded)
        for event in given_back(unit, await unit.need(Payment, command.payment_id), command.refunded):
            yield event


def _taken_back(unit: Unit, payment: Payment, refunded: int) -> None:
    """Give back once more what the provider had said was back, and is not: a bank may fail to book a refund days later.

    What a bank took by a dispute is no refund in the provider's books.
    """
    if payment.status == "refunded" and refunded < payment.given_back and not payment.charged_back:
        payment = replace(payment, refund_tries=payment.refund_tries + 1)
        begin_refund(unit, payment, payment.refund_id, payment.refund_reason)


@agent(TakeNotice, prefetch={ProviderEvent: lambda notice: [f"{notice.provider}/{notice.event}"]})
async def take_notice(command: TakeNotice, unit: Unit) -> AsyncIterator[Event]:
    """Act on a verified webhook once, however often it comes, whatever came before it."""
    key = f"{command.provider}/{command.event}"
    if await unit.get(ProviderEvent, key) is not None:
        return
    payment = await _meant(unit, command)
    if payment and payment.correlation_id:
        unit.belongs_to(payment.correlation_id)
    unit.put(
        ProviderEvent(
            event_key=key,
            order_id=command.order_id,
            payment_id=payment.payment_id if payment else "",
            kind=command.kind,
            taken_at=unit.now,
        )
    )
    if payment is None:
        return
    if not payment.reference and command.provider not in WEAKLY_SIGNED:
        payment = replace(payment, reference=command.reference)
        unit.put(payment)
    for event in await _noticed(unit, payment, command):
        yield event


async def _meant(unit: Unit, notice: TakeNotice) -> Payment | None:
    """Return the payment that a notice is about: it has the reference, or has been told none yet."""
    mine = await unit.find(select(Payment, Payment.c.order_id == notice.order_id, order=("-generation",)))
    of_provider = [payment for payment in mine if payment.provider == notice.provider]
    named = [payment for payment in of_provider if payment.reference == notice.reference]
    return next(iter(named), None) or next((payment for payment in of_provider if not payment.reference), None)


async def _noticed(unit: Unit, payment: Payment, notice: TakeNotice) -> list[Event]:
    if notice.provider in WEAKLY_SIGNED and not notice.kind.startswith("dispute"):
        look_up(unit, payment)
        return []
    match notice.kind:
        case "refunded":
            return _given_back_it_says(unit, payment, notice)
        case "refund_failed":
            if payment.status == "refunding":
                unit.put(replace(payment, refund_tries=payment.refund_tries + 1))
            elif payment.status == "refunded":
                look_up(unit, payment)
            return []
        case "dispute":
            contested = replace(payment.amount, amount=notice.amount or payment.amount.amount)
            return await contest(unit, payment, notice.detail, notice.code, contested, notice.respond_by)
        case "dispute_closed":
            look_at(unit, payment, notice.detail)
            return []
    seen = NOTICED.get(notice.kind)
    if seen is None:
        return []
    other_sum = notice.amount != payment.amount.amount or notice.currency not in ("", payment.amount.currency)
    short = seen == "captured" and other_sum
    stale = seen in ("declined", "canceled") and payment.status == "capturing"
    if short or stale:
        # Order and amount matter here: what the provider says now counts, not what this notice said once.
        look_up(unit, payment)
        return []
    if seen == "captured":
        payment = replace(payment, taken=payment.amount)
    return advance(unit, payment, seen, notice.code)


def _given_back_it_says(unit: Unit, payment: Payment, notice: TakeNotice) -> list[Event]:
    """Believe a notice that all is back. One of a part does not say how much that makes with others: it is looked up.

    So is one that comes before we know of the capture.
    """
    taken = payment.taken
    if payment.status in REFUNDABLE:
        if taken is not None and notice.amount >= taken.amount and notice.currency in ("", taken.currency):
            return given_back(unit, payment, notice.amount, notice.detail)
        payment = replace(payment, refund_reference=notice.detail)
        unit.put(payment)
    if payment.status != "refunded":
        look_up(unit, payment)
    return []


@agent(SeeRefund, prefetch={Payment: "payment_id"})
async def see_refund(command: SeeRefund, unit: Unit) -> AsyncIterator[Event]:
    """Take note of how a refund stands; one that failed is tried again under a new key when the timer comes."""
    payment = await unit.need(Payment, command.payment_id)
    if command.state == "succeeded":
        total = (payment.taken or payment.amount).amount  # a refund of ours gives back whatever is left
        for event in given_back(unit, payment, total, command.refund_reference):
            yield event
    elif command.state == "failed" and payment.status == "refunding":
        unit.put(replace(payment, refund_tries=payment.refund_tries + 1))
