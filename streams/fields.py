"""The fields of a payload as a flat list for people: `amount.currency`, `lines[].price.amount`."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

Schema = Mapping[str, Any]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field, or one field of a field."""

    path: str
    type: str
    required: bool
    says: str


def fields_in(body: Schema, definitions: Mapping[str, Schema], prefix: str = "") -> Iterator[Field]:
    """Yield the fields of an object schema, each followed by those of the object that it holds.

    `definitions` has the schemas that references name by their last part.
    """
    required = body.get("required", ())
    for name, part in body["properties"].items():
        path = f"{prefix}{name}"
        yield Field(path=path, type=type_text(part), required=name in required, says=part.get("description", ""))
        held, suffix = _held(part)
        if held in definitions:
            yield from fields_in(definitions[held], definitions, f"{path}{suffix}.")


def type_text(schema: Schema) -> str:
    """Write the type of a field in a few words: `uuid`, `list of Gene`, `Money or null`."""
    if "$ref" in schema:
        return _name(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(type_text(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(member) for member in schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("prefixItems") or schema.get("items") or {}
        return " and ".join(map(type_text, items)) if isinstance(items, list) else f"list of {type_text(items)}"
    word = str(schema.get("format") or schema.get("type", "anything"))
    return word + (" (personal)" if schema.get("x-personal") else "")


def _held(schema: Schema) -> tuple[str, str]:
    """Return the name of the object that a field holds, and `[]` where it holds a list of them."""
    if "$ref" in schema:
        return _name(schema["$ref"]), ""
    for part in schema.get("anyOf", ()):
        if (found := _held(part))[0]:
            return found
    items = schema.get("items")
    return (_held(items)[0], "[]") if isinstance(items, dict) else ("", "")


def _name(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]
