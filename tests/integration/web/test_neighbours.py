"""Calls from one service to another: typed answers, our own errors, tokens, ETags, the breaker."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from reptidex.connectors.identity.remote import CoreApiKeys, fetch_from
from reptidex.connectors.services import Neighbours, calling, neighbours
from reptidex.connectors.services.refusals import RefusedError
from reptidex.errors import NotFoundError, UnavailableError
from reptidex.settings import Settings


class Animal(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for."""

    name: str


class Others:
    """Core and animal in one, with a hand on what they answer."""

    def __init__(self) -> None:
        self.seen: list[web.Request] = []
        self.tokens = 0
        self.answers: list[web.Response] = []
        self.url = ""
        self.now = 0.0

    async def token(self, request: web.Request) -> web.Response:
        assert await request.json() == {"service": "repti-commerce", "secret": "s3cret"}
        self.tokens += 1
        return web.json_response({"access_token": f"t{self.tokens}", "expires_in": 600})

    async def animal(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        if self.answers:
            return self.answers.pop(0)
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304, headers={"ETag": '"v1"'})
        return web.json_response({"name": "Kiwi"}, headers={"ETag": '"v1"'})

    async def keys(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        return web.json_response({"keys": []}, headers={"ETag": '"k"', "Cache-Control": "max-age=60"})


@pytest.fixture
async def others() -> AsyncIterator[Others]:
    found = Others()
    app = web.Application()
    app.router.add_post("/auth/service-token", found.token)
    app.router.add_get("/.well-known/jwks.json", found.keys)
    app.router.add_route("*", "/{rest:.*}", found.animal)
    async with TestServer(app) as server:
        found.url = str(server.make_url("")).rstrip("/")
        yield found


@pytest.fixture
async def ours(others: Others) -> AsyncIterator[Neighbours]:
    urls = {"core": others.url, "animal": others.url, "media": "http://127.0.0.1:1"}
    settings = Settings(urls=urls, service_secret="s3cret")
    clients = await neighbours(settings, own="commerce", clock=lambda: others.now)
    yield clients
    await clients.aclose()


def failing(status: int, times: int = 1, **problem: Any) -> list[web.Response]:
    return [web.json_response(problem, status=status) for _ in range(times)]


async def test_a_look_up_carries_our_token_and_the_requests_ids(others: Others, ours: Neighbours) -> None:
    with calling("request-1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        found = await ours.to("animal").get("/animals/1", Animal, {"deep": 1, "none": None})
    headers = others.seen[0].headers

    assert (found, others.seen[0].query_string) == (Animal(name="Kiwi"), "deep=1")
    assert (headers["Authorization"], headers["X-Request-ID"]) == ("Bearer t1", "request-1")
    assert headers["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c-")


async def test_one_token_serves_all_clients_until_shortly_before_its_end(others: Others, ours: Neighbours) -> None:
    await ours.to("animal").get("/a", Animal)
    others.now = 569.0
    await ours.to("core").get("/b", Animal)
    before = others.tokens
    others.now = 571.0
    await ours.to("animal").get("/c", Animal)

    assert (before, others.tokens) == (1, 2)


async def test_a_token_that_is_no_longer_accepted_is_renewed_at_once(others: Others, ours: Neighbours) -> None:
    others.answers = failing(401)
    found = await ours.to("animal").get("/a", Animal)

    assert (found.name, [request.headers["Authorization"] for request in others.seen]) == (
        "Kiwi",
        ["Bearer t1", "Bearer t2"],
    )


async def test_an_unchanged_answer_is_not_sent_twice(others: Others, ours: Neighbours) -> None:
    first = await ours.to("animal").get("/a", Animal)
    second = await ours.to("animal").get("/a", Animal)

    assert first is second
    assert others.seen[1].headers["If-None-Match"] == '"v1"'


async def test_a_refusal_is_told_in_the_other_services_words(others: Others, ours: Neighbours) -> None:
    others.answers = failing(422, title="No", detail="the animal is held", pointer="/animal_id")
    with pytest.raises(RefusedError) as refused:
        await ours.to("animal").post("/a", Animal(name="x"), Animal, idempotency_key="k-1")

    assert (refused.value.status, refused.value.title, str(refused.value)) == (422, "No", "the animal is held")
    assert (refused.value.pointer, RefusedError.status) == ("/animal_id", 409)
    assert others.seen[0].headers["Idempotency-Key"] == '"k-1"'


async def test_what_is_not_there_is_not_found(others: Others, ours: Neighbours) -> None:
    others.answers = failing(404, kind="animal", key="a1")
    with pytest.raises(NotFoundError) as missing:
        await ours.to("animal").get("/a", Animal)

    assert (missing.value.kind, missing.value.key) == ("animal", "a1")


async def test_a_look_up_is_tried_again_and_a_write_is_not(others: Others, ours: Neighbours) -> None:
    others.answers = failing(503, 2)
    found = await ours.to("animal").get("/a", Animal)
    others.answers = failing(503)
    with pytest.raises(UnavailableError):
        await ours.to("animal").post("/a", None, Animal)

    assert (found.name, len(others.seen)) == ("Kiwi", 4)


async def test_a_service_that_keeps_failing_is_left_alone_until_it_recovers(others: Others, ours: Neighbours) -> None:
    others.answers = failing(500, 5)
    client = ours.to("animal")
    for _ in range(7):
        with pytest.raises(UnavailableError):
            await client.post("/a", None, Animal)
    asked = len(others.seen)
    others.now = 4.0
    found = await client.post("/a", None, Animal)

    assert (asked, found.name) == (5, "Kiwi")


@pytest.mark.parametrize("body", [b"", b"{}", b"not json", b'{"name": 1}'])
async def test_an_answer_that_cannot_be_read_is_no_answer(others: Others, ours: Neighbours, body: bytes) -> None:
    others.answers = [web.Response(body=body, content_type="application/json")]
    with pytest.raises(UnavailableError):
        await ours.to("animal").post("/a", None, Animal)


async def test_nobody_at_an_address_is_no_answer(ours: Neighbours) -> None:
    with pytest.raises(UnavailableError):
        await ours.to("media").post("/a", None, Animal)


async def test_a_redirect_is_not_followed(others: Others, ours: Neighbours) -> None:
    others.answers = [web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})]
    with pytest.raises(UnavailableError):
        await ours.to("animal").post("/a", None, Animal)


async def test_cores_keys_are_fetched_with_their_etag_and_age(others: Others, ours: Neighbours) -> None:
    fetched = await fetch_from(ours.session, others.url)('"old"')

    assert (fetched.body, fetched.etag, fetched.cache_control) == (b'{"keys": []}', '"k"', "max-age=60")
    assert others.seen[0].headers["If-None-Match"] == '"old"'


async def test_an_api_key_is_asked_of_core_once_in_a_while(others: Others, ours: Neighbours) -> None:
    keys = CoreApiKeys(ours.to("core"), clock=lambda: others.now)
    claims = {"iss": "i", "aud": "a", "sub": "u1", "kind": "user", "exp": 2, "iat": 1, "via": "api_key"}
    others.answers = [web.json_response(claims), *failing(404)]
    good = [await keys("rxk_good"), await keys("rxk_good")]
    bad = [await keys("rxk_bad"), await keys("rxk_bad")]

    assert [claims.sub if claims else None for claims in good + bad] == ["u1", "u1", None, None]
    assert len(others.seen) == 2
