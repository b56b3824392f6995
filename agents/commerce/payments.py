"""Carries a sale's wishes about money to repti-core. What came of them is also told by core's events; both are heard."""

from contextlib import suppress

import msgspec

from reptidex.agents.agent import Call, carries_out
from reptidex.agents.commerce.effects import (
    CancelPayment,
    LookUpPayment,
    RefundPart,
    RefundPayment,
    RequestPayment,
    SaleEffect,
)
from reptidex.connectors.services.refusals import RefusedError
from reptidex.domain.sale.state import Reason
from reptidex.errors import NotFoundError
from reptidex.streams.commands.commerce_sales import TellPayment
from reptidex.streams.values import Money

PATIENT = 24
"""Attempts over more than an hour, for what no deadline asks for again."""
CONFLICT = 409
"""core is at work on this payment, or has one for the order: no news, so it is looked up."""


class PaymentWanted(msgspec.Struct, frozen=True, kw_only=True):
    """The body of core's `POST /payments`."""

    payment_id: str
    order_id: str
    transaction_id: str
    generation: int
    amount: Money
    provider: str
    method: str
    buyer_user_id: str
    buyer_vivarium_id: str
    seller_vivarium_id: str
    description: str


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """The body of core's `POST /payments/{payment_id}/cancel`."""

    reason: str


class RefundWanted(msgspec.Struct, frozen=True, kw_only=True):
    """The body of core's `POST /payments/{payment_id}/refund`."""

    reason: str
    refund_id: str
    amount: int | None = None


class PaymentStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How core says that a payment stands."""

    payment_id: str
    status: str
    reason: str = ""
    refunded: Money | None = None
    refund_reference: str = ""


FAILURES: dict[str, Reason] = {"expired": "expired", "provider": "provider"}
"""core's reasons in the words of a sale; all others are `declined`."""


def _told(effect: SaleEffect, standing: PaymentStanding | None) -> TellPayment | None:
    """Return what a payment's standing tells a sale; None while core is at work on it."""
    told = TellPayment(animal_id=effect.animal_id, transaction_id=effect.transaction_id, state="unknown")
    if standing is None:
        return msgspec.structs.replace(told, state="ended")
    match standing.status:
        case "completed":
            return msgspec.structs.replace(told, state="captured")
        case "refunded":
            back, reference = standing.refunded, standing.refund_reference
            return msgspec.structs.replace(told, state="refunded", refunded=back, reference=reference)
        case "failed" | "canceled":
            return msgspec.structs.replace(told, state="ended", reason=FAILURES.get(standing.reason, "declined"))
    return None


def _unknown(effect: SaleEffect, cause: str) -> TellPayment:
    return TellPayment(animal_id=effect.animal_id, transaction_id=effect.transaction_id, state="unknown")


@carries_out(RequestPayment, failed=_unknown)
async def request_payment(effect: RequestPayment, call: Call) -> TellPayment | None:
    """Ask for the money, once by its payment id. A refusal ends the payment; a conflict is looked into."""
    fields = {name: getattr(effect, name) for name in PaymentWanted.__struct_fields__}
    key = f"{effect.transaction_id}/pay/{effect.generation}"
    try:
        standing = await call.ports.core.post(
            "/payments", PaymentWanted(**fields), PaymentStanding, idempotency_key=key
        )
    except RefusedError as refused:
        if refused.status == CONFLICT:
            return _unknown(effect, str(refused))
        return msgspec.structs.replace(_unknown(effect, ""), state="ended", reason="provider")
    return _told(effect, standing)


@carries_out(LookUpPayment)
async def look_up_payment(effect: LookUpPayment, call: Call) -> TellPayment | None:
    """See how the payment stands. One that core does not know yet may still be on its way: the deadline decides."""
    try:
        return _told(effect, await call.ports.core.get(f"/payments/{effect.payment_id}", PaymentStanding))
    except NotFoundError:
        return None


@carries_out(CancelPayment)
async def cancel_payment(effect: CancelPayment, call: Call) -> TellPayment | None:
    """Call the payment off; core says if it was too late."""
    path, body = f"/payments/{effect.payment_id}/cancel", Cancellation(reason=effect.reason)
    try:
        standing = await call.ports.core.post(path, body, PaymentStanding, idempotency_key=call.idempotency_key)
    except NotFoundError:
        return _told(effect, None)
    return _told(effect, standing)


@carries_out(RefundPayment)
async def refund_payment(effect: RefundPayment, call: Call) -> TellPayment | None:
    """Have the whole sum paid back, once by its refund id; asked again at each deadline until it is."""
    path, body = f"/payments/{effect.payment_id}/refund", RefundWanted(reason=effect.reason, refund_id=effect.refund_id)
    standing = await call.ports.core.post(path, body, PaymentStanding, idempotency_key=call.idempotency_key)
    return None if standing.status == "completed" else _told(effect, standing)


@carries_out(RefundPart, attempts=PATIENT)
async def refund_part(effect: RefundPart, call: Call) -> None:
    """Have a part paid back. Core refuses it where another refund has come first: then less is left."""
    path = f"/payments/{effect.payment_id}/refund"
    body = RefundWanted(reason="requested", refund_id=effect.refund_id, amount=effect.amount)
    with suppress(RefusedError):
        await call.ports.core.post(path, body, PaymentStanding, idempotency_key=call.idempotency_key)
