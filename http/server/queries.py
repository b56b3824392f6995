"""Query strings and path parameters: decoded and checked before a view sees them."""

import re
from types import NoneType
from typing import Any, NoReturn

import msgspec
from aiohttp import web

from reptidex.http.server.guards import UUID, IdGuard, check_values
from reptidex.http.server.pointers import shape_error
from reptidex.http.server.refusals import NoRouteError, ShapeError

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class QueryDecoder:
    """Decodes the query string of one route; parameters that the type does not name are passed over."""

    def __init__(self, kind: Any) -> None:
        self._kind = None if kind is NoneType else kind
        self._lists: set[str] = set()
        self._names: tuple[str, ...] = ()
        self._empty: Any = None
        if self._kind is None:
            return
        self._names = kind.__struct_encode_fields__
        self._ids = IdGuard(kind)
        for field in msgspec.structs.fields(kind):
            if _takes_list(field.type):
                self._lists.add(field.encode_name)
        if all(not field.required for field in msgspec.structs.fields(kind)):
            self._empty = kind()

    def decode(self, request: web.BaseRequest) -> Any:
        """Return the query in its type. Raises `ShapeError`."""
        if self._kind is None:
            return None
        if not request.query_string and self._empty is not None:
            return self._empty
        given: dict[str, Any] = {}
        for name, value in request.query.items():
            if name not in self._names:
                continue
            if name in self._lists:
                given.setdefault(name, []).append(value)
            elif name in given:
                raise ShapeError("Expected one value, got several", f"/{name}", "query")
            else:
                given[name] = value
        try:
            value = msgspec.convert(given, self._kind, strict=False)
        except msgspec.ValidationError as problem:
            raise shape_error(problem, "query") from None
        check_values(value, "query")
        self._ids.check(value, "query")
        return value


def _takes_list(kind: Any) -> bool:
    try:
        msgspec.convert([], kind)
    except msgspec.ValidationError as problem:
        return "length" in str(problem)
    return True


class PathDecoder:
    """Checks the path parameters of one route."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = tuple((name, name.endswith("_id")) for name in names)

    def decode(self, found: list[str]) -> dict[str, str]:
        """Return the parameters, UUIDs in lower case. Raises `NoRouteError` for a value that names nothing of ours."""
        values: dict[str, str] = {}
        for (name, is_id), value in zip(self._names, found, strict=True):
            if is_id:
                value = value.lower()
                if not UUID.fullmatch(value):
                    _refuse()
            elif len(value) > 200 or _CONTROL.search(value):
                _refuse()
            values[name] = value
        return values


def _refuse() -> NoReturn:
    raise NoRouteError
