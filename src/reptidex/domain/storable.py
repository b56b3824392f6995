"""Values that pass JSON and every decoder, and that no database takes."""

import math
from datetime import UTC, datetime
from typing import Any

_INT64 = 1 << 63


def fault_of(value: Any) -> str:
    """Say in words why a single value cannot be stored; empty where it can. What is inside a collection is not looked at."""
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
