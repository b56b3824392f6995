"""What payment providers tell us: verified on the raw bytes, noted once, worked on from the log."""

from typing import Any

import msgspec

from reptidex.connectors.payments.port import PaymentGateway, PaymentNotice
from reptidex.errors import NotFoundError
from reptidex.http.core.ports import Ports
from reptidex.http.server.policy import public
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.core_billing import TakeNotice
from reptidex.tables.core.payments import Payment
from reptidex.tables.query import select

routes = Routes("webhooks")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The notice is durable with us; it need not be sent again."""

    received: bool = True


@routes.post("/webhooks/stripe", policy=public(), errors=(400,))
async def stripe_webhook(request: Request[bytes, None]) -> Taken:
    """Take an event of Stripe. Unsigned, changed, old or repeated ones have no effect."""
    return await _take(request, "stripe")


@routes.post("/webhooks/paypal", policy=public(), errors=(400,))
async def paypal_webhook(request: Request[bytes, None]) -> Taken:
    """Take an event of PayPal. Unsigned, changed, old or repeated ones have no effect."""
    return await _take(request, "paypal")


async def _take(request: Any, provider: str) -> Taken:
    ports: Ports = request.ports
    gateway: PaymentGateway | None = ports.gateways.get(provider)
    if gateway is None:
        raise NotFoundError("provider", provider)
    notice = await gateway.read_notice(request.raw, request.headers)
    order = await _order_of(request, notice)
    if order and notice.kind != "other":
        await request.tell(
            TakeNotice(
                order_id=order,
                provider=provider,  # type: ignore[arg-type]  # one of the two routes above
                event=notice.event,
                kind=notice.kind,
                reference=notice.reference,
                amount=notice.money.amount if notice.money else 0,
                currency=notice.money.currency if notice.money else "",
                detail=notice.detail,
                code=notice.reason,
                respond_by=notice.respond_by,
            )
        )
    return Taken()


async def _order_of(request: Any, notice: PaymentNotice) -> str:
    """Return the order that a notice is about; the provider does not repeat it in every kind."""
    if notice.order or not notice.reference:
        return notice.order
    same = select(Payment, Payment.c.provider == notice.provider, Payment.c.reference == notice.reference, limit=1)
    found: list[Payment] = await request.read.find(same)
    return found[0].order_id if found else ""
