"""CloudEvents to bytes and back: one typed msgspec decoder per contract."""

from typing import Any

import msgspec

from reptidex.errors import ContractError, UnknownContractError
from reptidex.streams.contract import Message, message_class
from reptidex.streams.envelope import AnyEvent, CloudEvent

CONTENT_TYPE = "application/cloudevents+json"

_encoder = msgspec.json.Encoder()
_decoders: dict[str, msgspec.json.Decoder[AnyEvent]] = {}


class _Peek(msgspec.Struct):
    type: str
    dataschema: str = ""


_peek = msgspec.json.Decoder(_Peek)


def encode(event: AnyEvent) -> bytes:
    """Write an event as structured-mode JSON."""
    return _encoder.encode(event)


def decoder_for(name: str) -> msgspec.json.Decoder[AnyEvent]:
    """Return the typed decoder of a contract.

    Raises `UnknownContractError`.
    """
    decoder = _decoders.get(name)
    if decoder is None:
        cls: Any = message_class(name)
        decoder = _decoders[name] = msgspec.json.Decoder(CloudEvent[cls])
    return decoder


def decode(raw: bytes, name: str | None = None) -> AnyEvent:
    """Read an event whose payload is checked against its contract; an older schema version is upcast first.

    `name` is the contract expected (the topic); without it the `type` inside the bytes decides.
    Raises `ContractError` with the reason and the place, `UnknownContractError` for a name that the catalogue lacks.
    """
    try:
        if name is None:
            name = _peek.decode(raw).type
        event = decoder_for(name).decode(raw)
    except UnknownContractError:
        raise
    except msgspec.MsgspecError as problem:
        raise ContractError(f"{name or 'event'}: {problem}") from problem
    if event.type != name:
        raise ContractError(f"{name}: the event says its type is {event.type!r}")
    return event


def payload(event: AnyEvent) -> Message:
    """Return the typed payload."""
    data: Message = event.data
    return data
