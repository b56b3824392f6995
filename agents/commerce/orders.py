"""What people ask of a sale under way: to be called off, to be contested."""

from collections.abc import AsyncIterator

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.errors import WrongStateError
from reptidex.agents.commerce.saga import tell_sale
from reptidex.agents.commerce.saga_state import state_of
from reptidex.domain.offer import DISPUTE_WINDOW
from reptidex.domain.sale.heard import CalledOff, Contested
from reptidex.errors import NotFoundError
from reptidex.streams.commands.commerce import CancelOrder, DisputeOrder
from reptidex.streams.contract import Event
from reptidex.tables.commerce.sales import Order, SaleRow

OVER = ("failed", "refunded", "voiding", "refunding")


@agent(CancelOrder, prefetch={Order: "order_id"})
async def cancel_unpaid_order(command: CancelOrder, unit: Unit) -> AsyncIterator[Event]:
    """Call an order off before it is paid; afterwards the seller's terms decide, not a button."""
    order = await unit.need(Order, command.order_id)
    if command.vivarium_id not in (order.buyer_vivarium_id, order.seller_vivarium_id):
        raise NotFoundError("order", command.order_id)
    sale = await unit.need(SaleRow, order.transaction_id)
    if not state_of(sale).can_be_called_off and sale.step not in OVER:
        raise WrongStateError("this order is paid: ask the seller for a refund, or open a dispute")
    buys = command.vivarium_id == order.buyer_vivarium_id
    for said in await tell_sale(unit, sale, CalledOff("requested" if buys else "withdrawn")):
        yield said
    unit.answer(await unit.need(Order, command.order_id))


@agent(DisputeOrder, prefetch={Order: "order_id"})
async def dispute_order(command: DisputeOrder, unit: Unit) -> AsyncIterator[Event]:
    """Record a dispute of a paid order. Ownership stays: people decide, with the terms that the order kept."""
    order = await unit.need(Order, command.order_id)
    if command.vivarium_id is not None and command.vivarium_id != order.buyer_vivarium_id:
        raise NotFoundError("order", command.order_id)
    sale = await unit.need(SaleRow, order.transaction_id)
    if sale.money not in ("captured", "refunded"):
        raise WrongStateError("no money was taken for this order: there is nothing to contest")
    over = order.completed_at is not None and unit.now > order.completed_at + DISPUTE_WINDOW
    if command.vivarium_id is not None and over:
        raise WrongStateError(f"an order can be contested for {DISPUTE_WINDOW.days} days after its completion")
    if not sale.disputed:
        sale = msgspec.structs.replace(sale, dispute=command.reason, reference=command.provider_reference)
        for said in await tell_sale(unit, sale, Contested()):
            yield said
    unit.answer(order)
