"""A second factor after a sign-in elsewhere: the providers' doubles over sockets, and a browser that keeps cookies."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import httpx
import jwt
import pyotp
import pytest
from aiohttp import web

from reptidex.connectors.identity.outside import GithubProvider, OidcProvider
from reptidex.domain.attempts import FAILURES
from reptidex.doubles.identity import CLIENT, IdentityDouble
from reptidex.doubles.web import served
from reptidex.tables.core.people import Session
from reptidex.tables.query import select
from tests.unit.core.conftest import PASSWORD, Stand
from tests.unit.core.test_outside import forged

GIL = "gil@example.com"


class Browser:
    """Somebody at a browser, who has an account at both providers."""

    def __init__(self, stand: Stand, session: aiohttp.ClientSession) -> None:
        self.stand, self.session = stand, session
        self.tokens: Any = None
        self.totp = pyotp.TOTP("A" * 32)
        self.recovery_codes: list[str] = []

    async def _there_and_back(self, form: str) -> tuple[int, Any]:
        """Fill in the provider's form, and follow its redirect to core (whose public address is not where it listens)."""
        async with self.session.post(form, data={"email": GIL, "verified": "yes"}, allow_redirects=False) as answer:
            back = answer.headers["Location"].replace(self.stand.ports.public_url, self.stand.url)
        async with self.session.get(back) as answer:
            return answer.status, await answer.json(content_type=None)

    async def sign_in(self, provider: str) -> tuple[int, Any]:
        """Sign in elsewhere, and return what the callback answers."""
        url = f"{self.stand.url}/auth/outside/{provider}"
        async with self.session.get(url, allow_redirects=False) as answer:
            return await self._there_and_back(answer.headers["Location"])

    async def challenge(self, provider: str = "google") -> str:
        """Sign in elsewhere, and return the challenge."""
        status, problem = await self.sign_in(provider)
        assert status == 401, problem
        found: str = problem["challenge"]
        return found

    async def prove(self, challenge: str, provider: str = "google", **proof: str) -> tuple[int, Any]:
        """Send a challenge with the second factor."""
        url = f"{self.stand.url}/auth/outside/{provider}/mfa"
        async with self.session.post(url, json={"challenge": challenge, **proof}) as answer:
            return answer.status, await answer.json(content_type=None)

    async def link(self, provider: str, token: str) -> tuple[int, Any]:
        """Link the account elsewhere."""
        bearer = {"Authorization": f"Bearer {token}"}
        async with self.session.post(f"{self.stand.url}/auth/outside/{provider}/link", headers=bearer) as answer:
            return await self._there_and_back((await answer.json())["url"])

    async def later(self, **by: int) -> str:
        """Let time pass, and return what the authenticator shows then."""
        await self.stand.harness.advance(by=timedelta(**by))
        return self.totp.at(self.stand.harness.now)


