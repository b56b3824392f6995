"""The sign-in double is as strict as what it stands for."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from aiohttp import web

from reptidex.connectors.identity.outside import challenge_of
from reptidex.doubles.identity import CLIENT, IdentityDouble
from reptidex.doubles.web import served

VERIFIER = "v" * 64
BACK = "http://127.0.0.1/back"


@pytest.fixture
async def url() -> AsyncIterator[str]:
    double = IdentityDouble(secret="shh")

    def build(url: str) -> web.Application:
        app = web.Application()
        app.add_routes(double.routes(url))
        return app

    async with served(build) as url:
        yield url


async def code(url: str) -> str:
    query = {
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "state": "s",
        "nonce": "n",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{url}/google/authorise?{urlencode(query)}", data={"email": "gil@example.com"}, allow_redirects=False
        ) as answer,
    ):
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


async def redeem(url: str, code: str, **changes: str) -> int:
    form = {
        "code": code,
        "client_id": CLIENT,
        "client_secret": "shh",
        "code_verifier": VERIFIER,
        "redirect_uri": BACK,
    }
    async with aiohttp.ClientSession() as session, session.post(f"{url}/google/token", data=form | changes) as answer:
        return answer.status


async def test_a_code_is_redeemed_once(url: str) -> None:
    granted = await code(url)

    assert [await redeem(url, granted), await redeem(url, granted)] == [200, 400]


@pytest.mark.parametrize("wrong", ["client_id", "client_secret", "code_verifier", "redirect_uri"])
async def test_a_code_is_redeemed_by_nobody_else(url: str, wrong: str) -> None:
    assert await redeem(url, await code(url), **{wrong: "other"}) == 400


async def test_a_sign_in_without_a_code_challenge_is_not_begun(url: str) -> None:
    query = urlencode({"client_id": CLIENT, "redirect_uri": BACK})
    async with aiohttp.ClientSession() as session, session.get(f"{url}/github/login/oauth/authorize?{query}") as answer:
        assert answer.status == 400
