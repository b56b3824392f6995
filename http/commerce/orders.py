"""Orders and the sales that carry them out, for their two sides and for other services."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.errors import NotFoundError
from reptidex.http.commerce.shapes import OrderView, order_view
from reptidex.http.server.policy import member, scope, services
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.commerce import CancelOrder, DisputeOrder, RefundOrder
from reptidex.streams.commerce import DisputeReason, OrderStatus
from reptidex.streams.values import Money, Positive
from reptidex.tables.commerce.queries import orders_of
from reptidex.tables.commerce.sales import Order, SaleRow

routes = Routes("orders")


class OrderFilter(Paging, frozen=True, kw_only=True):
    """Which orders of the caller's vivarium."""

    side: Literal["buyer", "seller"] | None = None
    status: OrderStatus | None = None


class TransactionView(msgspec.Struct, frozen=True, kw_only=True):
    """How far a sale has come."""

    transaction_id: str
    order_id: str
    animal_id: str
    listing_id: str
    buyer_vivarium_id: str
    seller_vivarium_id: str
    amount: Money
    provider: str
    payment_id: str
    """Under this id repti-core tells the buyer how the payment stands, and where to act if the provider wants it."""
    step: str
    generation: int
    hold: str
    money: str
    reason: str
    disputed: bool
    verdict: str
    """How the buyer's bank decided about the payment, from the seller's side: `won`, `lost`; empty while it has not."""
    refunded: Money | None = None
    """What the buyer got back so far, where money was given back."""
    reserved_until: datetime
    started_at: datetime
    updated_at: datetime


class RefundWanted(msgspec.Struct, frozen=True, kw_only=True):
    """How much is paid back."""

    amount: Positive | None = None
    """In minor units of the order's currency; all that is left, where none is given."""


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """Why an order is contested."""

    reason: DisputeReason
    provider_reference: Annotated[str, Meta(max_length=255)] = ""


def _transaction_view(sale: SaleRow) -> TransactionView:
    same = {
        name: getattr(sale, name) for name in TransactionView.__struct_fields__ if name not in ("amount", "refunded")
    }
    back = sale.refund if sale.money == "refunded" else sale.paid_back
    return TransactionView(**same, amount=Money(amount=sale.amount, currency=sale.currency), refunded=back)


async def _order(request: Request[object, object]) -> Order:
    order = await request.read.need(Order, request.path["order_id"])
    if request.caller.vivarium_id not in (order.buyer_vivarium_id, order.seller_vivarium_id):
        raise NotFoundError("order", order.order_id)
    return order


@routes.get("/orders", policy=member("curator"))
async def list_orders(request: Request[None, OrderFilter]) -> Page[OrderView]:
    """List the orders of the caller's vivarium, as buyer and as seller, newest first."""
    query = orders_of(request.caller.vivarium_id, request.query.side, request.query.status)
    rows, after = await request.read.page(query, request.query)
    return Page(items=[order_view(row) for row in rows], next=after)


@routes.get("/orders/{order_id}", policy=member("curator"), errors=(404,))
async def get_order(request: Request[None, None]) -> OrderView:
    """Return an order to its buyer or seller."""
    return order_view(await _order(request))


@routes.post("/orders/{order_id}/cancel", policy=member("curator"), errors=(404, 409))
async def cancel_order(request: Request[None, None]) -> OrderView:
    """Call an order off that is not paid yet. Money that is on its way all the same is paid back."""
    order = await _order(request)
    command = CancelOrder(animal_id=order.animal_id, order_id=order.order_id, vivarium_id=request.caller.vivarium_id)
    return order_view(await request.ask(command, Order))


@routes.post("/orders/{order_id}/dispute", policy=member("curator"), errors=(404, 409))
async def dispute_order(request: Request[Dispute, None]) -> OrderView:
    """Contest a paid order, as its buyer, within 30 days of its completion."""
    order = await _order(request)
    command = DisputeOrder(
        animal_id=order.animal_id,
        order_id=order.order_id,
        reason=request.body.reason,
        vivarium_id=request.caller.vivarium_id,
    )
    return order_view(await request.ask(command, Order))


@routes.post("/orders/{order_id}/refund", policy=member("curator"), errors=(403, 404, 409, 422))
async def refund_order(request: Request[RefundWanted | None, None]) -> TransactionView:
    """Pay the buyer of a completed order back, as its seller: the whole sum, or a part. `refunded` says when they have it."""
    order = await _order(request)
    command = RefundOrder(
        animal_id=order.animal_id,
        order_id=order.order_id,
        vivarium_id=request.caller.vivarium_id,
        amount=request.body.amount if request.body is not None else None,
    )
    return _transaction_view(await request.ask(command, SaleRow))


@routes.get("/transactions/{transaction_id}", policy=member("curator"), errors=(404,))
async def get_transaction(request: Request[None, None]) -> TransactionView:
    """Return how far a sale has come, to its buyer or seller."""
    sale = await request.read.need(SaleRow, request.path["transaction_id"])
    if request.caller.vivarium_id not in (sale.buyer_vivarium_id, sale.seller_vivarium_id):
        raise NotFoundError("transaction", sale.transaction_id)
    return _transaction_view(sale)


@routes.get(
    "/internal/orders/{order_id}", policy=services("repti-media", "repti-community", "repti-core"), errors=(404,)
)
async def get_any_order(request: Request[None, None]) -> OrderView:
    """Return an order to a service of ours (shipping manifest, notifications, invoice)."""
    return order_view(await request.read.need(Order, request.path["order_id"]))


@routes.post(
    "/internal/orders/{order_id}/dispute",
    policy=scope("admin", services=("repti-core", "repti-ops")),
    errors=(404, 409),
)
async def record_dispute(request: Request[Dispute, None]) -> OrderView:
    """Record a dispute that a provider or an administrator tells of."""
    order = await request.read.need(Order, request.path["order_id"])
    command = DisputeOrder(
        animal_id=order.animal_id,
        order_id=order.order_id,
        reason=request.body.reason,
        provider_reference=request.body.provider_reference,
    )
    return order_view(await request.ask(command, Order))
