"""One JSON line a request, written in batches. No query, no header, no token: only what names the request."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from aiohttp import web

from reptidex.http.middlewares.context import Context

FLUSH_S = 0.1
_encode = msgspec.json.Encoder().encode


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is told of a request. Names are those of the platform's telemetry library."""

    timestamp: datetime
    level: str
    service: str
    message: str
    request_id: str
    method: str
    endpoint: str
    """The route's path with its parameters unnamed: the path itself may hold a secret."""
    status_code: int
    duration_ms: float
    client_host: str
    user_id: str = ""
    vivarium_id: str = ""
    session_id: str = ""
    trace_id: str = ""


class AccessLog:
    """Tells of requests, and writes the lines ten times a second, so that a request does not wait for a file."""

    def __init__(
        self, service: str, write: Callable[[bytes], object], address: Callable[[web.BaseRequest], str]
    ) -> None:
        """Take the service's name, what takes the lines, and what finds the address of a request's client."""
        self._service, self._write, self._address = service, write, address
        self._lines: list[bytes] = []

    def add(self, request: web.BaseRequest, context: Context, endpoint: str, status: int, seconds: float) -> None:
        """Tell of a request that has been answered.

        Its line is made now, not with the others: a thousand at once would hold up whoever asks meanwhile (measured).
        """
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_S, self.flush)
        caller = context.caller
        line = Line(
            datetime.now(UTC),
            "INFO" if status < 500 else "ERROR",
            self._service,
            "Request completed",
            context.request_id,
            request.method[:16],
            endpoint,
            status,
            round(seconds * 1000, 2),
            self._address(request),
            caller.subject,
            caller.vivarium_id,
            caller.session_id,
            context.trace_id,
        )
        self._lines.append(_encode(line))

    def flush(self) -> None:
        """Write what has been told."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._write(b"\n".join([*lines, b""]))

    async def close(self) -> None:
        """Write the last lines when the application ends."""
        self.flush()
