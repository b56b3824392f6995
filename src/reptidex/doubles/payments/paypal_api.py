"""PayPal's HTTP API: OAuth token, orders and payments v2, the certificate of its webhooks."""

import base64
import hmac
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from aiohttp import web

from reptidex.doubles.payments.desk import Answer, Desk, Replies, fingerprint_of
from reptidex.doubles.payments.paypal_orders import PayPalOrders
from reptidex.doubles.payments.signing import PayPalCertificate

TOKEN_S = 32400
ISSUES = {500: "INTERNAL_SERVER_ERROR", 503: "SERVICE_UNAVAILABLE", 409: "RESOURCE_CONFLICT", 400: "INVALID_REQUEST"}


def _failure(status: int, _reason: str) -> Any:
    return {"name": ISSUES[status], "message": "An error occurred.", "debug_id": "double"}


REPLIES = Replies(provider="paypal", failure=_failure, replays_failures=False, reuse_is_refused=False)
Work = Callable[[web.Request, dict[str, Any]], Answer]


class PayPalApi:
    """The routes. Every request but the token's and the certificate's needs a token of ours."""

    def __init__(
        self,
        desk: Desk,
        orders: PayPalOrders,
        certificate: Callable[[], PayPalCertificate],
        client: tuple[str, str],
        done: Callable[[], None],
    ) -> None:
        self._desk, self._orders, self._certificate, self._done = desk, orders, certificate, done
        self._login = "Basic " + base64.b64encode(":".join(client).encode()).decode()
        self._token = "A21AA" + fingerprint_of(*client)[:40]

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the routes of the API."""
        orders, where, paid = self._orders, "/v2/checkout/orders", "/v2/payments"
        return [
            web.post("/v1/oauth2/token", self._give_token),
            web.get("/v1/notifications/certs/{name}", self._show_certificate),
            web.post(where, self._bound(lambda r, b: orders.create(b))),
            web.get(where + "/{id}", self._bound(lambda r, b: orders.read(r.match_info["id"]))),
            web.post(where + "/{id}/authorize", self._bound(lambda r, b: orders.authorize(r.match_info["id"], b))),
            web.post(
                paid + "/authorizations/{id}/capture", self._bound(lambda r, b: orders.capture(r.match_info["id"], b))
            ),
            web.post(paid + "/authorizations/{id}/void", self._bound(lambda r, b: orders.void(r.match_info["id"]))),
            web.get(paid + "/captures/{id}", self._bound(lambda r, b: orders.read_capture(r.match_info["id"]))),
            web.get("/v1/customer/disputes/{id}", self._bound(lambda r, b: orders.read_dispute(r.match_info["id"]))),
            web.post(paid + "/captures/{id}/refund", self._bound(lambda r, b: orders.refund(r.match_info["id"], b))),
        ]

    async def _give_token(self, request: web.Request) -> web.Response:
        if self._desk.faults.down:
            return web.json_response(_failure(503, ""), status=503)
        if not _same(request.headers.get("Authorization", ""), self._login):
            return web.json_response({"error": "invalid_client"}, status=401)
        return web.json_response({"access_token": self._token, "token_type": "Bearer", "expires_in": TOKEN_S})

    async def _show_certificate(self, request: web.Request) -> web.Response:
        if request.match_info["name"] != self._certificate().name:
            raise web.HTTPNotFound
        return web.Response(body=self._certificate().pem, content_type="application/x-pem-file")

    def _bound(self, work: Work) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if not _same(request.headers.get("Authorization", ""), f"Bearer {self._token}"):
                return web.json_response({"error": "invalid_token"}, status=401)
            raw = await request.read()
            try:
                body = msgspec.json.decode(raw) if raw else {}
            except msgspec.DecodeError:
                body = None
            if not isinstance(body, dict):
                return web.json_response(_failure(400, ""), status=400)
            key = request.headers.get("PayPal-Request-Id", "") if request.method == "POST" else ""
            fingerprint = fingerprint_of(request.method, request.path)
            try:
                return await self._desk.serve(
                    request,
                    REPLIES,
                    key=f"{request.path} {key}" if key else "",
                    fingerprint=fingerprint,
                    work=lambda: work(request, body),
                )
            finally:
                self._done()

        return handle


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
