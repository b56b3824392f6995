"""A payment that the buyer's bank contests, heard from repti-core, until the bank has decided."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.saga import tell_sale
from reptidex.domain.sale.heard import Contested, Resolved
from reptidex.errors import NotYetError
from reptidex.streams.commerce import SalesTransactionDisputed
from reptidex.streams.contract import Event
from reptidex.streams.core import PaymentDisputeClosed, PaymentDisputed
from reptidex.tables.commerce.sales import SaleRow


@agent(PaymentDisputed, prefetch={SaleRow: "transaction_id"})
async def follow_dispute(event: PaymentDisputed, unit: Unit) -> AsyncIterator[Event]:
    """Say that a bank contests a sale, once, and even where its buyer had said so here: it is to be answered elsewhere now.

    Ownership stays: people decide, with the terms that the order kept.
    """
    sale = await unit.get(SaleRow, event.transaction_id)
    if sale is None or sale.payment_id != event.payment_id or sale.bank_dispute == event.dispute_reference:
        return
    if sale.money not in ("captured", "refunded"):
        raise NotYetError(f"order {event.order_id} is contested, and that it was paid has not been heard yet")
    sale = replace(
        sale,
        disputed=False,
        dispute=event.reason,
        reference=event.dispute_reference,
        bank_dispute=event.dispute_reference,
        verdict="",
        contested=event.contested,
    )
    for said in await tell_sale(unit, sale, Contested()):
        yield replace(said, respond_by=event.respond_by) if isinstance(said, SalesTransactionDisputed) else said


@agent(PaymentDisputeClosed, prefetch={SaleRow: "transaction_id"})
async def follow_verdict(event: PaymentDisputeClosed, unit: Unit) -> AsyncIterator[Event]:
    """Say how the bank decided, once. The seller may pay the buyer back again; what was lost is heard as a refund."""
    sale = await unit.get(SaleRow, event.transaction_id)
    if sale is None or sale.payment_id != event.payment_id:
        return
    if sale.bank_dispute != event.dispute_reference:
        raise NotYetError(f"order {event.order_id} was decided about, and that it was contested has not been heard yet")
    for said in await tell_sale(unit, replace(sale, verdict=event.outcome, contested=event.contested), Resolved()):
        yield said
