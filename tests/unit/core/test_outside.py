"""Flow A's last bad path: an account elsewhere signs in, opens an account, or is linked, and takes none over."""

import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import httpx
import jwt
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec.structs import replace

from reptidex.connectors.identity.outside import GithubProvider, OidcProvider, RefusedSignInError, challenge_of
from reptidex.errors import UnavailableError
from reptidex.tables.core.people import Identity, Session
from reptidex.tables.query import select
from tests.unit.core.conftest import PASSWORD, Stand
from tests.unit.core.test_recent_sign_in import ANEW, signed_in_at


class Provider:
    """A small OpenID provider: it signs what it is told to, and checks the code, the secret and the PKCE verifier."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.url = ""
        self.claims: dict[str, Any] = {"sub": "g-1", "email": "gil@example.com", "email_verified": True, "name": "Gil"}
        self.asked: dict[str, list[str]] = {}
        self.odd: dict[str, Any] = {}
        """By path: what is answered in place of what should be."""

    def application(self) -> web.Application:
        """Return what listens."""

        @web.middleware
        async def oddly(request: web.Request, handler: Any) -> web.StreamResponse:
            odd = request.path in self.odd
            return web.json_response(self.odd[request.path]) if odd else await handler(request)

        app = web.Application(middlewares=[oddly])
        app.router.add_get("/.well-known/openid-configuration", self.configuration)
        app.router.add_get("/keys", self.keys)
        app.router.add_post("/token", self.token)
        return app

    async def configuration(self, _: web.Request) -> web.Response:
        """Discovery."""
        places = {"authorization_endpoint": "/authorise", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return web.json_response({"issuer": self.url} | {name: self.url + path for name, path in places.items()})

    async def keys(self, _: web.Request) -> web.Response:
        """The public key."""
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return web.json_response({"keys": [jwk | {"kid": "k1", "alg": "RS256", "use": "sig"}]})

    async def token(self, request: web.Request) -> web.Response:
        """Exchange the code."""
        form = await request.post()
        right = form["code"] == "good" and form["client_secret"] == "shh"
        if not right or challenge_of(str(form["code_verifier"])) != self.asked["code_challenge"][0]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        times = {"iss": self.url, "aud": "us", "iat": now, "exp": now + 60, "nonce": self.asked["nonce"][0]}
        return web.json_response({"id_token": jwt.encode(times | self.claims, self.key, "RS256", {"kid": "k1"})})


@pytest.fixture
async def google(stand: Stand) -> AsyncIterator[Provider]:
    """Google, as far as core can tell."""
    provider = Provider()
    async with TestServer(provider.application()) as server, httpx.AsyncClient() as client:
        provider.url = str(server.make_url("")).rstrip("/")
        outside: Any = stand.ports.outside
        outside["google"] = OidcProvider(
            "google", issuer=provider.url, client_id="us", client_secret="shh", client=client, clock=time.time
        )
        yield provider


def forged(sealed: str) -> str:
    """Return a text of ours with another signature (of whose last character some bits mean nothing)."""
    text, _, signature = sealed.rpartition(".")
    return f"{text}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


async def begin(stand: Stand, google: Provider, query: str = "") -> tuple[str, str]:
    """Begin a sign-in, and return the state and the cookie."""
    url = f"{stand.url}/auth/outside/google{query}"
    async with stand.session.get(url, allow_redirects=False) as response:
        assert response.status == 302
        google.asked = parse_qs(urlsplit(response.headers["Location"]).query)
        return google.asked["state"][0], response.headers["Set-Cookie"].split(";")[0]


async def finish(stand: Stand, state: str, cookie: str, code: str = "good") -> tuple[int, Any]:
    url = f"{stand.url}/auth/outside/google/callback"
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser,
        browser.get(url, params={"code": code, "state": state}, headers={"Cookie": cookie}) as response,
    ):
        return response.status, msgspec.json.decode(await response.read())


async def test_a_first_sign_in_elsewhere_opens_a_confirmed_account_and_the_next_finds_it(
    stand: Stand, google: Provider
) -> None:
    status, first = await finish(stand, *await begin(stand, google))
    _, second = await finish(stand, *await begin(stand, google))

    assert (status, second["user_id"]) == (200, first["user_id"])
    created: Any = stand.harness.events[0].data
    assert (created.how, created.email_verified) == ("google", True)
    started: Any = stand.harness.events[-1].data
    assert started.how == "google"


async def test_an_address_that_has_an_account_is_not_taken_over(stand: Stand, google: Provider) -> None:
    await stand.join("gil@example.com")

    status, problem = await finish(stand, *await begin(stand, google))

    assert (status, problem["title"]) == (409, "Link the accounts first")


async def begin_linking(stand: Stand, google: Provider, tokens: Any) -> tuple[str, str]:
    """Begin to link while signed in, and return the state and the cookie."""
    url, bearer = f"{stand.url}/auth/outside/google/link", {"Authorization": f"Bearer {tokens['access_token']}"}
    async with stand.session.post(url, headers=bearer) as response:
        google.asked = parse_qs(urlsplit((await response.json())["url"]).query)
        return google.asked["state"][0], response.headers["Set-Cookie"].split(";")[0]


@pytest.mark.parametrize("ended", ["logout", "elsewhere", "idle"])
async def test_nothing_is_linked_once_the_session_that_began_it_has_ended(
    stand: Stand, google: Provider, ended: str
) -> None:
    tokens = await stand.sign_in("gil@example.com")
    state, cookie = await begin_linking(stand, google, tokens)
    if ended == "logout":
        await stand.post("/auth/logout", token=tokens["access_token"])
    elif ended == "elsewhere":
        [session] = await stand.harness.find(select(Session))
        _, other = await stand.login("gil@example.com")
        await stand.call("DELETE", f"/auth/sessions/{session.session_id}", token=other["access_token"])
    else:
        [session] = await stand.harness.find(select(Session))
        await stand.harness.put(replace(session, idle_until=stand.harness.now))

    status, problem = await finish(stand, state, cookie)
    unlinked, _ = await finish(stand, *await begin(stand, google))

    assert (status, problem["type"]) == (401, "urn:reptidex:problem:unauthenticated")
    assert "access_token" not in problem
    assert unlinked == 409
    assert await stand.harness.find(select(Identity)) == []


async def test_after_linking_while_signed_in_the_account_elsewhere_signs_in(stand: Stand, google: Provider) -> None:
    tokens = await stand.sign_in("gil@example.com")

    linked, after = await finish(stand, *await begin_linking(stand, google, tokens))
    status, again = await finish(stand, *await begin(stand, google))

    assert (linked, status, again["user_id"]) == (200, 200, tokens["user_id"])
    [first, second, _] = await stand.harness.find(select(Session, order=("session_id",)))
    assert (second.session_id, second.started_at) == (after["session_id"], first.started_at)


async def test_an_address_that_the_provider_has_not_verified_opens_nothing(stand: Stand, google: Provider) -> None:
    google.claims["email_verified"] = False

    status, _ = await finish(stand, *await begin(stand, google))

    assert status == 422
    assert stand.harness.events == []


@pytest.mark.parametrize("looks_like", ["\u017fam@example.com", "\uff53am@example.com"])
async def test_an_address_that_only_looks_like_anothers_opens_nothing_in_its_place(
    stand: Stand, google: Provider, looks_like: str
) -> None:
    google.claims["email"] = looks_like

    status, _ = await finish(stand, *await begin(stand, google))

    assert status == 422
    assert stand.harness.events == []


@pytest.mark.parametrize("wrong", ["cookie", "state", "code", "nonce", "audience", "issuer", "expired"])
async def test_a_sign_in_that_does_not_add_up_is_refused(stand: Stand, google: Provider, wrong: str) -> None:
    state, cookie = await begin(stand, google)
    changed: dict[str, dict[str, Any]] = {
        "nonce": {"nonce": "other"},
        "audience": {"aud": "them"},
        "issuer": {"iss": "https://evil.example"},
        "expired": {"exp": int(time.time()) - 3600},
    }
    google.claims |= changed.get(wrong, {})

    status, _ = await finish(
        stand,
        forged(state) if wrong == "state" else state,
        "rx_outside=other" if wrong == "cookie" else cookie,
        "stolen" if wrong == "code" else "good",
    )

    assert status == 401
    assert stand.harness.events == []


async def test_an_unknown_provider_is_not_found(stand: Stand) -> None:
    assert (await stand.get("/auth/outside/myspace"))[0] == 404


async def test_cookies_of_others_do_not_keep_anybody_from_signing_in(stand: Stand, google: Provider) -> None:
    state, cookie = await begin(stand, google)

    status, _ = await finish(stand, state, f"a/b=1; {cookie}; x@y=2")

    assert status == 200


@pytest.mark.parametrize(
    ("given", "shown"), [("Gil\r\nBcc: all@example.com", "Gil  Bcc: all@example.com"), ("", "Keeper")]
)
async def test_a_name_from_elsewhere_is_one_line_and_never_the_address(
    stand: Stand, google: Provider, given: str, shown: str
) -> None:
    google.claims["name"] = given

    await finish(stand, *await begin(stand, google))

    created: Any = stand.harness.events[0].data
    assert created.display_name == shown


async def test_a_sign_in_is_as_old_as_the_provider_says(stand: Stand, google: Provider) -> None:
    google.claims["auth_time"] = yesterday = int(stand.harness.now.timestamp()) - 86_400

    _, silent = await finish(stand, *await begin(stand, google))
    stale, problem = await stand.post("/auth/api-keys", {"name": "a script"}, token=silent["access_token"])
    google.claims["auth_time"] = int(stand.harness.now.timestamp())
    _, anew = await finish(stand, *await begin(stand, google, "?anew=true"))
    made, _ = await stand.post("/auth/api-keys", {"name": "a script"}, token=anew["access_token"])

    assert signed_in_at(silent["access_token"]) == yesterday
    assert (stale, problem["type"]) == (401, ANEW)
    assert made == 201
    assert (google.asked["prompt"], google.asked["max_age"]) == (["login"], ["0"])


@pytest.mark.parametrize("told", [None, "soon", True, -1, 2**60, 10**6, float("1e300")])
async def test_a_provider_that_was_asked_to_sign_somebody_in_anew_has_to_say_that_it_did(
    stand: Stand, google: Provider, told: Any
) -> None:
    google.claims["auth_time"] = told
    if told == 10**6:  # before it was asked
        google.claims["auth_time"] = int(stand.harness.now.timestamp()) - 61

    status, _ = await finish(stand, *await begin(stand, google, "?anew=true"))

    assert status == 401
    assert stand.harness.events == []


@pytest.mark.parametrize("ahead", [None, 30, 10**8])
async def test_a_sign_in_of_no_time_or_of_a_clock_ahead_is_one_of_now(
    stand: Stand, google: Provider, ahead: int | None
) -> None:
    now = int(stand.harness.now.timestamp())
    google.claims["auth_time"] = None if ahead is None else now + ahead

    _, tokens = await finish(stand, *await begin(stand, google))

    assert signed_in_at(tokens["access_token"]) == now


@pytest.mark.parametrize("answer", [None, [], {}, "no", {"issuer": "us"}, {"keys": 7}, {"id_token": 7}])
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
async def test_a_provider_that_answers_nonsense_is_no_fault_of_ours(
    stand: Stand, google: Provider, path: str, answer: Any
) -> None:
    state, cookie = "", ""
    if path == "/token":
        state, cookie = await begin(stand, google)
    google.odd[path] = answer | {"issuer": google.url} if isinstance(answer, dict) and "issuer" in answer else answer

    if path == "/token":
        status, _ = await finish(stand, state, cookie)
    else:
        status, _ = await stand.get("/auth/outside/google")

    assert status in (401, 503)


@pytest.mark.parametrize("path", ["/login/oauth/access_token", "/user", "/user/emails"])
@pytest.mark.parametrize("answer", [None, [], {}, "no", [7], {"id": None}])
async def test_github_that_answers_nonsense_is_no_fault_of_ours(path: str, answer: Any) -> None:
    usual = {"/login/oauth/access_token": {"access_token": "t"}, "/user": {"id": 7}, "/user/emails": []}

    def answers(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=(usual | {path: answer})[request.url.path])

    async with httpx.AsyncClient(transport=httpx.MockTransport(answers)) as client:
        github = GithubProvider(client_id="us", client_secret="shh", client=client)
        try:
            person = await github.person(code="c", nonce="n", verifier="v", redirect_uri="http://core.invalid/")
        except (RefusedSignInError, UnavailableError):
            return

    assert (path, answer, person.email_verified) == ("/user/emails", [], False)


async def test_github_cannot_be_asked_to_sign_anybody_in_anew(stand: Stand, google: Provider) -> None:
    async with httpx.AsyncClient() as client:
        outside: Any = stand.ports.outside
        outside["github"] = GithubProvider(client_id="us", client_secret="shh", client=client)

        status, problem = await stand.get("/auth/outside/github?anew=true")

    assert (status, problem["pointer"]) == (422, "/anew")


async def test_no_cache_keeps_tokens(stand: Stand, google: Provider) -> None:
    state, cookie = await begin(stand, google)
    url, asked = f"{stand.url}/auth/outside/google/callback", {"code": "good", "state": state}
    await stand.join()
    login = {"email": "sam@example.com", "password": PASSWORD}
    async with (
        stand.session.get(url, params=asked, headers={"Cookie": cookie}) as elsewhere,
        stand.session.post(f"{stand.url}/auth/login", json=login) as here,
    ):
        answers = [
            (answer.status, answer.headers["Cache-Control"], "ETag" in answer.headers) for answer in (elsewhere, here)
        ]

    assert answers == [(200, "no-store", False)] * 2
