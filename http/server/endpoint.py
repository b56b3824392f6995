"""One route, compiled: everything that can be known before the first request is worked out here once."""

import msgspec
from aiohttp import web

from reptidex.http.middlewares.authentication import Authentication
from reptidex.http.middlewares.authorisation import RecentSignIn, authorise
from reptidex.http.middlewares.context import Context
from reptidex.http.middlewares.forwarded import Addresses
from reptidex.http.middlewares.idempotency import Outstanding, Windows, repeatable
from reptidex.http.middlewares.overdue import Watch
from reptidex.http.middlewares.ratelimit import RateLimiter
from reptidex.http.middlewares.security import Templates
from reptidex.http.server.answering import Answerer
from reptidex.http.server.binding import Bound
from reptidex.http.server.bodies import BodyDecoder, read_body
from reptidex.http.server.exchange import Exchange, Surroundings
from reptidex.http.server.queries import PathDecoder, QueryDecoder


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before every view of a service."""

    authentication: Authentication
    addresses: Addresses
    limiter: RateLimiter
    recent: RecentSignIn
    outstanding: Outstanding
    windows: Windows
    body_bytes: int
    body_timeout_s: float
    watch: Watch
    templates: Templates


class Endpoint:
    """Takes the requests of one route to its view and the view's value back."""

    def __init__(self, bound: Bound, gate: Gate, around: Surroundings) -> None:
        """Compile the decoders of a route."""
        self.bound = bound
        self._gate, self._around = gate, around
        self._policy, self._cost = bound.route.policy, bound.route.policy.cost
        self._recent = gate.recent if bound.route.policy.recent else None
        self._view = bound.route.view
        self.name, self.quiet = bound.route.path, False
        self._operation = f"{bound.route.method} {bound.route.path}"
        self._writes = bound.route.method != "GET"
        self._limit = bound.route.body_bytes or gate.body_bytes
        self._body, self._query = BodyDecoder(bound.body), QueryDecoder(bound.query)
        self._path, self._answerer = PathDecoder(bound.parameters), Answerer(bound, gate.limiter.policy, gate.templates)

    async def handle(self, request: web.BaseRequest, context: Context, values: list[str]) -> web.StreamResponse:
        """Answer one request. Raises what the view and the checks before it raise; `Edge` makes problems of them."""
        gate = self._gate
        caller = context.caller = await gate.authentication.identify(request, gate.addresses.share)
        if caller.kind != "service":
            remaining, reset_s = gate.limiter.take(caller.subject or gate.addresses.share(request), self._cost)
            context.allowance = f'"caller";r={remaining};t={reset_s}'
        authorise(self._policy, caller, writes=self._writes)
        if self._recent is not None:
            self._recent.check(caller)
        path = self._path.decode(values) if values else {}
        query = self._query.decode(request)
        if not self._writes:
            exchange = Exchange(request, context, self._around, path, query, None, b"", None)
            return self._answerer.answer(request, await gate.watch.run(self._view(exchange)), context)
        raw = await read_body(request, self._limit, gate.body_timeout_s)
        body = self._body.decode(raw, request.headers.get("Content-Type", ""))
        keyed = repeatable(request, caller, self._operation, raw)
        if keyed is None:
            exchange = Exchange(request, context, self._around, path, query, body, raw, None)
            return self._answerer.answer(request, await gate.watch.run(self._view(exchange)), context)
        gate.outstanding.enter(keyed)
        try:
            named = await gate.windows.named(keyed, caller.actor)
            exchange = Exchange(request, context, self._around, path, query, body, raw, named)
            return self._answerer.answer(request, await gate.watch.run(self._view(exchange)), context)
        finally:
            gate.outstanding.leave(keyed)
