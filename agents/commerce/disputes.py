"""A payment that the buyer's bank contests, heard from repti-core."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.saga import tell_sale
from reptidex.domain.sale.heard import Contested
from reptidex.errors import NotYetError
from reptidex.streams.commerce import SalesTransactionDisputed
from reptidex.streams.contract import Event
from reptidex.streams.core import PaymentDisputed
from reptidex.tables.commerce.sales import SaleRow


@agent(PaymentDisputed, prefetch={SaleRow: "transaction_id"})
async def follow_dispute(event: PaymentDisputed, unit: Unit) -> AsyncIterator[Event]:
    """Say that a sale is contested, once. Ownership stays: people decide, with the terms that the order kept."""
    sale = await unit.get(SaleRow, event.transaction_id)
    if sale is None or sale.payment_id != event.payment_id or sale.disputed:
        return
    if sale.money not in ("captured", "refunded"):
        raise NotYetError(f"order {event.order_id} is contested, and that it was paid has not been heard yet")
    sale = replace(sale, dispute=event.reason, reference=event.dispute_reference)
    for said in await tell_sale(unit, sale, Contested()):
        yield replace(said, respond_by=event.respond_by) if isinstance(said, SalesTransactionDisputed) else said
