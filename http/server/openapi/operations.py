"""One route into an OpenAPI operation: parameters, body, answers, and who may call it."""

from http import HTTPStatus
from types import NoneType
from typing import Any, Protocol

import msgspec

from reptidex.http.server.binding import Bound
from reptidex.http.server.policy import Policy
from reptidex.http.server.routes import Raw, Stream

SECURITY: dict[str, Any] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of repti-core",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
}
HEADERS: dict[str, Any] = {
    "ETag": {"description": "Names this state of the answer; send it as If-None-Match", "schema": {"type": "string"}},
    "Link": {"description": 'The next page, rel="next" (RFC 8288)', "schema": {"type": "string"}},
    "Location": {"description": "Where the outcome is told", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}},
    "WWW-Authenticate": {
        "description": (
            'The scheme Bearer; with error="insufficient_user_authentication" and max_age where the token is good but the '
            "sign-in more seconds ago than that: sign in again, then repeat the request (RFC 9470)"
        ),
        "schema": {"type": "string"},
    },
}
_LED_ON: dict[str, Any] = {"description": "Where it goes on", "schema": {"type": "string"}}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes a repeat safe: the same key gets the same answer",
    "schema": {"type": "string", "maxLength": 257},
}


class SchemaBook(Protocol):
    """Where the schemas of types are looked up."""

    def of(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a type."""

    def properties(self, kind: Any) -> tuple[dict[str, Any], set[str]]:
        """Return the properties of a struct and the names of those required."""


def policy_of(policy: Policy) -> dict[str, Any]:
    """Describe a policy as `x-policy`."""
    if policy.anyone:
        return {"anyone": True}
    named = {
        "role": policy.role,
        "scope": policy.scope,
        "services": list(policy.services),
        "signed_in": policy.signed_in,
        "recent_sign_in": policy.recent,
    }
    return {name: value for name, value in named.items() if value}


def _parameters(bound: Bound, schemas: SchemaBook) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in bound.parameters:
        kind = {"type": "string", "format": "uuid"} if name.endswith("_id") else {"type": "string", "maxLength": 200}
        found.append({"name": name, "in": "path", "required": True, "schema": kind})
    if bound.query is not NoneType:
        properties, required = schemas.properties(bound.query)
        for name, schema in properties.items():
            found.append({"name": name, "in": "query", "required": name in required, "schema": schema})
            if "description" in schema:
                found[-1]["description"] = schema["description"]
    if bound.route.method != "GET":
        found.append(_KEY)
    return found


def _answer(bound: Bound, schemas: SchemaBook) -> dict[str, Any]:
    described: dict[str, Any] = {"description": HTTPStatus(bound.status).phrase}
    if bound.answer in (Raw, Stream):
        described["content"] = {"*/*": {}}
    elif bound.answer is not NoneType:
        described["content"] = {"application/json": {"schema": schemas.of(bound.answer)}}
    if bound.page_too:
        described["content"]["text/html"] = {}
    tagged = bound.route.method == "GET" and bound.status == 200 and bound.answer is not Stream and bound.route.kept
    names = ["ETag"] if tagged else []
    if bound.page:
        names.append("Link")
    if names:
        described["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return described


def _errors(bound: Bound) -> list[int]:
    found = {429, 500, 503, *bound.route.errors}
    policy = bound.route.policy
    if not policy.anyone:
        found |= {401, 403}
    else:
        found.add(401)
    if bound.parameters:
        found.add(404)
    if bound.query is not NoneType:
        found.add(422)
    if bound.route.method != "GET":
        found |= {400, 409, 413, 422}
        if bound.body not in (NoneType, bytes):
            found.add(415)
    return sorted(found)


def operation(bound: Bound, name: str, schemas: SchemaBook) -> dict[str, Any]:
    """Describe one route under a name that no other route of the service has."""
    route = bound.route
    responses: dict[str, Any] = {str(bound.status): _answer(bound, schemas)}
    if bound.page_too:
        responses["303"] = {"description": "A browser is led on", "headers": {"Location": _LED_ON}}
    if route.method == "GET" and bound.status == 200 and route.kept:
        responses["304"] = {"description": "Not changed"}
    if route.method != "GET":
        responses["202"] = {
            "description": "Still being worked on",
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("Location", "Retry-After")},
        }
    for status in _errors(bound):
        problem = "Unauthenticated" if status == 401 else "Problem"
        responses[str(status)] = {"$ref": f"#/components/responses/{problem}"}
    described: dict[str, Any] = {
        "operationId": name,
        "tags": [route.tag],
        "summary": bound.summary,
        "parameters": _parameters(bound, schemas),
        "responses": responses,
        "x-policy": policy_of(route.policy),
        "security": _security(route.policy),
    }
    if bound.description:
        described["description"] = bound.description
    if bound.body is bytes:
        described["requestBody"] = {"required": True, "content": {"*/*": {}}}
    elif bound.body is not NoneType:
        content = {"application/json": {"schema": schemas.of(bound.body)}}
        described["requestBody"] = {"required": not _optional(bound.body), "content": content}
    return described


def _security(policy: Policy) -> list[dict[str, list[str]]]:
    """Say what a caller shows. An API key acts in its vivarium: where a role is asked for, or nothing is."""
    found: list[dict[str, list[str]]] = [{}] if policy.anyone else []
    found.append({"token": []})
    if policy.anyone or policy.role:
        found.append({"apiKey": []})
    return found


def _optional(kind: Any) -> bool:
    try:
        msgspec.convert(None, kind)
    except msgspec.ValidationError:
        return False
    return True
