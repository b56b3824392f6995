"""Stripe's HTTP API as its SDK uses it: form bodies, idempotency keys, lists, searches, expansion of the charge."""

import hmac
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiohttp import web

from reptidex.doubles.payments import forms
from reptidex.doubles.payments.book import Book, Thing
from reptidex.doubles.payments.desk import Answer, Desk, Replies, fingerprint_of
from reptidex.doubles.payments.stripe_intents import CUSTOMER, DISPUTE, INTENT, REFUND, StripeIntents
from reptidex.doubles.payments.stripe_objects import error, listed, missing

CLAUSE = re.compile(r"metadata\['(\w+)'\]:'((?:[^'\\]|\\.)*)'")
FAILURES = {
    500: ("api_error", "", "An unknown error occurred."),
    503: ("api_error", "", "The service is unavailable."),
    409: ("idempotency_error", "idempotency_key_in_use", "There is another request in progress with this key."),
    400: ("idempotency_error", "", "Keys for idempotent requests can only be used with the same parameters."),
}


def _failure(status: int, _reason: str) -> Any:
    kind, code, text = FAILURES[status]
    return {"error": {"type": kind, "message": text} | ({"code": code} if code else {})}


REPLIES = Replies(provider="stripe", failure=_failure, replays_failures=True, reuse_is_refused=True)
Work = Callable[[web.Request, dict[str, Any]], Answer]


class StripeApi:
    """The routes. Every request is checked for the key, then carried out at the desk."""

    def __init__(self, book: Book, desk: Desk, intents: StripeIntents, key: str, done: Callable[[], None]) -> None:
        self._book, self._desk, self._intents, self._key, self._done = book, desk, intents, key, done

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the routes of the API."""
        intents, where = self._intents, "/v1/payment_intents"
        return [
            web.post(where, self._bound(lambda r, p: intents.create(p))),
            web.get(where, self._bound(self._list_of(INTENT))),
            web.get(f"{where}/search", self._bound(self._search_of(INTENT))),
            web.get(where + "/{id}", self._bound(self._one_of(INTENT, "payment_intent"))),
            web.post(where + "/{id}/confirm", self._bound(lambda r, p: intents.confirm(r.match_info["id"], p))),
            web.post(where + "/{id}/capture", self._bound(lambda r, p: intents.capture(r.match_info["id"], p))),
            web.post(where + "/{id}/cancel", self._bound(lambda r, p: intents.cancel(r.match_info["id"], p))),
            web.post("/v1/refunds", self._bound(lambda r, p: intents.refund(p))),
            web.get("/v1/refunds", self._bound(self._list_of(REFUND))),
            web.get("/v1/refunds/{id}", self._bound(self._one_of(REFUND, "refund"))),
            web.get("/v1/disputes/{id}", self._bound(self._one_of(DISPUTE, "dispute"))),
            web.get("/v1/events", self._bound(self._list_of("stripe event"))),
            web.get("/v1/events/{id}", self._bound(self._one_of("stripe event", "event"))),
            web.post("/v1/customers", self._bound(self._new_customer)),
            web.get("/v1/customers/search", self._bound(self._search_of(CUSTOMER))),
            web.get("/v1/customers/{id}", self._bound(self._one_of(CUSTOMER, "customer"))),
        ]

    def _bound(self, work: Work) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if not hmac.compare_digest(
                request.headers.get("Authorization", "").encode(), f"Bearer {self._key}".encode()
            ):
                refused = error(401, "invalid_request_error", "Invalid API Key provided.")
                return web.json_response(refused.body, status=401)
            text = await request.text() if request.method == "POST" else request.query_string
            params = forms.decode(text)
            key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
            fingerprint = fingerprint_of(request.method, request.path, text)
            try:
                return await self._desk.serve(
                    request, REPLIES, key=key, fingerprint=fingerprint, work=lambda: work(request, params)
                )
            finally:
                self._done()

        return handle

    def _expanded(self, thing: Thing, params: dict[str, Any], prefix: str = "") -> Thing:
        wanted = f"{prefix}latest_charge" in (params.get("expand") or [])
        return self._intents.expanded(thing) if wanted and thing["object"] == "payment_intent" else thing

    def _one_of(self, kind: str, name: str) -> Work:
        def read(request: web.Request, params: dict[str, Any]) -> Answer:
            key = request.match_info["id"]
            thing = self._book.get(kind, key)
            return missing(name, key, "id") if thing is None else Answer(body=self._expanded(thing, params))

        return read

    def _list_of(self, kind: str) -> Work:
        def read(request: web.Request, params: dict[str, Any]) -> Answer:
            since = int((params.get("created") or {}).get("gte", 0))
            intent, after = params.get("payment_intent"), params.get("starting_after")
            limit, more = min(int(params.get("limit", 10)), 100), False
            found: list[Thing] = []
            for thing in self._book.newest(kind):
                if after:
                    after = None if thing["id"] == after else after
                elif thing["created"] >= since and (intent is None or thing["payment_intent"] == intent):
                    if len(found) == limit:
                        more = True
                        break
                    found.append(self._expanded(thing, params, "data."))
            return Answer(body=listed(request.path, found, more))

        return read

    def _search_of(self, kind: str) -> Work:
        def search(request: web.Request, params: dict[str, Any]) -> Answer:
            clauses = CLAUSE.findall(params.get("query", ""))
            if not clauses:
                return error(400, "invalid_request_error", "We were unable to parse your search query.", param="query")
            wanted = {name: re.sub(r"\\(.)", r"\1", value) for name, value in clauses}
            limit = int(params.get("limit", 10))
            found: list[Thing] = []
            for thing in self._book.newest(kind):
                if len(found) < limit and all(thing["metadata"].get(name) == value for name, value in wanted.items()):
                    found.append(self._expanded(thing, params, "data."))
            body = listed(request.path, found, False) | {"object": "search_result", "next_page": None}
            return Answer(body=body)

        return search

    def _new_customer(self, request: web.Request, params: dict[str, Any]) -> Answer:
        customer = {
            "id": self._book.fresh("cus_", 14),
            "object": "customer",
            "created": int(self._book.now()),
            "email": params.get("email"),
            "name": params.get("name"),
            "metadata": params.get("metadata") or {},
            "livemode": False,
        }
        return Answer(body=self._book.put(CUSTOMER, customer))
