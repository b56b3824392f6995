"""Routes into an OpenAPI 3.1 document."""

from collections import Counter
from collections.abc import Sequence
from types import NoneType
from typing import Any

import msgspec

from reptidex import __version__
from reptidex.http.middlewares.problems import CONTENT_TYPE, Problem
from reptidex.http.server.binding import Bound
from reptidex.http.server.manifest import ServiceLike
from reptidex.http.server.openapi.operations import HEADERS, SECURITY, operation
from reptidex.http.server.routes import Raw, Stream

OPENAPI = "3.1.0"
TEMPLATE = "#/components/schemas/{name}"


class Schemas:
    """The JSON Schemas of all types that routes name, with one place for each."""

    def __init__(self, kinds: Sequence[Any]) -> None:
        distinct = list({repr(kind): kind for kind in kinds}.values())
        found, self.components = msgspec.json.schema_components(distinct, ref_template=TEMPLATE)
        self._by_kind = dict(zip(map(repr, distinct), found, strict=True))

    def of(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a type, usually a reference."""
        return self._by_kind[repr(kind)]

    def properties(self, kind: Any) -> tuple[dict[str, Any], set[str]]:
        """Return the properties of a struct and the names of those required."""
        name = self.of(kind)["$ref"].rpartition("/")[2]
        component = self.components[name]
        return component.get("properties", {}), set(component.get("required", ()))


def document(service: ServiceLike, bounds: Sequence[Bound]) -> dict[str, Any]:
    """Describe a service with these routes. Policies stand as `x-policy` at each operation."""
    kinds = [kind for bound in bounds for kind in (bound.body, bound.query, bound.answer)]
    schemas = Schemas([Problem, *(kind for kind in kinds if kind not in (NoneType, Raw, Stream, bytes))])
    paths: dict[str, dict[str, Any]] = {}
    names = Counter(bound.route.name for bound in bounds)
    for bound in bounds:
        name, tag = bound.route.name, bound.route.tag.replace(" ", "_")
        unique = name if names[name] == 1 else f"{tag}_{bound.route.method.lower()}_{name}"
        paths.setdefault(bound.route.path, {})[bound.route.method.lower()] = operation(bound, unique, schemas)
    problem = {
        "description": "A problem document (RFC 9457)",
        "content": {CONTENT_TYPE: {"schema": schemas.of(Problem)}},
    }
    challenged = {"WWW-Authenticate": {"$ref": "#/components/headers/WWW-Authenticate"}}
    queries = {schemas.of(bound.query)["$ref"].rpartition("/")[2] for bound in bounds if bound.query is not NoneType}
    return {
        "openapi": OPENAPI,
        "info": {"title": service.name, "summary": service.purpose, "version": __version__},
        "servers": [{"url": f"http://127.0.0.1:{service.port}"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(bound.route.tag for bound in bounds)],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.components.items() if name not in queries},
            "responses": {"Problem": problem, "Unauthenticated": problem | {"headers": challenged}},
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        },
    }
