"""What a test or a judge may ask of the payment double, beside the providers' own APIs."""

from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp import web

from reptidex.doubles.payments.book import Book
from reptidex.doubles.payments.desk import Desk
from reptidex.doubles.payments.faults import Faults
from reptidex.doubles.payments.hooks import Hooks
from reptidex.doubles.payments.ledger import Ledger
from reptidex.doubles.payments.paypal_orders import PayPalOrders
from reptidex.doubles.payments.stripe_intents import StripeIntents


class Control:
    """`/_control` sets faults and moves time; `/_ledger` and `/_webhooks` are read by judges; `/_buyer` acts."""

    def __init__(
        self, book: Book, desk: Desk, hooks: Hooks, ledger: Ledger, intents: StripeIntents, orders: PayPalOrders
    ) -> None:
        self._book, self._desk, self._hooks = book, desk, hooks
        self._ledger, self._intents, self._orders = ledger, intents, orders

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the routes of the controls."""
        return [
            web.get("/_health", self.health),
            web.get("/_control", self.faults),
            web.put("/_control", self.set_faults),
            web.post("/_control/advance", self.advance),
            web.post("/_control/webhooks", self.aim),
            web.post("/_control/{provider:stripe|paypal}/{id}/dispute", self.dispute),
            web.post("/_control/{provider:stripe|paypal}/{id}/dispute/{outcome:won|lost}", self.decide),
            web.get("/_ledger", self.ledger),
            web.get("/_webhooks", self.webhooks),
            web.get("/_buyer/stripe/{id}", self.authenticate),
            web.post("/_buyer/stripe/{id}", self.authenticate),
            web.get("/_buyer/paypal/{id}", self.approve),
            web.post("/_buyer/paypal/{id}", self.approve),
        ]

    async def health(self, request: web.Request) -> web.Response:
        """Answer that the double is up."""
        return _json({"status": "up"})

    async def faults(self, request: web.Request) -> web.Response:
        """Answer the faults in force."""
        return _json(self._desk.faults)

    async def set_faults(self, request: web.Request) -> web.Response:
        """Replace all faults; what is not named goes back to good behaviour."""
        try:
            wanted = msgspec.json.decode(await request.read(), type=Faults)
        except (msgspec.DecodeError, msgspec.ValidationError) as problem:
            return _json({"problem": str(problem)}, 422)
        self._desk.faults = wanted
        self._hooks.wake()
        return _json(wanted)

    async def advance(self, request: web.Request) -> web.Response:
        """Move the double's time on by `seconds`."""
        self._book.advance(float((await request.json())["seconds"]))
        self._hooks.wake()
        return _json({"now": self._book.now()})

    async def aim(self, request: web.Request) -> web.Response:
        """Say where webhooks go: `{"stripe": url, "paypal": url}`."""
        self._hooks.targets.update(await request.json())
        self._hooks.wake()
        return _json(self._hooks.targets)

    async def dispute(self, request: web.Request) -> web.Response:
        """Have the buyer's bank take a captured payment back."""
        provider = self._intents if request.match_info["provider"] == "stripe" else self._orders
        with self._book.transaction():
            dispute = provider.dispute(request.match_info["id"], request.query.get("reason", "fraudulent"))
        self._hooks.wake()
        return _json(dispute, 200 if dispute else 404)

    async def decide(self, request: web.Request) -> web.Response:
        """Decide the open dispute over a payment: `won` by the merchant, or `lost` to the buyer."""
        provider = self._intents if request.match_info["provider"] == "stripe" else self._orders
        with self._book.transaction():
            dispute = provider.decide(request.match_info["id"], won=request.match_info["outcome"] == "won")
        self._hooks.wake()
        return _json(dispute, 200 if dispute else 404)

    async def authenticate(self, request: web.Request) -> web.Response:
        """Pass 3-D Secure, or fail it with `?fail=1`; then go back to where the buyer came from."""
        with self._book.transaction():
            intent = self._intents.authenticate(request.match_info["id"], succeeds="fail" not in request.query)
        self._hooks.wake()
        if intent and intent["return_url"] and request.method == "GET":
            raise web.HTTPFound(intent["return_url"])
        return _json({"status": intent["status"]} if intent else None, 200 if intent else 404)

    async def approve(self, request: web.Request) -> web.Response:
        """Approve an order at PayPal's page, paying as `?vault=` would; then go back to where the buyer came from."""
        with self._book.transaction():
            order = self._orders.approve(request.match_info["id"], request.query.get("vault", "vault_ok"))
        self._hooks.wake()
        if order and order["return_url"] and request.method == "GET":
            raise web.HTTPFound(order["return_url"])
        return _json({"status": order["status"]} if order else None, 200 if order else 404)

    async def ledger(self, request: web.Request) -> web.Response:
        """Answer what was captured and refunded: in all, by payment and by order (`?order=` for one)."""
        totals, order = self._ledger.totals(), request.query.get("order")
        orders = self._ledger.orders()
        body: dict[str, Any] = {
            "balanced": all(sum(accounts.values()) == 0 for accounts in totals.values()),
            "totals": totals,
            "orders": {order: orders[order]} if order in orders else {} if order else orders,
            "payments": self._ledger.payments(order),
        }
        return _json(body)

    async def webhooks(self, request: web.Request) -> web.Response:
        """Answer how many deliveries wait, were accepted, were given up; and whether a forgery was accepted."""
        return _json(self._hooks.counts())


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")
