"""Who a request is, in ids: its request id, which is the correlation id of all it causes, and its W3C trace."""

import re
import time

from aiohttp import web

from reptidex.connectors.services.tracing import CURRENT, CallContext
from reptidex.http.server.ids import Ids
from reptidex.http.server.policy import Caller

ANONYMOUS = Caller(kind="anonymous")
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,127}", re.ASCII)
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


class Context:
    """What is known of one request besides what it asks."""

    __slots__ = ("caller", "headers", "request_id", "started", "traceparent")

    def __init__(self, request_id: str, traceparent: str, started: float) -> None:
        self.request_id, self.traceparent, self.started = request_id, traceparent, started
        self.caller = ANONYMOUS
        self.headers: dict[str, str] = {}
        """Headers that the answer gets, whatever it turns out to be."""


NAME = web.RequestKey("context", Context)
"""Where a request holds its context."""


def traceparent_of(given: str | None, ids: Ids) -> str:
    """Return our own place in the caller's trace, or in a new one (W3C Trace Context, section 3.2)."""
    if given is None:
        return ids.traceparent()
    found = _TRACEPARENT.fullmatch(given)
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return ids.traceparent()
    if found[2] == _NO_TRACE or found[3] == _NO_SPAN:
        return ids.traceparent()
    return f"00-{found[2]}-{ids.span()}-{found[4]}"


def begin(request: web.Request, ids: Ids) -> Context:
    """Give a request its context; calls to other services made while it is worked on carry the same ids."""
    given = request.headers.get("X-Request-ID")
    request_id = given if given is not None and _REQUEST_ID.fullmatch(given) else ids.fresh()
    context = Context(request_id, traceparent_of(request.headers.get("traceparent"), ids), time.perf_counter())
    CURRENT.set(CallContext(request_id, context.traceparent))
    request[NAME] = context
    return context
