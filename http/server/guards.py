"""Values that pass JSON and msgspec but that no database takes, and ids that are none.

Without these checks a client could provoke a 500, or have one of our services ask another for a path of the client's choice.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from reptidex.domain.storable import fault_of
from reptidex.http.server.refusals import ShapeError
from reptidex.streams.ids import id_paths, values_at

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
SUSPICIOUS = re.compile(rb"\\u0000|[0-9]{19}")
"""Only a body in which this is found, or whose type has moments, is walked."""


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, msgspec.Struct):
        yield from zip(
            value.__struct_encode_fields__, (getattr(value, name) for name in value.__struct_fields__), strict=True
        )
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key), item
            if isinstance(key, str) and "\x00" in key:
                yield "", key
    elif isinstance(value, list | tuple | set | frozenset):
        for place, item in enumerate(value):
            yield str(place), item


def check_values(value: Any, within: str, pointer: str = "") -> None:
    """Check a decoded value all the way down. Raises `ShapeError` with the place."""
    fault = fault_of(value)
    if fault:
        raise ShapeError(fault, pointer, within)
    for name, child in _children(value):
        check_values(child, within, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")


def has_moments(kind: Any) -> bool:
    """Tell whether a type has a `datetime` anywhere inside."""
    return _has_moments(inspect.type_info(kind), ())


def _has_moments(kind: inspect.Type, within: tuple[type, ...]) -> bool:
    match kind:
        case inspect.DateTimeType():
            return True
        case inspect.Metadata(type=inner):
            return _has_moments(inner, within)
        case inspect.StructType(cls=cls, fields=fields) if cls not in within:
            inside = [field.type for field in fields]
            return any(_has_moments(each, (*within, cls)) for each in inside)
        case inspect.CollectionType(item_type=item):
            return _has_moments(item, within)
        case inspect.TupleType(item_types=types) | inspect.UnionType(types=types):
            return any(_has_moments(each, within) for each in types)
        case inspect.DictType(key_type=key, value_type=value):
            return _has_moments(key, within) or _has_moments(value, within)
    return False


class IdGuard:
    """Checks the ids of one type of value: bodies and queries name things of ours by UUIDs in lower case, as paths do."""

    def __init__(self, kind: Any) -> None:
        self._paths = id_paths(kind)

    def check(self, value: Any, within: str) -> None:
        """Check every id of a value. Raises `ShapeError` with the place."""
        for path in self._paths:
            for place, text in values_at(value, path):
                if not UUID.fullmatch(text):
                    raise ShapeError("Expected a UUID in lower case", "".join(f"/{step}" for step in place), within)
