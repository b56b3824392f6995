"""The smallest values of a type: bodies that a route takes, so that what is tested lies behind its decoder."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from msgspec import inspect

WORDS = ("a", "aaaa", "USD", "stripe", "2026-01-01", "12345678", "0" * 64)


def sample(kind: Any, ids: Mapping[str, str]) -> Any:
    """Return a value of a type that passes its decoder. Fields named in `ids` are that; others that may be left out are."""
    return _of(inspect.type_info(kind), "", ids)


def _of(kind: inspect.Type, name: str, ids: Mapping[str, str]) -> Any:
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            return ids.get(name, str(uuid4())) if (extra or {}).get("format") == "uuid" else _of(inner, name, ids)
        case inspect.StructType(fields=fields, tag_field=tag_field, tag=tag):
            given = [field for field in fields if field.required or field.name in ids]
            values = {field.encode_name: _of(field.type, field.name, ids) for field in given}
            return values | ({tag_field: tag} if tag_field else {})
        case inspect.StrType():
            return ids.get(name) or next((word for word in WORDS if _fits(kind, word)), "a")
        case inspect.UnionType(types=types):
            return _of(next((each for each in types if not isinstance(each, inspect.NoneType)), types[0]), name, ids)
        case inspect.CollectionType(item_type=item, min_length=least):
            return [_of(item, name.removesuffix("s"), ids) for _ in range(least or 1)]
        case inspect.IntType(ge=ge, gt=gt) | inspect.FloatType(ge=ge, gt=gt):
            return ge if ge is not None else (gt + 1 if gt is not None else 1)
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.BoolType():
            return False
        case inspect.DictType():
            return {}
        case inspect.DateType():
            return "2026-01-01"
        case inspect.DateTimeType():
            return "2026-01-01T00:00:00Z"
        case _:
            return 1


def _fits(kind: inspect.StrType, word: str) -> bool:
    length = (kind.min_length or 0) <= len(word) <= (kind.max_length or 10**6)
    return length and (kind.pattern is None or re.search(kind.pattern, word) is not None)
