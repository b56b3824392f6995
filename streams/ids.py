"""Where the ids of a value lie, as its type says: the decoder checks no more of an id than its length (`values.Id`)."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import UNSET, inspect

Paths = tuple[tuple[str, ...], ...]
"""Each the names of fields from the outside in; `[]` stands for every item of a list."""


@cache
def id_paths(kind: Any) -> Paths:
    """Return the paths to everything that is an id in values of a type."""
    return tuple(_find(inspect.type_info(kind), (), ()))


def _find(kind: inspect.Type, path: tuple[str, ...], within: tuple[type, ...]) -> Iterator[tuple[str, ...]]:
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            if (extra or {}).get("format") == "uuid":
                yield path
            else:
                yield from _find(inner, path, within)
        case inspect.StructType(cls=cls, fields=fields):
            for field in fields if cls not in within else ():
                yield from _find(field.type, (*path, field.name), (*within, cls))
        case inspect.CollectionType(item_type=item):
            yield from _find(item, (*path, "[]"), within)
        case inspect.UnionType(types=types):
            for member in types:
                yield from _find(member, path, within)


def values_at(
    value: Any, path: tuple[str, ...], place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield what lies at a path, each with its place: names of fields, and numbers of items. What is left out is passed over."""
    if value is None or value is UNSET:
        return
    if not path:
        yield place, value
    elif path[0] == "[]":
        for number, item in enumerate(value):
            yield from values_at(item, path[1:], (*place, number))
    else:
        # One of several structs may lie here, and only some of them have the field.
        yield from values_at(getattr(value, path[0], None), path[1:], (*place, path[0]))
