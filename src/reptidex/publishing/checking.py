"""What of a file may be published, and what is wrong with the rest."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from reptidex.errors import ContractError
from reptidex.publishing.reading import Piece
from reptidex.streams import edge
from reptidex.streams.contract import Event, message_class
from reptidex.streams.pointers import pointer_in


class Ready(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event that may be published; its bytes are those of the file, or the envelope that a bare payload was given."""

    place: str
    name: str
    key: str
    event_id: str
    raw: bytes


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event that may not, and why."""

    place: str
    detail: str
    pointer: str = ""
    """Where in it the reason stands, as a JSON pointer (RFC 6901)."""
    event_id: str = ""


def check(piece: Piece, *, bare: str = "", service: str | None = None, now: datetime) -> Ready | Refusal:
    """Check one event against the catalogue. `bare` is the event's name where the file holds bare payloads.

    `service` (short or full name) refuses what is not that service's to say.
    """
    raw = piece.raw
    try:
        if bare:
            raw = wrapped(raw, bare, now)
        event = edge.accept(raw, service=service)
    except ContractError as problem:
        detail, pointer = pointer_in(str(problem))
        if bare:
            pointer = pointer.removeprefix("/data")
        return Refusal(place=piece.place, detail=detail, pointer=pointer, event_id=_id_in(raw))
    return Ready(place=piece.place, name=event.type, key=event.subject, event_id=event.id, raw=raw)


def wrapped(payload: bytes, name: str, now: datetime, *, identity: str = "") -> bytes:
    """Return a bare payload as a CloudEvent in the name of the service that owns its contract.

    Its id follows from `identity`, else from the payload: whoever publishes the same file again says nothing new.
    Raises `ContractError` for what is no JSON object, and `UnknownContractError`.
    """
    contract = message_class(name).contract
    try:
        data: Any = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ContractError(f"{name}: this is not JSON: {problem}") from problem
    if not isinstance(data, dict):
        raise ContractError(f"{name}: a payload is an object, not {type(data).__name__}")
    of_itself = msgspec.json.encode(data, order="deterministic").decode()
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": str(uuid5(NAMESPACE_URL, f"reptidex:{name}:{identity or of_itself}")),
            "source": f"/repti-{contract.service}",
            "type": name,
            "subject": str(data.get(contract.key, "")),
            "time": now,
            "dataschema": contract.schema,
            "datacontenttype": "application/json",
            "data": data,
        }
    )


class _Head(msgspec.Struct):
    id: str = ""


def _id_in(raw: bytes) -> str:
    try:
        return msgspec.json.decode(raw, type=_Head).id[:64]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def is_event(name: str) -> bool:
    """Say whether a contract's name is that of an event. Raises `UnknownContractError` for one that is none."""
    return issubclass(message_class(name), Event)
