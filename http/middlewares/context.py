"""Who a request is, in ids: its request id, which is the correlation id of all it causes, and its W3C trace."""

import re
import time

from aiohttp import web

from reptidex.connectors.services.tracing import CURRENT
from reptidex.http.server.ids import Ids
from reptidex.http.server.policy import Caller

ANONYMOUS = Caller(kind="anonymous")
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,127}", re.ASCII)
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


class Context:
    """What is known of one request besides what it asks. It is also what calls to other services read (`CallContext`)."""

    __slots__ = ("_given", "_ids", "_traceparent", "allowance", "caller", "request_id", "started")

    def __init__(self, request_id: str, given: str | None, ids: Ids, started: float) -> None:
        self.request_id, self.started = request_id, started
        self._given, self._ids = given, ids
        self._traceparent = ""
        self.caller = ANONYMOUS
        self.allowance = ""
        """The `RateLimit` header of the answer, whatever it turns out to be."""

    @property
    def traceparent(self) -> str:
        """Our own place in the trace; made when first asked for, as most look-ups pass nothing on."""
        if not self._traceparent:
            self._traceparent = traceparent_of(self._given, self._ids)
        return self._traceparent

    @property
    def trace_id(self) -> str:
        """The id of the trace, if the request came with one or has passed one on; else empty."""
        return self.traceparent[3:35] if self._given or self._traceparent else ""


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


def begin(request: web.BaseRequest, ids: Ids) -> Context:
    """Give a request its context; calls to other services made while it is worked on carry the same ids."""
    headers = request.headers
    given = headers.get("X-Request-ID")
    request_id = given if given is not None and _REQUEST_ID.fullmatch(given) else ids.fresh()
    context = Context(request_id, headers.get("traceparent"), ids, time.perf_counter())
    CURRENT.set(context)
    return context