@pytest.fixture
async def gil(stand: Stand) -> AsyncIterator[Browser]:
    """Gil, whose account has a second factor and is linked to both providers."""
    double, outside = IdentityDouble(), stand.ports.outside

    def build(url: str) -> web.Application:
        app = web.Application()
        app.add_routes(double.routes(url))
        return app

    async with (
        served(build) as url,
        httpx.AsyncClient() as client,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        ours: Any = {"client_id": CLIENT, "client_secret": "shh", "client": client}
        # The double's clock is the machine's, not the harness's.
        assert isinstance(outside, dict)
        outside["google"] = OidcProvider("google", issuer=f"{url}/google", clock=time.time, **ours)
        outside["github"] = GithubProvider(url=f"{url}/github", api=f"{url}/github/api", **ours)
        found = Browser(stand, session)
        found.tokens = tokens = await stand.sign_in(GIL)
        for provider in outside:
            status, said = await found.link(provider, tokens["access_token"])
            assert status == 200, said
        _, enrolled = await stand.post("/auth/mfa/enroll", token=tokens["access_token"])
        found.totp = pyotp.TOTP(enrolled["secret"])
        code = found.totp.at(stand.harness.now)
        _, given = await stand.post("/auth/mfa/confirm", {"code": code}, token=tokens["access_token"])
        found.recovery_codes = given["recovery_codes"]
        await stand.harness.advance(by=timedelta(minutes=1))
        yield found


@pytest.mark.parametrize("provider", ["google", "github"])
async def test_a_code_after_the_sign_in_elsewhere_begins_the_session(stand: Stand, gil: Browser, provider: str) -> None:
    before = len(await stand.harness.find(select(Session)))
    status, problem = await gil.sign_in(provider)
    without = len(await stand.harness.find(select(Session)))
    code = await gil.later(minutes=2)

    right, tokens = await gil.prove(problem["challenge"], provider, code=code)

    assert (status, problem["title"], problem["expires_in"]) == (401, "A second factor is needed", 300)
    assert problem["type"] == "urn:reptidex:problem:second-factor-challenge"
    assert (without, right, tokens["user_id"]) == (before, 200, gil.tokens["user_id"])
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims["auth_time"] == int(stand.harness.now.timestamp()), "the moment of the second proof"
    started: Any = stand.harness.events[-1].data
    assert started.how == "mfa"


async def test_a_challenge_is_good_once(stand: Stand, gil: Browser) -> None:
    challenge = await gil.challenge()
    first, tokens = await gil.prove(challenge, code=await gil.later(seconds=30))
    told = len(stand.harness.events)

    again, _ = await gil.prove(challenge, code=await gil.later(seconds=30))
    by_paper, _ = await gil.prove(challenge, recovery_code=gil.recovery_codes[0])
    await stand.post("/auth/logout", token=tokens["access_token"])
    after_leaving, _ = await gil.prove(challenge, code=await gil.later(seconds=30))

    assert (first, again, by_paper, after_leaving) == (200, 401, 401, 401)
    assert [each.type for each in stand.harness.events[told:]] == ["auth.session.revoked"]
    unspent, _ = await gil.prove(await gil.challenge(), recovery_code=gil.recovery_codes[0])
    assert unspent == 200, "a refused challenge spends no recovery code"


async def test_a_recovery_code_does_as_well_and_once(gil: Browser) -> None:
    first, _ = await gil.prove(await gil.challenge(), recovery_code=gil.recovery_codes[0])
    second, _ = await gil.prove(await gil.challenge(), recovery_code=gil.recovery_codes[0])

    assert (first, second) == (200, 401)


async def test_a_code_that_was_used_begins_nothing_and_a_wrong_one_may_be_corrected(gil: Browser) -> None:
    code = await gil.later(seconds=0)
    spent, _ = await gil.stand.login(GIL, PASSWORD, code=code)
    challenge = await gil.challenge()

    again, _ = await gil.prove(challenge, code=code)
    wrong, _ = await gil.prove(challenge, code="000000")
    none, _ = await gil.prove(challenge)
    right, _ = await gil.prove(challenge, code=await gil.later(seconds=30))

    assert (spent, again, wrong, none, right) == (200, 401, 401, 401, 200)


async def test_a_challenge_dies_after_five_minutes(gil: Browser) -> None:
    challenge = await gil.challenge()

    late, _ = await gil.prove(challenge, code=await gil.later(seconds=301))

    assert late == 401


@pytest.mark.parametrize("fault", ["cookie", "challenge", "provider", "state", "nothing"])
async def test_a_challenge_of_another_browser_provider_or_hand_is_refused(gil: Browser, fault: str) -> None:
    challenge, code, provider = await gil.challenge(), await gil.later(seconds=0), "google"
    if fault == "cookie":
        gil.session.cookie_jar.clear()
    elif fault == "provider":
        provider = "github"
    elif fault == "state":
        url = f"{gil.stand.url}/auth/outside/google"
        async with gil.session.get(url, allow_redirects=False) as answer:
            challenge = dict(httpx.URL(answer.headers["Location"]).params)["state"]
    elif fault == "challenge":
        challenge = forged(challenge)

    status, _ = await gil.prove(challenge, provider, code=code)

    assert status == (200 if fault == "nothing" else 401)


async def test_guesses_are_counted_with_those_after_the_password(gil: Browser) -> None:
    half = FAILURES // 2
    by_password = [(await gil.stand.login(GIL, PASSWORD, code="000000"))[0] for _ in range(half)]
    challenge = await gil.challenge()
    elsewhere = [(await gil.prove(challenge, code="000000"))[0] for _ in range(FAILURES - half)]

    code = await gil.later(seconds=0)
    right, problem = await gil.prove(challenge, code=code)
    paper, _ = await gil.prove(challenge, recovery_code=gil.recovery_codes[0])

    assert {*by_password, *elsewhere} == {401}
    assert (right, paper, problem["title"]) == (429, 429, "Too many failed attempts")


async def test_whoever_turned_the_second_factor_off_meanwhile_begins_anew(gil: Browser) -> None:
    challenge = await gil.challenge()
    code = await gil.later(seconds=0)
    off, _ = await gil.stand.post("/auth/mfa/disable", {"code": code}, token=gil.tokens["access_token"])

    refused, _ = await gil.prove(challenge, code=await gil.later(seconds=30))
    anew, _ = await gil.sign_in("google")

    assert (off, refused, anew) == (204, 401, 200)


async def test_linking_another_account_asks_for_no_second_factor_again(gil: Browser) -> None:
    status, tokens = await gil.link("github", gil.tokens["access_token"])

    assert (status, tokens["user_id"]) == (200, gil.tokens["user_id"])


async def test_who_unlinks_a_provider_puts_out_whoever_came_in_by_it_and_by_the_second_factor(
    stand: Stand, gil: Browser
) -> None:
    challenge = await gil.challenge("github")
    _, intruder = await gil.prove(challenge, "github", code=await gil.later(minutes=1))
    _, by_password = await stand.login(GIL, code=await gil.later(minutes=1))

    status, _ = await stand.call("DELETE", "/auth/identities/github", token=by_password["access_token"])

    assert status == 204
    outcomes = [
        (await stand.post("/auth/refresh", {"refresh_token": each["refresh_token"]}))[0]
        for each in (intruder, by_password)
    ]
    assert outcomes == [401, 200]
