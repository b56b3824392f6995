"""The JSON Schema (2020-12) of every event, made from its class and frozen beside the code.

Schemas are closed (`additionalProperties: false`): that is what a registry needs to judge compatibility. Readers are not:
they pass over fields that they do not know.
"""

import re
from pathlib import Path
from typing import Any

import msgspec

from reptidex.streams.contract import Event
from reptidex.streams.described import field_docs

FOLDER = Path(__file__).resolve().parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FILE = re.compile(r"(?P<name>[a-z0-9.]+)\.v(?P<version>[0-9]+)\.json")
Schema = dict[str, Any]


def schema_of(cls: type[Event]) -> Schema:
    """Return the closed schema of an event's payload, with the description of each field."""
    made = msgspec.json.schema(cls)
    definitions: dict[str, Schema] = made["$defs"]
    described = {cls.__name__: cls} | {kind.__name__: kind for kind in _structs(msgspec.inspect.type_info(cls))}
    for name, definition in definitions.items():
        definition["additionalProperties"] = False
        for field, text in field_docs(described[name]).items():
            definition["properties"][field]["description"] = text
    contract = cls.contract
    head = {"$schema": DIALECT, "$id": contract.schema, "title": contract.name}
    schema = head | {"x-service": f"repti-{contract.service}", "x-key": contract.key} | made
    plain: Schema = msgspec.json.decode(msgspec.json.encode(schema))  # defaults are tuples until then
    return plain


def path_of(cls: type[Event], folder: Path = FOLDER) -> Path:
    """Return the file with the frozen schema of an event's present version."""
    return folder / f"{cls.contract.name}.v{cls.contract.version}.json"


def frozen(folder: Path = FOLDER) -> dict[tuple[str, int], Schema]:
    """Return all frozen schemas by event name and version."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        if part := _FILE.fullmatch(path.name):
            found[part["name"], int(part["version"])] = msgspec.json.decode(path.read_bytes())
    return found


def text_of(schema: Schema) -> str:
    """Write a schema as its file holds it."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _structs(kind: Any) -> dict[type[msgspec.Struct], None]:
    """Return the struct types that a type is made of."""
    found: dict[type[msgspec.Struct], None] = {}
    if isinstance(kind, msgspec.inspect.StructType):
        found[kind.cls] = None
        for field in kind.fields:
            found |= _structs(field.type)
    for name in ("type", "item_type", "types", "item_types"):
        inner = getattr(kind, name, ())
        for part in inner if isinstance(inner, tuple) else (inner,):
            found |= _structs(part)
    return found
