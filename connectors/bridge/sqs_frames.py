"""What the bridge and the process beside it say to each other on a socket: frames of MessagePack, each behind its length."""

import asyncio
import socket
from typing import Any, Literal, TypeVar

import msgspec

from reptidex.connectors.bridge.sqs import Received
from reptidex.connectors.bridge.verdicts import Verdict

T = TypeVar("T")

LENGTH_BYTES = 4


class Begin(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """The first frame: where SQS is, and how it is called."""

    endpoint: str
    region: str
    threads: int
    """So many calls at once, beside the polls."""
    connections: int
    read_s: float


class Ask(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """A call to make; `Told` answers it by its number."""

    number: int
    call: Literal["url_of", "visibility_s", "take", "delete", "hide"]
    """A method of `SqsCalls`."""
    arguments: list[Any]


class Poll(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Poll a queue without end; what comes is told by `Brought`, the end of all these polls by `Ended`, both by their number."""

    number: int
    queue: str
    count: int
    wait_s: int


class Pace(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """How fast is polled: not at all while held, else so long after each poll."""

    number: int
    held: bool
    pause_s: float


class Ping(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Answer at once by `Told`, whatever is under way."""

    number: int


class Stop(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Begin no more polls."""

    number: int


class Told(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """What a call returned, or how it failed."""

    number: int
    value: msgspec.Raw = msgspec.Raw(b"\xc0")
    failed: Verdict | None = None


class Brought(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """What a poll brought, or how it failed."""

    number: int
    messages: list[Received] = []
    failed: Verdict | None = None


class Ended(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """The last of the polls has ended."""

    number: int


Order = Begin | Ask | Poll | Pace | Ping | Stop
Report = Told | Brought | Ended

_encode = msgspec.msgpack.Encoder().encode
decode_order = msgspec.msgpack.Decoder(Order).decode
decode_report = msgspec.msgpack.Decoder(Report).decode


def packed(value: Any) -> msgspec.Raw:
    """Return a value as `Told` carries it."""
    return msgspec.Raw(_encode(value))


def unpacked(value: msgspec.Raw, kind: type[T]) -> T:
    """Return the value that `Told` carries."""
    return msgspec.msgpack.decode(value, type=kind)


def framed(said: Order | Report) -> bytes:
    """Return a frame."""
    raw = _encode(said)
    return len(raw).to_bytes(LENGTH_BYTES, "big") + raw


def read_frame(end: socket.socket) -> bytearray:
    """Return the next frame; blocks. Raises `EOFError` where the other side is gone."""
    with memoryview(bytearray(LENGTH_BYTES)) as length:
        _fill(end, length)
        size = int.from_bytes(length, "big")
    raw = bytearray(size)
    with memoryview(raw) as view:
        _fill(end, view)
    return raw


def _fill(end: socket.socket, view: memoryview) -> None:
    at = 0
    while at < len(view):
        got = end.recv_into(view[at:])
        if not got:
            raise EOFError
        at += got


async def next_frame(reader: asyncio.StreamReader) -> bytes:
    """Return the next frame. Raises `asyncio.IncompleteReadError` (an `EOFError`) where the other side is gone."""
    length = await reader.readexactly(LENGTH_BYTES)
    return await reader.readexactly(int.from_bytes(length, "big"))
