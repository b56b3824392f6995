"""What a route takes, the contracts behind it take too: each body at the ends of what its schema allows.

    walk = await walk_bodies(SERVICE, harness, call, known={"species_id": BALL})
    assert walk.broken == []

A schema that lets more through than the command or the event that comes of it is a request that dies behind the answer.
The harness reads all that is said (`UnitHarness.breaches`), so the bodies have only to be sent.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

import msgspec

from reptidex.http.server.openapi import openapi_document
from reptidex.testing.harness import UnitHarness

UNBOUNDED = 3000
"""So long is what has no bound: longer than any text of a contract."""
MANY = 30
NOBODY = "0190f3a0-0000-7000-8000-00000000ffff"
"""Stands for every id that the test does not know better."""


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    body: Any
    policy: Mapping[str, Any]
    """The route's `x-policy`."""


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    taken: set[str]
    """Routes that took at least one of their bodies."""
    broken: list[str]
    """Requests that were answered 5xx, or of which something came that breaks its contract."""


Call = Callable[[Asked], Awaitable[tuple[int, Any]]]
End = Literal["largest", "smallest"]


async def walk_bodies(
    service: Any,
    harness: UnitHarness,
    call: Call,
    *,
    known: Mapping[str, Any] = {},
    leave_out: Sequence[str] = (),
    last: Sequence[str] = (),
) -> Walk:
    """Send each JSON route of a service its largest and its smallest bodies.

    `known` gives values by the name of a field or of a path's parameter, where not any of the right shape will do; what it
    gives for `METHOD /path` goes before, for that route. The ids of an answer stand for what was made, in the routes behind.
    Routes of `last` come at the end: they end what the others need.
    """
    document = openapi_document(service)
    components = document["components"]["schemas"]
    routes = [(path, method, each) for path, methods in document["paths"].items() for method, each in methods.items()]
    walk, learned = Walk(taken=set(), broken=[]), dict[str, Any]()
    for path, method, operation in sorted(routes, key=lambda route: route[0] in last):
        content = operation.get("requestBody", {}).get("content", {})
        name = f"{method.upper()} {path}"
        if "application/json" not in content or path in leave_out:
            continue
        here = {**learned, **known, **known.get(name, {})}
        place = _placed(path, operation, here)
        for group in Bodies(components, here, harness.now.date()).of(content["application/json"]["schema"]):
            for body in group:
                before = len(harness.breaches)
                status, said = await call(Asked(method.upper(), place, body, operation["x-policy"]))
                if status >= 500 or len(harness.breaches) > before:
                    walk.broken.append(f"{name}: {status} {harness.breaches[before:] or said} of {_short(body)}")
                if status >= 300:
                    continue
                learned = _ids_of(said) | learned
                walk.taken.add(name)
                if body is group[0]:
                    break  # all of it at once: the parts say nothing more
    return walk


def _placed(path: str, operation: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(known.get(parameter["name"], NOBODY)))
    return path


def _ids_of(said: Any) -> dict[str, Any]:
    """Return the ids that an answer names, those of what it holds after its own."""
    if not isinstance(said, dict):
        return {}
    own = {name: value for name, value in said.items() if name.endswith("_id") and value and isinstance(value, str)}
    held = [_ids_of(value) for value in said.values()]
    return {name: value for each in held for name, value in each.items()} | own


class Bodies:
    """The bodies at the ends of what a schema allows."""

    def __init__(self, components: Mapping[str, Any], known: Mapping[str, Any], today: date) -> None:
        self._components, self._known = components, known
        self._days = {"largest": today.isoformat(), "smallest": "0001-01-01"}

    def of(self, schema: Any) -> Iterator[list[Any]]:
        """Yield, for each end, the body with everything given, the one with what must be, and each other field beside that."""
        for each in schema.get("anyOf", [schema]):
            whole = self._resolved(each)
            ends: tuple[End, ...] = ("largest", "smallest") if whole.get("type") != "null" else ()
            for end in ends:
                found = self._value(whole, end)
                group = [found]
                if isinstance(found, dict):
                    needed = {field: found[field] for field in whole.get("required", ())}
                    group.append(needed)
                    group += [needed | {field: value} for field, value in found.items() if field not in needed]
                yield group

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        while isinstance(schema, Mapping) and "$ref" in schema:
            schema = self._components[schema["$ref"].rpartition("/")[2]]
        return schema if isinstance(schema, Mapping) else {}

    def _value(self, schema: Any, end: End, name: str = "", *, nested: bool = False) -> Any:
        if name in self._known:
            return self._known[name]
        schema = self._resolved(schema)
        choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"] or schema.get("enum", ())
        if choices:
            chosen = choices[-1 if end == "largest" else 0]
            return self._value(chosen, end, name, nested=nested) if isinstance(chosen, Mapping) else chosen
        match schema.get("type"):
            case "object":
                return self._object(schema, end, nested)
            case "array":
                # One list without bound is enough: many within many are refused for their bytes before anybody looks at them.
                many = schema.get("maxItems", 2 if nested else MANY) if end == "largest" else schema.get("minItems", 0)
                return [self._value(schema.get("items"), end, name.removesuffix("s"), nested=True)] * many
            case "integer" | "number":
                return _number(schema, end)
            case "boolean":
                return end == "largest"
        return self._text(schema, end)

    def _object(self, schema: Mapping[str, Any], end: End, nested: bool) -> dict[str, Any]:
        fields = schema.get("properties", {}).items()
        found = {field: self._value(inner, end, field, nested=nested) for field, inner in fields}
        others = schema.get("additionalProperties")
        if others and end == "largest":
            found[self._value(schema.get("propertyNames"), end)] = self._value(others, end)
        return found

    def _text(self, schema: Mapping[str, Any], end: End) -> str:
        match schema.get("format"):
            case "uuid":
                return NOBODY
            case "date":
                return self._days[end]
            case "date-time":
                return f"{self._days[end]}T00:00:00Z"
        length: int = schema.get("maxLength", UNBOUNDED) if end == "largest" else schema.get("minLength", 0)
        return "x" * length


def _number(schema: Mapping[str, Any], end: End) -> int | float:
    if end == "largest":
        largest: int | float = schema.get("maximum", schema.get("exclusiveMaximum", 2**62 + 1) - 1)
        return largest
    smallest: int | float = schema.get("minimum", schema.get("exclusiveMinimum", -(2**62) - 1) + 1)
    return smallest


def _short(body: Any) -> str:
    text = msgspec.json.encode(body).decode()
    return text if len(text) <= 400 else f"{text[:400]}… ({len(text)} characters)"
