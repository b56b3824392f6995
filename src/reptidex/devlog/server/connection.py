"""One client's connection: frames in, answers out in the order of the requests."""

import asyncio
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from typing import cast

from reptidex.devlog.errors import DevLogError, MalformedRequest
from reptidex.devlog.handlers.context import Request, Session
from reptidex.devlog.handlers.sasl import OPEN_TO_ALL
from reptidex.devlog.protocol.apis import Api, understood
from reptidex.devlog.protocol.reader import Reader
from reptidex.devlog.protocol.schema import is_flexible
from reptidex.devlog.server.limits import Gate

_LENGTH = struct.Struct(">i")
_HEADER_BYTES = 8
_WRITE_BUFFER = 1 << 20

Answering = Callable[[Request], "bytes | Awaitable[bytes | None] | None"]


class Hangup(Exception):
    """Raised by an answering function to cut the connection (fault injection)."""


class _Slot:
    """The place of one answer in the order of answers."""

    __slots__ = ("answer", "ready", "size", "task")

    def __init__(self, size: int) -> None:
        self.size = size
        self.ready = False
        self.answer: bytes | None = None
        self.task: asyncio.Future[bytes | None] | None = None


class Connection(asyncio.Protocol):
    """Read requests, start them at once, and write their answers in order.

    What breaks the protocol ends the connection with a line in the report, and nothing else.
    """

    def __init__(self, answer: Answering, gate: Gate, report: Callable[[str], None], needs_user: bool) -> None:
        self._answer = answer
        self._gate = gate
        self._report = report
        self._needs_user = needs_user
        self._session = Session()
        self._buffer = bytearray()
        self._slots: deque[_Slot] = deque()
        self._transport: asyncio.Transport | None = None
        self._blocked = False
        self._full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there are too many."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class does not derive from it
        peer = transport.get_extra_info("peername")
        self._session.peer = str(peer[0]) if peer else "unknown"
        if not self._gate.admit(self):
            limit = self._gate.limits.connections
            self._report(f"connection from {self._session.peer} refused: {limit} are open")
            transport.close()
            return
        self._transport.set_write_buffer_limits(high=_WRITE_BUFFER)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up the answers nobody waits for any more."""
        self._transport = None
        self._gate.forget(self._resume)
        self._gate.dismiss(self)
        for slot in self._slots:
            if slot.task is not None:
                slot.task.cancel()
            self._gate.leave(slot.size)
        self._slots.clear()

    def data_received(self, data: bytes) -> None:
        """Take in bytes; start every request that is complete."""
        self._buffer += data
        self._read()

    def pause_writing(self) -> None:
        """Stop reading while the client does not take its answers."""
        self._full = True
        self._throttle()

    def resume_writing(self) -> None:
        """Write and read again."""
        self._full = False
        self._flush()
        self._resume()

    def close(self) -> None:
        """End the connection after what is written already."""
        if self._transport is not None:
            self._transport.close()

    def _read(self) -> None:
        position = 0
        buffer = self._buffer
        try:
            while self._transport is not None and not self._blocked and len(buffer) - position >= _LENGTH.size:
                (size,) = _LENGTH.unpack_from(buffer, position)
                if not _HEADER_BYTES <= size <= self._gate.limits.request_bytes:
                    raise MalformedRequest(f"request of {size} bytes")
                if len(buffer) - position - _LENGTH.size < size:
                    break
                position += _LENGTH.size
                frame = bytes(memoryview(buffer)[position : position + size])
                position += size
                self._start(frame)
                self._throttle()
        except (DevLogError, Hangup) as error:
            if not isinstance(error, Hangup):
                self._report(f"closing connection from {self._session.peer}: {error}")
            self._abort()
        finally:
            if position:
                del buffer[:position]

    def _start(self, frame: bytes) -> None:
        request = self._header(frame)
        if self._needs_user and self._session.user is None and request.api not in OPEN_TO_ALL:
            raise MalformedRequest(f"{request.api.name} before authentication")
        slot = _Slot(len(frame))
        self._slots.append(slot)
        self._gate.enter(slot.size)
        try:
            result = self._answer(request)
        except Exception as error:
            if not isinstance(error, DevLogError | Hangup):
                error = MalformedRequest(f"{request.api.name} v{request.version}: {error!r}")
            raise error from None
        if result is None or isinstance(result, bytes):
            slot.answer, slot.ready = result, True
            self._flush()
        else:
            task = slot.task = asyncio.ensure_future(result)
            task.add_done_callback(lambda done: self._finished(slot, request, done))

    def _finished(self, slot: _Slot, request: Request, task: "asyncio.Future[bytes | None]") -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            slot.answer, slot.ready = task.result(), True
            self._flush()
            return
        if not isinstance(error, Hangup):
            # One request must not take the broker down, whatever is wrong with it.
            self._report(f"closing connection from {self._session.peer}: {request.api.name}: {error!r}")
        self._abort()

    def _flush(self) -> None:
        while self._slots and self._slots[0].ready and not self._full and self._transport is not None:
            slot = self._slots.popleft()
            if slot.answer is not None:
                self._transport.write(_LENGTH.pack(len(slot.answer)) + slot.answer)
            self._gate.leave(slot.size)
        if self._blocked:
            self._resume()

    def _throttle(self) -> None:
        crowded = self._gate.crowded
        if not self._blocked and (
            self._full or crowded or len(self._slots) >= self._gate.limits.requests_per_connection
        ):
            self._blocked = True
            if self._transport is not None:
                self._transport.pause_reading()
            if crowded:
                self._gate.wait(self._resume)

    def _resume(self) -> None:
        if self._transport is None or self._full or not self._blocked:
            return
        if len(self._slots) >= self._gate.limits.requests_per_connection // 2 + 1:
            return
        if self._gate.crowded:
            self._gate.wait(self._resume)
            return
        self._blocked = False
        self._transport.resume_reading()
        self._read()

    def _header(self, frame: bytes) -> Request:
        reader = Reader(frame)
        key, version, correlation = reader.int16(), reader.int16(), reader.int32()
        client_id = reader.nullable_string() or ""
        if key == Api.API_VERSIONS:
            # Its body is not needed, and a version of the future must still get an answer (KIP-511).
            return Request(Api.API_VERSIONS, version, correlation, client_id, frame, reader.position, self._session)
        if not understood(key, version):
            raise MalformedRequest(f"request {key} v{version} is not supported")
        if is_flexible(key, version):
            reader.tags()
        return Request(Api(key), version, correlation, client_id, frame, reader.position, self._session)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
