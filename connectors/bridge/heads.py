"""The context of an event without its payload, and members put into its bytes without writing the rest anew."""

from typing import Any

import msgspec

from reptidex.errors import ContractError


class Head(msgspec.Struct, gc=False):
    """What the bridge needs to know of a CloudEvent."""

    id: str
    source: str
    type: str
    subject: str
    vivariumid: str | None = None
    traceparent: str | None = None
    rxorigin: str | None = None
    rxhops: int | None = None


_decoder = msgspec.json.Decoder(Head)


def head_of(raw: bytes) -> Head:
    """Read the context of an event. Raises `ContractError`."""
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ContractError(f"this is no CloudEvent: {problem}") from problem


def with_members(raw: bytes, members: dict[str, Any]) -> bytes:
    """Put members into a JSON object that lacks them: its own bytes stay as they are, but for the closing brace."""
    end = raw.rindex(b"}")
    return raw[:end] + b"," + msgspec.json.encode(members)[1:]


def with_hops(raw: bytes, hops: int) -> bytes:
    """Return an event that already counts its hops with another count."""
    event: dict[str, Any] = msgspec.json.decode(raw)
    return msgspec.json.encode(event | {"rxhops": hops})
