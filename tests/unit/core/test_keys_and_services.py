"""Tokens for services, the public keys, API keys, and what only services may ask."""

import json
from collections.abc import Sequence
from datetime import timedelta
from importlib.resources import files
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from reptidex.streams.envelope import AnyEvent
from reptidex.tables.core.vivariums import LoweredRole
from reptidex.tables.query import select
from tests.unit.core.conftest import Stand, uid


async def test_a_service_with_a_wrong_secret_gets_no_token(stand: Stand) -> None:
    status, _ = await stand.post("/auth/service-token", {"service": "repti-ops", "secret": "guessed"})
    unknown, _ = await stand.post("/auth/service-token", {"service": "repti-none", "secret": ""})

    assert (status, unknown) == (401, 401)


async def test_the_key_set_is_answered_with_an_etag_and_an_age(stand: Stand) -> None:
    url = stand.url + "/.well-known/jwks.json"
    async with stand.session.get(url) as first:
        body, etag = await first.json(content_type=None), first.headers["ETag"]
        age = first.headers["Cache-Control"]

    async with stand.session.get(url, headers={"If-None-Match": etag}) as second:
        again = second.status

    assert again == 304
    assert age == "public, max-age=300"
    assert [key["crv"] for key in body["keys"]] == ["P-256"]
    assert "d" not in body["keys"][0]


async def test_what_is_internal_is_for_services_only(stand: Stand) -> None:
    tokens = await stand.sign_in()

    user, _ = await stand.get(f"/internal/users/{tokens['user_id']}/contact", token=tokens["access_token"])
    nobody, _ = await stand.get(f"/internal/users/{tokens['user_id']}/contact")
    other, _ = await stand.get(
        f"/internal/users/{tokens['user_id']}/contact", token=await stand.service("repti-commerce")
    )

    assert (user, nobody, other) == (403, 401, 403)


async def test_entitlements_are_told_to_commerce(stand: Stand) -> None:
    made = await stand.join()

    status, found = await stand.get(
        f"/internal/vivariums/{made['vivarium_id']}/entitlements", token=await stand.service("repti-commerce")
    )

    assert status == 200
    assert (found["plan"], found["can_list_groups"], found["max_listings"]) == ("hobbyist", False, 5)


async def _key(stand: Stand, **more: Any) -> tuple[Any, Any]:
    tokens = await stand.sign_in()
    status, made = await stand.post("/auth/api-keys", {"name": "my script"} | more, token=tokens["access_token"])
    assert status == 201, made
    return tokens, made


async def test_an_api_key_is_shown_once_and_speaks_for_its_maker(stand: Stand) -> None:
    tokens, made = await _key(stand)
    ops = await stand.service("repti-ops")

    status, claims = await stand.post("/auth/api-keys/verify", {"key": made["key"]}, token=ops)
    _, listed = await stand.get("/auth/api-keys", token=tokens["access_token"])

    assert status == 200
    assert (claims["sub"], claims["via"], claims["scope"]) == (tokens["user_id"], "api_key", "read")
    assert "key" not in listed["items"][0]


async def test_a_revoked_api_key_is_worthless(stand: Stand) -> None:
    tokens, made = await _key(stand)
    ops = await stand.service("repti-ops")

    gone, _ = await stand.call("DELETE", f"/auth/api-keys/{made['key_id']}", token=tokens["access_token"])
    status, _ = await stand.post("/auth/api-keys/verify", {"key": made["key"]}, token=ops)

    assert (gone, status) == (204, 404)


async def test_a_key_with_another_secret_is_no_key(stand: Stand) -> None:
    _, made = await _key(stand)
    ops = await stand.service("repti-ops")

    status, _ = await stand.post("/auth/api-keys/verify", {"key": made["key"][:-64] + "a" * 64}, token=ops)

    assert status == 404


async def test_the_members_of_an_unknown_vivarium_are_none(stand: Stand) -> None:
    status, found = await stand.get(
        f"/internal/vivariums/{uid(99)}/members", token=await stand.service("repti-community")
    )

    assert (status, found["items"]) == (200, [])


