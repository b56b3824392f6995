"""Acts of a sale that say something to the world."""

from reptidex.agents.commerce.records import transaction_record
from reptidex.agents.commerce.step import PUBLIC, Step
from reptidex.agents.commerce.track import move_order
from reptidex.streams.commerce import (
    SalesTransactionCompleted,
    SalesTransactionDisputed,
    SalesTransactionFailed,
    SalesTransactionRefunded,
    SalesTransactionResolved,
)
from reptidex.streams.contract import Event
from reptidex.streams.values import Money


async def order_transfer(step: Step) -> list[Event]:
    """Say that the animal is paid for: animal moves the ownership, since it hears this."""
    sale = step.sale
    paid = SalesTransactionCompleted(**transaction_record(sale), step="transfer", payment_id=sale.payment_id)
    return [paid, *await move_order(step, "paid")]


async def failed(step: Step) -> list[Event]:
    """Say that the sale ended without money."""
    record = transaction_record(step.sale)
    return [SalesTransactionFailed(**record, step=PUBLIC[step.before], reason=step.sale.reason or "provider")]


async def refunded(step: Step) -> list[Event]:
    """Say that the buyer has the money back."""
    sale = step.sale
    return [
        SalesTransactionRefunded(
            **transaction_record(sale),
            step="refund",
            reason=sale.reason or "provider",
            refunded=sale.refund,
            refund_reference=sale.reference,
        )
    ]


async def disputed(step: Step) -> list[Event]:
    """Say that the sale is contested. The animal stays where it is: ownership is never moved back by a machine."""
    sale = step.sale
    return [
        SalesTransactionDisputed(
            **transaction_record(sale),
            step=PUBLIC[sale.step],
            reason=sale.dispute or "other",
            provider_reference=sale.reference,
        )
    ]


async def resolved(step: Step) -> list[Event]:
    """Say how the bank decided. A lost sale's money is told by its refund; the animal stays where it is."""
    sale = step.sale
    return [
        SalesTransactionResolved(
            **transaction_record(sale),
            step=PUBLIC[sale.step],
            outcome=sale.verdict or "won",
            provider_reference=sale.bank_dispute,
            contested=sale.contested or Money(amount=sale.amount, currency=sale.currency),
        )
    ]
