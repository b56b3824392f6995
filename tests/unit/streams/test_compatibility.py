"""The judge of schema changes finds a break wherever it is hidden, and cries wolf nowhere."""

import contextlib
import copy
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta, Struct, defstruct

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


class Empty(Struct):
    pass


class One(Struct):
    a: int


class Two(Struct):
    a: int
    b: int = 0


class Tagged(Struct, tag="x"):
    a: int


TYPES: list[Any] = [
    int, float, str, bool, bytes, None, Any, date, Decimal, UUID, int | None, str | None, int | str, list[int],
    list[str], list[Any], list, list[int] | None, set[int], tuple[int, ...], tuple[int, int], tuple[int, str],
    tuple[int, int, int], dict[str, int], dict[str, str], dict[str, Any], dict,
    dict[Annotated[str, Meta(max_length=1)], int], Literal["a"], Literal["a", "b"], Literal[1], Literal[1, 2],
    Literal["a"] | None, One, Two, Empty, One | None, Tagged, list[One], list[Two], dict[str, One],
    Annotated[int, Meta(ge=0)], Annotated[int, Meta(gt=0)], Annotated[int, Meta(le=5)],
    Annotated[int, Meta(multiple_of=5)], Annotated[int, Meta(multiple_of=10)],
    Annotated[str, Meta(min_length=2)], Annotated[str, Meta(max_length=2)], Annotated[str, Meta(pattern="^a")],
    Annotated[list[int], Meta(max_length=1)], Annotated[list[int], Meta(min_length=1)],
    Annotated[dict[str, int], Meta(min_length=1)], Annotated[dict[str, int], Meta(max_length=1)],
    Annotated[datetime, Meta(tz=True)],
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, 1, 2, 5, 6, 10, -1, 1.5, "", "a", "b", "ab", "abc", "bbb", "YWFh", "1.5", "2026-01-01",
    "2026-01-01T00:00:00", "2026-01-01T00:00:00Z", "12:00:00", "11111111-0000-7000-8000-000000000001", [], [1],
    [1, 2], [1, 1], [1, "a"], ["a"], [1, 2, 3], [None], [{"a": 1}], [[1]], {}, {"a": 1}, {"b": 1},
    {"a": 1, "b": 2}, {"a": "x"}, {"a": None}, {"a": 1, "b": "x"}, {"aa": 1}, {"x": {"a": 1}},
    {"type": "x", "a": 1},
]  # fmt: skip


def planted(kind: Any) -> Any:
    return defstruct("Planted", [("id", str), ("field", kind)], namespace={"__module__": __name__})


def written(kind: Any) -> list[bytes]:
    """Return what writers of a type may have written."""
    found = []
    for value in VALUES:
        with contextlib.suppress(msgspec.MsgspecError):
            found.append(msgspec.json.encode(msgspec.json.decode(msgspec.json.encode(value), type=kind)))
    return found


def takes(kind: Any, raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw, type=kind)
    except msgspec.MsgspecError:
        return False
    return True


@pytest.mark.parametrize("old", TYPES, ids=str)
def test_what_is_no_break_reads_all_that_was_written_before(old: Any) -> None:
    before = msgspec.json.schema(planted(old))
    for new in TYPES:
        found = breaks(before, msgspec.json.schema(planted(new)))
        lost = [value for value in written(old) if not takes(new, value)]
        assert found or not lost, f"{old} to {new} loses {lost}"
        assert not (found and old is new), f"{old} to itself: {found}"


@pytest.mark.parametrize(
    ("old", "new"), [(One, dict[str, Any]), (One, dict), (One, dict[str, int]), (Two, dict), (dict[str, int], Two)]
)
def test_fields_that_readers_rely_on_do_not_become_a_dictionary(old: Any, new: Any) -> None:
    assert breaks(msgspec.json.schema(planted(old)), msgspec.json.schema(planted(new))) != []
