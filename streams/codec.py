"""CloudEvents to bytes and back: one typed msgspec decoder per contract."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from reptidex.errors import ContractError, UnknownContractError
from reptidex.streams.contract import Contract, Message, message_class
from reptidex.streams.envelope import AnyEvent, CloudEvent
from reptidex.streams.upcast import upcast

CONTENT_TYPE = "application/cloudevents+json"

_encoder = msgspec.json.Encoder()
_readers: dict[str | None, tuple[msgspec.json.Decoder[AnyEvent], str]] = {}
_SCHEMA = re.compile(r"(?:urn:reptidex:)?(?P<name>[a-z0-9.]+)/(?P<version>[1-9][0-9]{0,8})")

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError)
"""What the decoder raises for bad bytes: wrong JSON or types, text that is not UTF-8, nesting without end, no bytes at all."""


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
    return _reader(name)[0]


def _reader(name: str) -> tuple[msgspec.json.Decoder[AnyEvent], str]:
    reader = _readers.get(name)
    if reader is None:
        cls: Any = message_class(name)
        reader = _readers[name] = msgspec.json.Decoder(CloudEvent[cls]), cls.contract.schema
    return reader


def reader(name: str) -> tuple[Callable[[bytes], AnyEvent] | None, str]:
    """Return the bare decoder of a contract and the schema that it reads, for loops; no decoder for a name that is unknown.

    An event whose `type` and `dataschema` are not these, and bytes at which the decoder raises, are for `decode`.
    """
    try:
        decoder, schema = _reader(name)
    except UnknownContractError:
        return None, ""
    return decoder.decode, schema


def decode(raw: bytes, name: str | None = None) -> AnyEvent:
    """Read an event whose payload is checked against its contract; an older schema version is upcast first.

    `name` is the contract expected (the topic); without it the `type` inside the bytes decides.
    Raises `ContractError` with the reason and the place, `UnknownContractError` for a name that the catalogue lacks.
    """
    reader = _readers.get(name)
    if reader is not None:
        try:
            event = reader[0].decode(raw)
        except UNREADABLE:
            return _decode_with_care(raw, name)  # an old version, or the error with its words
        if event.type == name and event.dataschema == reader[1]:
            return event
    return _decode_with_care(raw, name)


def _decode_with_care(raw: bytes, name: str | None) -> AnyEvent:
    try:
        peek = _peek.decode(raw)
        name = name or peek.type
        if peek.type != name:
            raise ContractError(f"{name}: the event says its type is {peek.type!r}")
        decoder, contract = decoder_for(name), message_class(name).contract
        version = _version_of(peek.dataschema, contract)
        if version < contract.version:
            raw = _upcast(raw, contract, version)
        return decoder.decode(raw)
    except UNREADABLE as problem:
        raise ContractError(f"{name or 'event'}: {problem}") from problem


def _version_of(dataschema: str, contract: Contract) -> int:
    found = _SCHEMA.fullmatch(dataschema)
    if not found or found["name"] != contract.name:
        raise ContractError(f"{contract.name}: dataschema is {dataschema!r}; it has to read {contract.schema!r}")
    return int(found["version"])


def _upcast(raw: bytes, contract: Contract, version: int) -> bytes:
    event: dict[str, Any] = msgspec.json.decode(raw)
    data = event.get("data")
    if not isinstance(data, dict):
        raise ContractError(f"{contract.name}: data is not an object")
    return _encoder.encode(event | {"data": upcast(contract, data, version), "dataschema": contract.schema})


def payload(event: AnyEvent) -> Message:
    """Return the typed payload."""
    data: Message = event.data
    return data
