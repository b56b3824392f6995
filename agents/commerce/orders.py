"""What people ask of a sale: to be called off, to be contested, to be paid back."""

from collections.abc import AsyncIterator

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.commerce.effects import RefundPart
from reptidex.agents.commerce.errors import WrongStateError
from reptidex.agents.commerce.saga import tell_sale
from reptidex.agents.commerce.saga_state import state_of
from reptidex.domain.offer import DISPUTE_WINDOW
from reptidex.domain.sale.heard import CalledOff, Contested, RefundGranted
from reptidex.errors import ForbiddenError, InvalidError, NotFoundError
from reptidex.streams.commands.commerce import CancelOrder, DisputeOrder, RefundOrder
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
    buys = command.vivarium_id == order.buyer_vivarium_id
    if not state_of(sale).can_be_called_off and sale.step not in OVER:
        advice = (
            "ask the seller for a refund, or open a dispute" if buys else "once it is completed, pay the buyer back"
        )
        raise WrongStateError(f"this order is paid: {advice}")
    for said in await tell_sale(unit, sale, CalledOff("requested" if buys else "withdrawn")):
        yield said
    unit.answer(await unit.need(Order, command.order_id))


@agent(RefundOrder, prefetch={Order: "order_id"})
async def refund_order(command: RefundOrder, unit: Unit) -> AsyncIterator[Event]:
    """Pay the buyer of a completed order back, all or a part, as its seller wishes.

    The animal stays with the buyer, who may hand it back.
    """
    order = await unit.need(Order, command.order_id)
    if command.vivarium_id not in (order.buyer_vivarium_id, order.seller_vivarium_id):
        raise NotFoundError("order", command.order_id)
    if command.vivarium_id != order.seller_vivarium_id:
        raise ForbiddenError("the seller pays an order back; ask them, or open a dispute")
    sale = await unit.need(SaleRow, order.transaction_id)
    if sale.step != "completed":
        raise WrongStateError("only a completed order is paid back; one that is not paid yet can be cancelled")
    if sale.money == "captured" and sale.with_the_bank:
        raise WrongStateError("the buyer's bank decides about this money: it cannot be paid back twice")
    if command.amount is not None and command.amount != sale.left.amount:
        _refund_part(unit, sale, command.amount)
        unit.answer(sale)
        return
    for said in await tell_sale(unit, sale, RefundGranted()):
        yield said
    unit.answer(await unit.need(SaleRow, order.transaction_id))


def _refund_part(unit: Unit, sale: SaleRow, amount: int) -> None:
    if sale.money != "captured" or state_of(sale).owes_refund:
        raise WrongStateError("all of the money is back, or on its way")
    if amount > sale.left.amount:
        raise InvalidError(f"{sale.left.amount} {sale.currency} (minor units) are left to be paid back", "/amount")
    whose = {"animal_id": sale.animal_id, "transaction_id": sale.transaction_id, "payment_id": sale.payment_id}
    unit.effect(RefundPart(**whose, refund_id=unit.new_id(), amount=amount))


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
        named = command.provider_reference
        sale = msgspec.structs.replace(sale, dispute=command.reason, reference=named, bank_dispute=named, verdict="")
        for said in await tell_sale(unit, sale, Contested()):
            yield said
    unit.answer(order)