async def test_revoked_sessions_are_listed_for_the_verifiers(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.post("/auth/logout", token=tokens["access_token"])

    _, found = await stand.get("/internal/sessions/revoked", token=await stand.service("repti-ops"))

    assert [each["session_id"] for each in found["items"]] == [tokens["session_id"]]


async def test_roles_that_were_lowered_are_listed_for_the_verifiers_for_as_long_as_tokens_live(stand: Stand) -> None:
    sam, bea = await stand.sign_in(), await stand.sign_in("bea@example.com")
    members = f"/vivariums/{sam['vivarium_id']}/members"
    body = {"user_id": bea["user_id"], "role": "keeper"}
    await stand.post(members, body, token=sam["access_token"])
    path = f"{members}/{bea['user_id']}"
    await stand.call("PUT", path, {"role": "handler"}, token=sam["access_token"])
    _, raised = await stand.get("/internal/sessions/revoked", token=await stand.service("repti-ops"))
    await stand.call("PUT", path, {"role": "keeper"}, token=sam["access_token"])
    _, lowered = await stand.get("/internal/sessions/revoked", token=await stand.service("repti-ops"))
    await stand.harness.advance(by=timedelta(minutes=16))
    _, later = await stand.get("/internal/sessions/revoked", token=await stand.service("repti-ops"))

    assert (raised["items"], later["items"]) == ([], [])
    [item] = lowered["items"]
    assert (item["session_id"], item["vivarium_id"], item["user_id"]) == ("", sam["vivarium_id"], bea["user_id"])
    assert await stand.harness.find(select(LoweredRole)) == []


class Recorder:
    """A `Publisher` that keeps what it is given."""

    def __init__(self) -> None:
        self.published: list[AnyEvent] = []

    async def publish(self, events: Sequence[AnyEvent], *, service: str) -> None:
        """Keep."""
        self.published += events


async def test_a_service_publishes_its_own_contracts_over_http_and_no_others(stand: Stand) -> None:
    recorder = Recorder()
    force_setattr(stand.ports, "publisher", recorder)
    [event, *_] = json.loads((files("reptidex.streams") / "examples/marketplace.search.performed.json").read_text())

    own, said = await stand.post("/events/publish", event, token=await stand.service("repti-commerce"))
    foreign, why = await stand.post("/events/publish", event, token=await stand.service("repti-ops"))
    broken, where = await stand.post(
        "/events/publish", event | {"data": {}}, token=await stand.service("repti-commerce")
    )

    assert (own, said["event_id"], len(recorder.published)) == (202, event["id"], 1)
    assert foreign == 422 and "is published by repti-commerce" in why["detail"]
    assert broken == 422 and "missing required field" in where["detail"]


async def test_an_event_in_binary_mode_is_the_same_event(stand: Stand) -> None:
    recorder = Recorder()
    force_setattr(stand.ports, "publisher", recorder)
    [event, *_] = _searches(1)
    data, headers = (
        json.dumps(event["data"]).encode(),
        {f"ce-{name}": str(event[name]) for name in event if name != "data"},
    )
    headers |= {"ce-rxhops": "2", "ce-rxorigin": "acme%20%E2%82%AC", "Content-Type": "application/json"}
    token = await stand.service("repti-commerce")

    async def post(body: bytes, **changed: str) -> tuple[int, Any]:
        sent = (
            headers
            | {"Authorization": f"Bearer {token}"}
            | {name.replace("_", "-"): each for name, each in changed.items()}
        )
        async with stand.session.post(f"{stand.url}/events/publish", data=body, headers=sent) as answer:
            return answer.status, await answer.json()

    assert (await post(data))[0] == 202
    await stand.post("/events/publish", event | {"rxhops": 2, "rxorigin": "acme €"}, token=token)
    binary, structured = recorder.published
    assert msgspec.json.encode(binary) == msgspec.json.encode(structured)

    refused = [
        await post(data + b'}, "id": "x"'),
        await post(data, Content_Type="text/plain"),
        await post(data, ce_id="7"),
    ]
    assert [(status, why["detail"].rpartition("at `")[2]) for status, why in refused] == [
        (422, "$.data`"), (422, "$.datacontenttype`"), (422, "$.id`"),
    ]  # fmt: skip
    assert len(recorder.published) == 2


def _searches(count: int) -> list[dict[str, Any]]:
    [event, *_] = json.loads((files("reptidex.streams") / "examples/marketplace.search.performed.json").read_text())
    return [event | {"id": uid(700 + number)} for number in range(count)]


async def test_a_batch_is_judged_event_by_event(stand: Stand) -> None:
    recorder = Recorder()
    force_setattr(stand.ports, "publisher", recorder)
    first, second, third = _searches(3)
    foreign = {**second, "type": "animal.created", "source": "/repti-animal"}
    broken = {**third, "data": {**third["data"], "results": -1}}
    token = await stand.service("repti-commerce")
    status, said = await stand.post("/events/batch", [first, foreign, broken, 7, third], token=token)

    assert (status, said["published"], said["refused"]) == (207, 2, 3)
    assert [event.id for event in recorder.published] == [first["id"], third["id"]]
    assert [each["status"] for each in said["results"]] == ["published", "refused", "refused", "refused", "published"]
    assert said["results"][2]["pointer"] == "/data/results"
    assert (said["results"][4]["event_id"], said["results"][4]["topic"]) == (
        third["id"],
        "marketplace.search.performed",
    )


async def test_a_batch_has_limits(stand: Stand) -> None:
    force_setattr(stand.ports, "publisher", Recorder())
    token = await stand.service("repti-commerce")
    none, _ = await stand.post("/events/batch", [], token=token)
    many, _ = await stand.post("/events/batch", _searches(101), token=token)
    large, _ = await stand.post("/events/batch", ["x" * 1024 * 1024], token=token)

    assert (none, many, large) == (422, 422, 413)


async def test_only_services_publish(stand: Stand) -> None:
    tokens = await stand.sign_in()
    person, _ = await stand.post("/events/batch", _searches(1), token=tokens["access_token"])
    nobody, _ = await stand.post("/events/batch", _searches(1))

    assert (person, nobody) == (403, 401)
