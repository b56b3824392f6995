"""Requests and answers by Kafka's own schemas, as generated into `kio`; for everything that is not a hot path."""

import dataclasses
import datetime
import io
import struct
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from kio.index import load_request_schema, load_response_schema
from kio.serial import entity_reader, entity_writer

from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import MalformedRequest

Answer = Mapping[str, Any]

_CORRELATION = struct.Struct(">i")


def decode(api_key: int, version: int, data: bytes, position: int) -> Any:
    """Return the request of `data` as the dataclass of its schema; raises MalformedRequest."""
    try:
        request, _ = _reader(api_key, version)(data, position)
    except (ValueError, KeyError, EOFError, IndexError, OverflowError, struct.error, TypeError) as error:
        raise MalformedRequest(f"request {api_key} v{version}: {type(error).__name__} {error}") from error
    return request


def encode(api_key: int, version: int, correlation: int, answer: Answer) -> bytes:
    """Return the answer with its header.

    `answer` names fields of any version of the schema: what this version lacks is left out, what is missing from
    `answer` gets the schema's default (or zero, empty, null).
    """
    schema = load_response_schema(api_key, version)
    out = io.BytesIO()
    out.write(_CORRELATION.pack(correlation))
    if schema.__header_schema__.__flexible__:
        out.write(b"\x00")
    entity_writer(schema)(out, _build(schema, answer))
    return out.getvalue()


@cache
def _reader(api_key: int, version: int) -> Callable[[bytes, int], tuple[Any, int]]:
    reader: Callable[[bytes, int], tuple[Any, int]] = entity_reader(load_request_schema(api_key, version))
    return reader


def _build(schema: Any, answer: Answer) -> Any:
    values = {}
    for name, nested, default in _fields(schema):
        if name in answer:
            value = answer[name]
            if nested is not None and isinstance(value, (list, tuple)):
                value = tuple(_build(nested, item) for item in value)
            elif isinstance(value, list):
                value = tuple(value)
            values[name] = value
        elif default is not dataclasses.MISSING:
            values[name] = default
    return schema(**values)


@cache
def _fields(schema: Any) -> list[tuple[str, Any, Any]]:
    """Return (name, schema of the elements of an array, value when absent) of each field."""
    hints = typing.get_type_hints(schema)
    return [
        (field.name, _nested(hints[field.name]), _default(field, hints[field.name]))
        for field in dataclasses.fields(schema)
    ]


def _nested(hint: Any) -> Any:
    for part in (hint, *typing.get_args(hint)):
        for inner in (part, *typing.get_args(part)):
            if dataclasses.is_dataclass(inner):
                return inner
    return None


def _default(field: "dataclasses.Field[Any]", hint: Any) -> Any:
    if field.default is not dataclasses.MISSING:
        return dataclasses.MISSING  # the schema's own default
    if type(None) in typing.get_args(hint):
        return None
    kind = str(field.metadata.get("kafka_type", ""))
    if typing.get_origin(hint) is tuple:
        return ()
    if kind.startswith("timedelta"):
        return datetime.timedelta(0)
    zeros: dict[str, Any] = {"error_code": ErrorCode.none, "string": "", "bytes": b"", "bool": False}
    return zeros.get(kind, 0)


@cache
def is_flexible(api_key: int, version: int) -> bool:
    """Tell whether this version of the request has tagged fields (KIP-482)."""
    return bool(load_request_schema(api_key, version).__flexible__)
