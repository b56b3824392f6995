"""The judge of schema changes finds a break wherever it is hidden, and cries wolf nowhere."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from reptidex.streams import catalogue
from reptidex.streams.compatibility import breaks
from reptidex.streams.schema import schema_of

SCHEMAS = {cls.contract.name: schema_of(cls) for cls in catalogue.events()}
OTHER = {
    "string": "integer",
    "integer": "string",
    "number": "string",
    "boolean": "string",
    "array": "object",
    "object": "array",
}


def objects(schema: Any) -> Iterator[tuple[str, str]]:
    """Yield every field of every object of a schema."""
    for title, definition in schema["$defs"].items():
        for name in definition["properties"]:
            yield title, name


def nested(field: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """Return a schema whose one field holds a list of objects with one field."""
    inner = {"type": "object", "properties": {"inner": field}, "required": ["inner"] if required else []}
    outer = {
        "type": "object",
        "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/Inner"}}},
        "required": [],
    }
    return {"x-key": "k", "x-service": "s", "$ref": "#/$defs/Outer", "$defs": {"Outer": outer, "Inner": inner}}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_field_removed_anywhere_in_an_event_is_found(name: str) -> None:
    for title, field in objects(SCHEMAS[name]):
        changed = copy.deepcopy(SCHEMAS[name])
        del changed["$defs"][title]["properties"][field]

        assert any(f"{field}` was removed or renamed" in one for one in breaks(SCHEMAS[name], changed))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_type_changed_anywhere_in_an_event_is_found(name: str) -> None:
    for title, field in objects(SCHEMAS[name]):
        changed = copy.deepcopy(SCHEMAS[name])
        part = changed["$defs"][title]["properties"][field]
        for choice in part.get("anyOf", [part]):
            if choice.get("type") in OTHER:
                choice["type"] = OTHER[choice["type"]]
            elif "enum" in choice:
                choice["enum"] = choice["enum"][1:]
            elif "$ref" in choice:
                del choice["$ref"]
                choice["type"] = "integer"

        assert breaks(SCHEMAS[name], changed) != [], f"{title}.{field}"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_field_added_as_required_anywhere_in_an_event_is_found(name: str) -> None:
    for title in SCHEMAS[name]["$defs"]:
        changed = copy.deepcopy(SCHEMAS[name])
        changed["$defs"][title]["properties"]["planted"] = {"type": "string"}
        changed["$defs"][title].setdefault("required", []).append("planted")

        assert any("planted` was added as a required field" in one for one in breaks(SCHEMAS[name], changed))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_field_added_as_optional_anywhere_in_an_event_is_no_break(name: str) -> None:
    changed = copy.deepcopy(SCHEMAS[name])
    for definition in changed["$defs"].values():
        definition["properties"]["planted"] = {"type": "string", "default": ""}

    assert breaks(SCHEMAS[name], changed) == []


def test_a_break_is_named_with_its_place_inside_lists_and_objects() -> None:
    (sentence,) = breaks(nested({"type": "string"}), nested({"type": "integer"}))

    assert sentence == "the type of `items[].inner` changed from 'string' to 'integer'"


def test_a_field_that_no_longer_takes_null_is_found() -> None:
    old = nested({"anyOf": [{"type": "string"}, {"type": "null"}]})

    assert breaks(old, nested({"type": "string"})) == ["`items[].inner` no longer takes what it took: null"]


def test_a_field_that_takes_null_as_well_is_no_break() -> None:
    wider = nested({"anyOf": [{"type": "string"}, {"type": "null"}]})

    assert breaks(nested({"type": "string"}), wider) == []


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        ({"maxLength": 5}, {"maxLength": 4}, True),
        ({"maxLength": 5}, {"maxLength": 6}, False),
        ({"maxLength": 5}, {}, False),
        ({}, {"maxLength": 5}, True),
        ({"minLength": 1}, {"minLength": 2}, True),
        ({"minLength": 1}, {"minLength": 0}, False),
        ({"format": "uuid"}, {}, True),
        ({"pattern": "a"}, {"pattern": "b"}, True),
        ({"description": "this"}, {"description": "that"}, False),
    ],
)
def test_bounds_may_widen_and_never_tighten(old: dict[str, Any], new: dict[str, Any], broken: bool) -> None:
    found = breaks(nested({"type": "string"} | old), nested({"type": "string"} | new))

    assert bool(found) is broken


def test_the_values_of_a_dictionary_are_looked_at() -> None:
    old = nested({"type": "object", "additionalProperties": {"type": "string"}})
    new = nested({"type": "object", "additionalProperties": {"type": "integer"}})

    assert breaks(old, new) == ["the type of `items[].inner.*` changed from 'string' to 'integer'"]


def test_the_places_of_a_tuple_are_looked_at() -> None:
    old = nested({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}], "items": False})
    new = nested({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False})

    assert breaks(old, new) == ["the type of `items[].inner[1]` changed from 'integer' to 'string'"]
