"""What is told of payments: the events' common record, a plan's invoice, and money that went back, part by part."""

from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.agents.core.handover import hand_over
from reptidex.domain.payments import Status
from reptidex.streams import core as events
from reptidex.streams.commands.core_billing import SettleInvoice
from reptidex.streams.contract import Event
from reptidex.tables.core.payments import Payment

REFUNDABLE: tuple[Status, ...] = ("refunding", "completed")


def record(payment: Payment) -> dict[str, Any]:
    """Return the fields that every event about a payment has."""
    return {
        "order_id": payment.order_id,
        "transaction_id": payment.transaction_id,
        "payment_id": payment.payment_id,
        "vivarium_id": payment.buyer_vivarium_id,
        "amount": payment.amount,
        "provider": payment.provider,
        "provider_reference": payment.reference,
    }


def settles(payment: Payment, *, paid: bool) -> SettleInvoice:
    """Return what the invoice of a plan is told of its payment."""
    return SettleInvoice(
        vivarium_id=payment.buyer_vivarium_id,
        invoice_id=payment.order_id,
        paid=paid,
        provider=payment.provider,  # type: ignore[arg-type]
        provider_reference=payment.reference,
        reason=payment.reason,
    )


def given_back(unit: Unit, payment: Payment, total: int, reference: str = "", reason: str = "") -> list[Event]:
    """Take note of how much is given back in all, by us, at the provider's own desk or by a bank; each part is told once.

    The payment is over when that is all that was taken.
    """
    taken = payment.taken or payment.amount
    whole, now = total >= taken.amount, max(total - payment.given_back, 0)
    if payment.status not in REFUNDABLE or not (whole or now):
        return []
    payment = replace(
        payment,
        given_back=payment.given_back + now,
        refund_reference=reference or payment.refund_reference,
        refund_reason=reason or payment.refund_reason or "requested",
    )
    if whole:
        payment = replace(payment, status="refunded", refund_id=payment.refund_id or unit.new_id())
        unit.cancel_timer(f"payment/{payment.payment_id}")
    unit.put(payment)
    if payment.purpose == "plan":
        if whole and payment.captured_at is None:
            hand_over(unit, settles(replace(payment, reason="provider"), paid=False))
        return []
    if not now:  # it was told when it seemed to be back the first time
        return []
    said = record(payment) | {"amount": replace(taken, amount=now)}
    return [
        events.PaymentRefunded(
            **said,
            refund_id=payment.refund_id if whole else unit.new_id(),
            refund_reference=payment.refund_reference,
            reason=payment.refund_reason,  # type: ignore[arg-type]
            refunded_total=replace(taken, amount=payment.given_back),
            captured_total=taken,
        )
    ]
