"""Values that pass JSON and msgspec but that no database takes, and ids that are none.

Without these checks a client could provoke a 500, or have one of our services ask another for a path of the client's choice.
"""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from reptidex.http.server.refusals import ShapeError
from reptidex.streams.ids import id_paths, values_at

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
SUSPICIOUS = re.compile(rb"\\u0000|[0-9]{19}")
"""Only a body in which this is found, or whose type has moments, is walked."""
_INT64 = 1 << 63


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


def _fault(value: Any) -> str:
    if isinstance(value, str):
        return "The character U+0000 cannot be stored" if "\x00" in value else ""
    if isinstance(value, int):
        return "" if -_INT64 <= value < _INT64 else "The number has more than 64 bits"
    if isinstance(value, float):
        return "" if math.isfinite(value) else "Expected a finite number"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return "A moment needs its time zone (RFC 3339)"
        try:
            value.astimezone(UTC)
        except OverflowError:
            return "The moment is out of range"
    return ""


def check_values(value: Any, within: str, pointer: str = "") -> None:
    """Check a decoded value all the way down. Raises `ShapeError` with the place."""
    fault = _fault(value)
    if fault:
        raise ShapeError(fault, pointer, within)
    for name, child in _children(value):
        check_values(child, within, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")


def has_moments(kind: Any) -> bool:
    """Tell whether a type has a `datetime` anywhere inside."""
    return "'date-time'" in repr(msgspec.json.schema_components([kind]))


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
