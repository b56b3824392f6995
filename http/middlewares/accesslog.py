"""One JSON line a request, written in batches. No query, no header, no token: only what names the request."""

import asyncio
import time
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


Note = tuple[float, Context, str, str, int, float, str]


class AccessLog:
    """Notes requests and writes their lines ten times a second, so that a request does not wait for a file."""

    def __init__(self, service: str, write: Callable[[bytes], object]) -> None:
        """Take the service's name and what takes the lines."""
        self._service, self._write = service, write
        self._notes: list[Note] = []

    def add(self, request: web.BaseRequest, context: Context, endpoint: str, status: int, seconds: float) -> None:
        """Note a request that has been answered."""
        if not self._notes:
            asyncio.get_running_loop().call_later(FLUSH_S, self.flush)
        self._notes.append((time.time(), context, request.method, endpoint, status, seconds, request.remote or ""))

    def flush(self) -> None:
        """Write what has been noted."""
        if self._notes:
            notes, self._notes = self._notes, []
            self._write(b"".join([_encode(self._line(note)) + b"\n" for note in notes]))

    def _line(self, note: Note) -> Line:
        at, context, method, endpoint, status, seconds, host = note
        caller = context.caller
        return Line(
            datetime.fromtimestamp(at, UTC),
            "INFO" if status < 500 else "ERROR",
            self._service,
            "Request completed",
            context.request_id,
            method[:16],
            endpoint,
            status,
            round(seconds * 1000, 2),
            host,
            caller.subject,
            caller.vivarium_id,
            caller.session_id,
            context.trace_id,
        )

    async def close(self) -> None:
        """Write the last lines when the application ends."""
        self.flush()
