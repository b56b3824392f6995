"""The form encoding of Stripe's API: `metadata[order]=…`, `expand[0]=…`, `created[gte]=…`."""

import re
from typing import Any
from urllib.parse import parse_qsl

PART = re.compile(r"\[([^\]]*)\]")


def decode(text: str) -> dict[str, Any]:
    """Decode a body or a query string; indexed and empty brackets make lists. Values stay text."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        first = name.partition("[")[0]
        _place(found, [first, *PART.findall(name)], value)
    return {name: _lists(value) for name, value in found.items()}


def _place(into: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        into = into.setdefault(part, {})
    into[path[-1] or str(len(into))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(inner) for key, inner in value.items()}
