"""What a route takes its event's contract takes too: each body as large as its schema allows, every field given.

The harness reads what is published as any reader of the log does, so what a contract does not take is told by the problem's type.
"""

from typing import Any

from reptidex.http.server.openapi import openapi_document
from reptidex.services.core import SERVICE
from reptidex.streams.commands.core import GrantAdmin
from reptidex.tables.core.people import User
from reptidex.tables.query import select
from tests.unit.core.conftest import PASSWORD, Stand

UNBOUNDED = 3000
"""So long is what has no bound: longer than any text of a contract."""
GIVEN = {
    "email": f"{'e' * 60}@example.com",
    "password": PASSWORD,
    "current_password": PASSWORD,
    "slug": "a-" * 19 + "ab",
    "website": "https://" + "w" * 192,
    "provider": "stripe",
}
"""Where not any text of the right length will do."""
LAST = ("/auth/password", "/auth/logout", "/auth/me/delete")
"""What ends the session with which the other routes are asked."""


def largest(schema: dict[str, Any], components: dict[str, Any], ids: str, name: str = "") -> Any:
    """Return a value as large as a schema allows; `ids` stands for every id."""
    if name in GIVEN:
        return GIVEN[name]
    if "$ref" in schema:
        return largest(components[schema["$ref"].rpartition("/")[2]], components, ids, name)
    if "enum" in schema:
        return schema["enum"][-1]
    if "anyOf" in schema:
        members = [each for each in schema["anyOf"] if each.get("type") != "null"]
        return largest(members[-1], components, ids, name)
    kind = schema.get("type", "any")
    if kind == "object":
        fields = schema.get("properties", {})
        return {field: largest(inner, components, ids, field) for field, inner in fields.items()}
    if kind == "array":
        return [largest(schema["items"], components, ids)] * schema.get("maxItems", 30)
    if kind in ("integer", "number"):
        return schema.get("maximum", 2**62)
    if kind == "boolean":
        return True
    if schema.get("format") == "uuid":
        return ids
    if schema.get("format") == "date-time":
        return "9999-12-31T23:59:59Z"
    return "x" * schema.get("maxLength", UNBOUNDED)


async def _administrator(stand: Stand) -> Any:
    await stand.sign_in()
    [user] = await stand.harness.find(select(User))
    await stand.harness.handle(GrantAdmin(address_hash=user.address_hash))
    _, tokens = await stand.login()
    return tokens


async def test_no_body_that_is_taken_breaks_the_contract_of_an_event(stand: Stand) -> None:
    tokens = await _administrator(stand)
    document = openapi_document(SERVICE)
    components = document["components"]["schemas"]
    calls = [(path, method, each) for path, methods in document["paths"].items() for method, each in methods.items()]
    ours = {"{vivarium_id}": tokens["vivarium_id"], "{user_id}": tokens["user_id"]}
    taken, broken = 0, list[str]()
    for path, method, operation in sorted(calls, key=lambda each: each[0] in LAST):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content or path.startswith("/events/"):
            continue
        services = operation["x-policy"].get("services")
        token = await stand.service("repti-commerce") if services else tokens["access_token"]
        place = path
        for parameter, value in ours.items():
            place = place.replace(parameter, value)
        place = place.replace("{feature}", "a.b").replace("{setting}", "a.b").replace("{payment_id}", ours["{user_id}"])
        schema = content["application/json"]["schema"]
        status, said = await stand.call(
            method.upper(), place, largest(schema, components, ours["{user_id}"]), token=token
        )
        taken += status < 300
        if status >= 500 or (isinstance(said, dict) and "contract" in str(said.get("type"))):
            broken.append(f"{method.upper()} {path}: {said}")

    assert broken == []
    assert taken >= 10
