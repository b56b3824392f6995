"""What came of a sale's acts, heard by the sale: answers of effects, deadlines, and core's events about payments."""

from collections.abc import AsyncIterator

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.payments import FAILURES
from reptidex.agents.commerce.records import transaction_record
from reptidex.agents.commerce.saga import tell_sale
from reptidex.domain.sale.heard import (
    DeadlinePassed,
    Heard,
    HoldGranted,
    HoldRefused,
    HoldReleased,
    HoldUnknown,
    PaymentCaptured,
    PaymentEnded,
    PaymentUnknown,
    Transferred,
    TransferRejected,
)
from reptidex.domain.sale.heard import PaymentRefunded as PaidBack
from reptidex.streams.commands.commerce_sales import PassDeadline, TellHold, TellPayment, TellReleased, TellTransfer
from reptidex.streams.commerce import SalesTransactionRefunded
from reptidex.streams.contract import Event
from reptidex.streams.core import PaymentCompleted, PaymentFailed, PaymentRefunded
from reptidex.tables.commerce.sales import SaleRow

Outcome = TellHold | TellReleased | TellPayment | TellTransfer | PassDeadline


def heard_from(outcome: Outcome) -> Heard:
    """Return what a sale hears by an outcome of one of its acts."""
    match outcome:
        case TellHold(answer="granted"):
            return HoldGranted(outcome.generation)
        case TellHold(answer="refused"):
            return HoldRefused(outcome.generation, outcome.reason)
        case TellHold():
            return HoldUnknown(outcome.generation)
        case TellReleased():
            return HoldReleased()
        case TellPayment(state="captured"):
            return PaymentCaptured()
        case TellPayment(state="refunded"):
            return PaidBack()
        case TellPayment(state="ended"):
            return PaymentEnded(outcome.reason)
        case TellPayment():
            return PaymentUnknown()
        case TellTransfer():
            return Transferred() if outcome.done else TransferRejected()
        case PassDeadline():
            return DeadlinePassed(outcome.generation)


@agent(TellHold, TellReleased, TellPayment, TellTransfer, PassDeadline, prefetch={SaleRow: "transaction_id"})
async def advance_sale(outcome: Outcome, unit: Unit) -> AsyncIterator[Event]:
    """Move a sale on by what came of one of its acts, or by the lack of it."""
    sale = await unit.need(SaleRow, outcome.transaction_id)
    if isinstance(outcome, TellPayment) and outcome.state == "refunded":
        sale = msgspec.structs.replace(sale, reference=outcome.reference, paid_back=outcome.refunded or sale.paid_back)
    for said in await tell_sale(unit, sale, heard_from(outcome)):
        yield said


def _all_back(event: PaymentRefunded, sale: SaleRow) -> bool:
    """Tell whether nothing of the buyer's money is left, whatever sum was taken of them."""
    taken = event.captured_total.amount if event.captured_total is not None else sale.amount
    return event.refunded_total.amount >= taken


def _part_back(event: PaymentRefunded, sale: SaleRow, unit: Unit) -> list[Event]:
    """Note that a part of a completed order's money is back, and say so; an older word of less says nothing."""
    known = sale.paid_back.amount if sale.paid_back is not None else 0
    if sale.step != "completed" or sale.money != "captured" or event.refunded_total.amount <= known:
        return []
    sale = msgspec.structs.replace(sale, paid_back=event.refunded_total, updated_at=unit.now)
    unit.put(sale)
    return [
        SalesTransactionRefunded(
            **transaction_record(sale),
            step="refund",
            reason="disputed" if event.reason == "disputed" else "requested",
            refunded=event.refunded_total,
            refund_reference=event.refund_reference,
        )
    ]


@agent(PaymentCompleted, PaymentFailed, PaymentRefunded, prefetch={SaleRow: "transaction_id"})
async def follow_payment(event: PaymentCompleted | PaymentFailed | PaymentRefunded, unit: Unit) -> AsyncIterator[Event]:
    """Go on with a sale when its money was taken, was not, or was paid back; payments for plans are core's own."""
    sale = await unit.get(SaleRow, event.transaction_id)
    if sale is None or sale.payment_id != event.payment_id:
        return
    heard: Heard
    if isinstance(event, PaymentCompleted):
        heard = PaymentCaptured()
    elif isinstance(event, PaymentFailed):
        heard = PaymentEnded(FAILURES.get(event.reason, "declined"))
    elif not _all_back(event, sale):
        for said in _part_back(event, sale, unit):
            yield said
        return
    else:
        heard = PaidBack()
        reason = sale.reason or ("disputed" if event.reason == "disputed" else "")
        back = event.refunded_total
        sale = msgspec.structs.replace(sale, reference=event.refund_reference, paid_back=back, reason=reason)
    for said in await tell_sale(unit, sale, heard):
        yield said
