"""Payments for orders: asked for, looked up, called off and given back by repti-commerce."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.payments import as_asked
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.core.pages import notice
from reptidex.http.core.vivariums import own_role
from reptidex.http.server.policy import member, public, services
from reptidex.http.server.routes import Raw, Request, Routes
from reptidex.streams.commands.core_billing import CancelPayment, PaymentStatus, RefundPayment, RequestPayment
from reptidex.streams.core import RefundReason
from reptidex.streams.values import Id, Money, Positive, Provider
from reptidex.tables.core.payments import Payment

routes = Routes("payments")

COMMERCE = services("repti-commerce")


class PaymentBody(msgspec.Struct, frozen=True, kw_only=True):
    """The money that is asked for."""

    payment_id: Id
    order_id: Id
    transaction_id: Id
    generation: Positive
    amount: Money
    provider: Provider
    method: Annotated[str, Meta(max_length=200)] = ""
    buyer_user_id: Id
    buyer_vivarium_id: Id
    seller_vivarium_id: Id
    description: Annotated[str, Meta(max_length=255)] = ""


class CancelBody(msgspec.Struct, frozen=True, kw_only=True):
    """Why a payment is called off."""

    reason: Annotated[str, Meta(max_length=100)] = ""


class RefundBody(msgspec.Struct, frozen=True, kw_only=True):
    """Why money is given back, and how much of it."""

    reason: RefundReason
    refund_id: Id
    amount: Positive | None = None
    """In minor units; all that is left, where none is given."""


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it stands."""

    payment_id: str
    order_id: str
    transaction_id: str
    generation: int
    status: str
    reason: str
    amount: Money
    provider: str
    reference: str
    action_url: str
    disputed: bool
    captured_at: datetime | None = None
    taken: Money | None = None
    """What was captured in truth; another sum than `amount` is given back by itself."""
    refunded: Money | None = None
    """What the buyer has back so far."""
    refund_reference: str
    """The provider's name of the refund, where it has told it."""


def check_provider(request: Any, provider: str) -> None:
    """Check that a payment provider is connected. Raises `InvalidError`."""
    if provider not in request.ports.gateways:
        raise InvalidError(f"payments by {provider} are not offered here", "/provider")


def acts_at(payment: Payment) -> str:
    """Return where the buyer has to act; nothing once they have."""
    return payment.action_url if payment.status == "awaiting" else ""


def _view(payment: Payment) -> PaymentView:
    shown = {"status": as_asked(payment.status), "refunded": payment.refunded, "action_url": acts_at(payment)}
    return msgspec.convert(msgspec.structs.asdict(payment) | shown, PaymentView)


async def _order_of(request: Any) -> tuple[str, str]:
    payment_id = request.path["payment_id"]
    found = await request.read.need(Payment, payment_id)
    return found.order_id, payment_id


@routes.post("/payments", policy=COMMERCE, errors=(409, 422))
async def request_payment(request: Request[PaymentBody, None]) -> PaymentStatus:
    """Take money for an order. The outcome comes as `payment.completed` or `payment.failed`; asking twice is asking once."""
    body = request.body
    if body.amount.amount <= 0:
        raise InvalidError("there is nothing to pay", "/amount/amount")
    check_provider(request, body.provider)
    return await request.ask(RequestPayment(**msgspec.structs.asdict(body)), PaymentStatus)


@routes.get("/payments/{payment_id}", policy=COMMERCE, errors=(404,))
async def get_payment(request: Request[None, None]) -> PaymentView:
    """Return how a payment stands."""
    return _view(await request.read.need(Payment, request.path["payment_id"]))


@routes.get("/billing/return", policy=public())
async def come_back(request: Request[None, None]) -> Raw:
    """Show buyers that they may go on: here a provider sends them after they acted. What they did, the provider tells us."""
    return notice(
        title="Thank you",
        text="You may close this page. Your payment goes on by itself, and a mail tells you how it ended",
    )


@routes.get("/billing/payments/{payment_id}", policy=member("curator"), errors=(404,))
async def get_own_payment(request: Request[None, None]) -> PaymentView:
    """Return how a payment of one's own vivarium stands, with the address where the buyer acts if they have to."""
    await own_role(request, request.caller.vivarium_id, "curator")
    payment_id = request.path["payment_id"]
    found = await request.read.get(Payment, payment_id)
    if found is None or found.buyer_vivarium_id != request.caller.vivarium_id:
        raise NotFoundError("payment", payment_id)
    return _view(found)


@routes.post("/payments/{payment_id}/cancel", policy=COMMERCE, errors=(404,))
async def cancel_payment(request: Request[CancelBody, None]) -> PaymentStatus:
    """Call a payment off; `completed` is answered where it was too late, and a refund is then to be asked for."""
    order_id, payment_id = await _order_of(request)
    command = CancelPayment(order_id=order_id, payment_id=payment_id, reason=request.body.reason)
    return await request.ask(command, PaymentStatus)


@routes.post("/payments/{payment_id}/refund", policy=COMMERCE, errors=(404, 409))
async def refund_payment(request: Request[RefundBody, None]) -> PaymentStatus:
    """Give the whole sum back, or a part of it, once a refund's id."""
    order_id, payment_id = await _order_of(request)
    wanted = msgspec.structs.asdict(request.body)
    command = RefundPayment(order_id=order_id, payment_id=payment_id, **wanted)
    return await request.ask(command, PaymentStatus)
