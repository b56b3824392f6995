"""The order beside its sale: one status after the other, each told once."""

import msgspec

from reptidex.agents.commerce.records import order_record
from reptidex.agents.commerce.step import Step
from reptidex.streams.commerce import OrderCancelled, OrderCompleted, OrderStatus, OrderUpdated
from reptidex.streams.contract import Event
from reptidex.tables.commerce.sales import Order


async def move_order(step: Step, status: OrderStatus) -> list[Event]:
    """Move an order that is under way on to another status."""
    unit = step.unit
    order = await unit.need(Order, step.sale.order_id)
    if order.status in (status, "completed", "cancelled"):
        return []
    after = msgspec.structs.replace(order, status=status, updated_at=unit.now)
    unit.put(after)
    return [OrderUpdated(**order_record(after), previous_status=order.status)]


async def complete_order(step: Step) -> list[Event]:
    """Complete the order: paid, and the animal with its new owner."""
    unit = step.unit
    order = await unit.need(Order, step.sale.order_id)
    after = msgspec.structs.replace(order, status="completed", completed_at=unit.now, updated_at=unit.now)
    unit.put(after)
    return [OrderCompleted(**order_record(after), completed_at=unit.now)]


async def cancel_order(step: Step) -> list[Event]:
    """Call the order off, and say what the buyer gets back."""
    unit, sale = step.unit, step.sale
    order = await unit.need(Order, sale.order_id)
    reason = sale.reason or "provider"
    after = msgspec.structs.replace(order, status="cancelled", reason=reason, updated_at=unit.now)
    unit.put(after)
    due = sale.refund if sale.money in ("captured", "refunded") else None
    return [OrderCancelled(**order_record(after), reason=reason, refund_due=due)]
