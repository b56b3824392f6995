"""Which request a call belongs to: set by the web side for each request, read by every client of another service."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

import msgspec


class CallContext(Protocol):
    """The request that is being worked on."""

    @property
    def request_id(self) -> str:
        """The correlation id of everything that the request causes."""

    @property
    def traceparent(self) -> str:
        """W3C Trace Context, with our own span as the parent of what we call; may be empty."""


class Origin(msgspec.Struct, frozen=True):
    """A context for work that no HTTP request began."""

    request_id: str
    traceparent: str


CURRENT: ContextVar[CallContext | None] = ContextVar("reptidex_call", default=None)


@contextmanager
def calling(request_id: str, traceparent: str) -> Iterator[None]:
    """Have the calls made inside carry these ids, for work that no HTTP request began (effects)."""
    token = CURRENT.set(Origin(request_id, traceparent))
    try:
        yield
    finally:
        CURRENT.reset(token)


def trace_headers() -> dict[str, str]:
    """Return the headers that a call to another service carries."""
    current = CURRENT.get()
    if current is None:
        return {}
    headers = {"X-Request-ID": current.request_id}
    if current.traceparent:
        headers["traceparent"] = current.traceparent
    return headers
