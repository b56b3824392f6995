"""Events to carry over, made from the contracts' examples."""

import uuid
from typing import Any

import msgspec

from reptidex.streams.contract import message_class
from reptidex.streams.examples import example_documents


def event(name: str, *, key: str = "", number: int = 0, **members: Any) -> bytes:
    """Return the bytes of an event; `number` becomes its sequence, `members` go into the envelope."""
    document = example_documents(name)[0] | {"id": str(uuid.uuid4())} | members
    if key:
        document |= {"subject": key, "data": document["data"] | {message_class(name).contract.key: key}}
    if number:
        document["sequence"] = f"{number:012d}"
    return msgspec.json.encode(document)


def key_of(number: int) -> str:
    """Return the id of the n-th aggregate."""
    return str(uuid.UUID(int=(0x7 << 76) | (0x8 << 60) | number))


def seen(raw: bytes | str) -> dict[str, Any]:
    """Return an event as plain JSON."""
    found: dict[str, Any] = msgspec.json.decode(raw)
    return found
