"""PayPal through its Orders and Payments APIs v2 (https://developer.paypal.com/docs/api/orders/v2/).

Opening an order moves no money; every act that does goes by the order's id, so its outcome can always be read. PayPal
replays the answer to a `PayPal-Request-Id` it knows, and stores no failures.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from reptidex.connectors.payments.money import decimal
from reptidex.connectors.payments.paypal_answers import (
    authorization_of,
    capture_of,
    declined,
    dispute_of,
    payment_of,
    refund_of,
)
from reptidex.connectors.payments.paypal_http import PayPalHttp
from reptidex.connectors.payments.paypal_webhooks import Certificates, read_notice
from reptidex.connectors.payments.port import (
    Charge,
    Dispute,
    Payment,
    PaymentNotice,
    PaymentRefusedError,
    Refund,
    UnknownOutcomeError,
    UnknownPaymentError,
)
from reptidex.streams.values import Money

T = TypeVar("T")
SEGMENT = re.compile(r"[A-Za-z0-9-]+", re.ASCII)


class PayPalGateway:
    """`PaymentGateway` on PayPal. A charge's `method` is the id of a vaulted PayPal account."""

    provider = "paypal"

    def __init__(
        self,
        *,
        client_id: str,
        secret: str,
        webhook_id: str,
        url: str = "https://api-m.paypal.com",
        certificate_hosts: tuple[str, ...] = ("api.paypal.com", "api.sandbox.paypal.com"),
        timeout_s: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        http = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False)
        self._api = PayPalHttp(http, url, client_id, secret, clock)
        self._certificates = Certificates(http, certificate_hosts, clock)
        self._webhook_id, self._clock = webhook_id, clock

    async def authorise(self, charge: Charge, *, key: str) -> Payment:
        """Open an order; a vaulted account pays at once, anybody else approves at PayPal's page first."""
        order = await self._open(charge, key)
        payment = payment_of(order)
        if not charge.method or payment.state != "requires_action":
            return payment
        return await self._authorise(order["id"], f"{key}/pay", charge.method)

    async def confirm(self, reference: str, *, key: str) -> Payment:
        """Authorise an order that the buyer approved."""
        payment = await self.look_up(reference)
        if payment.state != "processing":
            return payment
        return await self._authorise(reference, key)

    async def capture(self, reference: str, *, key: str) -> Payment:
        """Capture the whole authorisation."""
        order = await self._order(reference)
        payment = payment_of(order)
        if payment.state == "captured":
            return payment
        authorization = authorization_of(order)
        if authorization is None:
            raise PaymentRefusedError("not_authorised", f"the payment is {payment.state}")

        async def act() -> Payment:
            path = f"/v2/payments/authorizations/{authorization['id']}/capture"
            made = await self._api.post(path, {"final_capture": True}, key)
            if made.get("status") == "DECLINED":
                raise declined(made)
            return await self.look_up(reference)

        return await self._act(act, lambda: self._in_state(reference, "captured"))

    async def cancel(self, reference: str, *, key: str) -> Payment:
        """Void the authorisation. An order that has none is left to lapse: nothing was set aside."""
        order = await self._order(reference)
        payment = payment_of(order)
        if payment.state == "captured":
            raise PaymentRefusedError("unexpected_state", "the payment is captured")
        authorization = authorization_of(order)
        if payment.state == "canceled" or authorization is None or authorization["status"] == "DENIED":
            return msgspec.structs.replace(payment, state="canceled", action_url="")

        async def act() -> Payment:
            await self._api.post(f"/v2/payments/authorizations/{authorization['id']}/void", {}, key)
            return await self.look_up(reference)

        return await self._act(act, lambda: self._in_state(reference, "canceled"))

    async def refund(self, reference: str, *, amount: int | None = None, key: str) -> Refund:
        """Refund the capture; our key is the refund's invoice id, by which it is found again."""
        order = await self._order(reference)
        payment = payment_of(order)
        if (made := refund_of(order, key)) is not None:
            return made
        capture = capture_of(order)
        if capture is None:
            raise PaymentRefusedError("charge_not_captured", f"the payment is {payment.state}")
        custom = f"{payment.order}|{payment.transaction}|{reference}"
        body: dict[str, Any] = {"invoice_id": key, "custom_id": custom}
        left = payment.captured - payment.refunded
        given = left if amount is None else amount
        if not 0 < given <= left:
            raise PaymentRefusedError("amount_too_large", f"{given} of {left} cannot be refunded")
        body["amount"] = decimal(Money(amount=given, currency=payment.money.currency))

        async def act() -> Refund:
            await self._api.post(f"/v2/payments/captures/{capture['id']}/refund", body, key)
            made = refund_of(await self._order(reference), key)
            if made is None:
                raise UnknownOutcomeError("paypal", "the refund is not shown yet")
            return made

        async def look() -> Refund | None:
            return refund_of(await self._order(reference), key)

        return await self._act(act, look)

    async def look_up(self, reference: str) -> Payment:
        """Read the order."""
        return payment_of(await self._order(reference))

    async def look_up_dispute(self, reference: str) -> Dispute:
        """Read the dispute, and which order it is about; it names the capture only."""
        dispute = await self._api.get(f"/v1/customer/disputes/{_segment(reference)}")
        capture = dispute["disputed_transactions"][0]["seller_transaction_id"]
        return dispute_of(dispute, await self._order_of(capture))

    async def find(self, charge: Charge, *, key: str) -> Payment | None:
        """Have PayPal replay the order of the key."""
        order = await self._open(charge, key)
        payment = await self.look_up(order["id"])
        return None if charge.method and payment.state == "requires_action" else payment

    async def read_notice(self, body: bytes, headers: Mapping[str, str]) -> PaymentNotice:
        """Verify the signature offline, with PayPal's certificate from an allowed host.

        A dispute names the capture only; the order that it belongs to is then asked for.
        """
        notice, capture = await read_notice(body, headers, self._webhook_id, self._certificates, self._clock())
        if not capture:
            return notice
        return msgspec.structs.replace(notice, reference=await self._order_of(capture))

    async def aclose(self) -> None:
        """Close the connections to PayPal."""
        await self._api.aclose()

    async def _order(self, reference: str) -> Any:
        return await self._api.get(f"/v2/checkout/orders/{_segment(reference)}")

    async def _order_of(self, capture: str) -> str:
        found = await self._api.get(f"/v2/payments/captures/{_segment(capture)}")
        related = (found.get("supplementary_data") or {}).get("related_ids") or {}
        return str(related.get("order_id", ""))

    async def _open(self, charge: Charge, key: str) -> Any:
        unit = {
            "custom_id": f"{charge.order}|{charge.transaction}",
            "invoice_id": key,
            "description": charge.description[:127],
            "amount": decimal(charge.money),
        }
        body: dict[str, Any] = {"intent": "AUTHORIZE", "purchase_units": [{k: v for k, v in unit.items() if v}]}
        if charge.return_url and not charge.method:
            context = {
                "return_url": charge.return_url,
                "cancel_url": charge.return_url,
                "user_action": "PAY_NOW",
                "shipping_preference": "NO_SHIPPING",
            }
            body["payment_source"] = {"paypal": {"experience_context": context}}
        opened = await self._api.post("/v2/checkout/orders", body, key)
        return await self._order(opened["id"])

    async def _authorise(self, reference: str, key: str, vault: str = "") -> Payment:
        body = {"payment_source": {"paypal": {"vault_id": vault}}} if vault else {}

        async def act() -> Payment:
            order = await self._api.post(f"/v2/checkout/orders/{_segment(reference)}/authorize", body, key)
            authorization = authorization_of(order)
            if authorization is not None and authorization["status"] == "DENIED":
                raise declined(authorization)
            return await self.look_up(reference)

        return await self._act(act, lambda: self._in_state(reference, "authorised", "captured"))

    async def _in_state(self, reference: str, *states: str) -> Payment | None:
        payment = await self.look_up(reference)
        return payment if payment.state in states else None

    async def _act(self, act: Callable[[], Awaitable[T]], look: Callable[[], Awaitable[T | None]]) -> T:
        """Do it once, whatever becomes of the answer."""
        try:
            return await act()
        except (UnknownOutcomeError, PaymentRefusedError):
            done = await look()
            if done is None:
                raise
            return done


def _segment(reference: str) -> str:
    if SEGMENT.fullmatch(reference) is None:
        raise UnknownPaymentError("resource_missing", "this is no reference of PayPal")
    return reference
