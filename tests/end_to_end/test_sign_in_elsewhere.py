"""Flow A with an account elsewhere: Google's and GitHub's sign-in over sockets, as a browser goes through it."""

import html
import re
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pyotp
import pytest
from aiohttp import web

from reptidex.connectors.identity.outside import challenge_of
from reptidex.doubles.web import served
from tests.end_to_end.conftest import Confirmed, World


class Browser:
    """Keeps cookies, and follows where it is sent."""

    def __init__(self, core: str, session: aiohttp.ClientSession) -> None:
        self._core, self._session = core, session

    async def begin(self, provider: str, **app: str) -> str:
        """Choose a provider, and return the address of its form."""
        url = f"{self._core}/auth/outside/{provider}"
        async with self._session.get(url, params=app, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"]

    async def link(self, provider: str, token: str) -> str:
        """Ask to link an account elsewhere to one's own, and return the address of the provider's form."""
        url, bearer = f"{self._core}/auth/outside/{provider}/link", {"Authorization": f"Bearer {token}"}
        async with self._session.post(url, headers=bearer) as answer:
            assert answer.status == 200, await answer.text()
            form: str = (await answer.json())["url"]
            return form

    async def fill_in(self, form: str, email: str, *, verified: bool = True) -> tuple[int, Any]:
        """Say who one is at the provider, come back to core, and return what it answers."""
        async with self._session.get(form) as page:
            assert page.status == 200 and "<form" in await page.text()
        said = {"email": email, "name": "Gil Gecko"} | ({"verified": "yes"} if verified else {})
        async with self._session.post(form, data=said) as answer:
            return answer.status, await answer.json(content_type=None)

    async def go_on(self, form: str, email: str) -> tuple[int, Any]:
        """Say who one is at the provider, and at core that the app on this machine may have it; return what it is told."""
        async with self._session.post(form, data={"email": email, "verified": "yes"}) as answer:
            [where] = re.findall('<a href="([^"]*)">Go on</a>', await answer.text())
        async with self._session.get(html.unescape(where)) as answer:
            return answer.status, await answer.json(content_type=None)

    async def prove(self, provider: str, challenge: str, **proof: str) -> tuple[int, Any]:
        """Send the challenge that core answered with the second factor."""
        url = f"{self._core}/auth/outside/{provider}/mfa"
        async with self._session.post(url, json={"challenge": challenge, **proof}) as answer:
            return answer.status, await answer.json(content_type=None)


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(world.settings.urls["core"], session)


async def mine(world: World, token: str) -> Any:
    """Return the account that a token speaks for."""
    url = f"{world.settings.urls['core']}/auth/me"
    async with world.session.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


@pytest.mark.parametrize("provider", ["google", "github"])
async def test_an_account_elsewhere_opens_a_confirmed_account_and_signs_in_to_it_again(
    world: World, browser: Browser, provider: str
) -> None:
    gil = world.visitor("Gil")
    status, first = await browser.fill_in(await browser.begin(provider), gil.email)
    _, second = await browser.fill_in(await browser.begin(provider), gil.email)

    assert status == 200
    assert second["user_id"] == first["user_id"]
    me = await mine(world, second["access_token"])
    assert (me["user_id"], me["email"]) == (first["user_id"], gil.email)

    async def created() -> Any:
        seen = [each for chain in world.watcher.by_correlation.values() for each in chain]
        return [e.event for e in seen if e.event.subject == first["user_id"] and e.event.type == "auth.user.created"]

    [event] = await world.until(created, "the account's own event")
    assert (event.data.how, event.data.email_verified) == (provider, True)
    [letter] = await world.until(gil.letters, "the welcome")
    assert "/auth/confirm" not in letter["text"]


async def test_an_address_that_has_an_account_is_linked_only_after_proof(
    world: World, browser: Browser, confirmed: Confirmed
) -> None:
    sam = await confirmed("Sam")

    status, problem = await browser.fill_in(await browser.begin("google"), sam.email)
    linked, _ = await browser.fill_in(await browser.link("google", sam.token), sam.email)
    again, tokens = await browser.fill_in(await browser.begin("google"), sam.email)

    assert (status, problem["title"]) == (409, "Link the accounts first")
    assert (linked, again, tokens["user_id"]) == (200, 200, sam.user_id)


async def test_an_address_that_the_provider_has_not_verified_opens_nothing(world: World, browser: Browser) -> None:
    gil = world.visitor("Gil")

    status, problem = await browser.fill_in(await browser.begin("github"), gil.email, verified=False)

    assert (status, problem["title"]) == (422, "A value is not acceptable")
    assert await gil.letters() == []


async def test_a_sign_in_that_was_called_off_is_refused_with_words(world: World, browser: Browser) -> None:
    status, problem = await browser.fill_in(await browser.begin("google"), "")

    assert (status, problem["detail"]) == (401, "the sign-in with google was called off")


async def test_an_app_on_the_persons_machine_is_led_back_with_a_code_for_its_tokens(
    world: World, browser: Browser
) -> None:
    verifier, gil = secrets.token_urlsafe(32), world.visitor("Gil")

    async def back(request: web.Request) -> web.Response:
        return web.json_response(dict(request.query))

    def app(_: str) -> web.Application:
        listening = web.Application()
        listening.add_routes([web.get("/signed-in", back)])
        return listening

    async with served(app) as url:
        form = await browser.begin("google", return_to=f"{url}/signed-in", code_challenge=challenge_of(verifier))
        status, told = await browser.go_on(form, gil.email)
    exchange = f"{world.settings.urls['core']}/auth/outside/google/token"
    async with world.session.post(exchange, json={"code": told["code"], "code_verifier": verifier}) as answer:
        tokens = await answer.json()

    assert (status, set(told), answer.status) == (200, {"code"}, 200)
    assert (await mine(world, tokens["access_token"]))["email"] == gil.email


async def test_an_account_with_a_second_factor_signs_in_elsewhere_with_its_code(
    world: World, browser: Browser, confirmed: Confirmed
) -> None:
    sam = await confirmed("Sam")
    linked, _ = await browser.fill_in(await browser.link("google", sam.token), sam.email)
    enrolled = await sam.call("core", "POST", "/auth/mfa/enroll")
    totp = pyotp.TOTP(enrolled["secret"])
    codes = (await sam.call("core", "POST", "/auth/mfa/confirm", {"code": totp.now()}))["recovery_codes"]

    status, problem = await browser.fill_in(await browser.begin("google"), sam.email)
    # The code of now was used: that of the next step is good as well.
    right, tokens = await browser.prove("google", problem["challenge"], code=totp.at(int(time.time()) + totp.interval))
    again, _ = await browser.prove("google", problem["challenge"], recovery_code=codes[0])

    assert (linked, status, problem["title"]) == (200, 401, "A second factor is needed")
    assert (right, again) == (200, 401)
    assert (await mine(world, tokens["access_token"]))["user_id"] == sam.user_id

    async def started() -> Any:
        seen = [each.event for chain in world.watcher.by_correlation.values() for each in chain]
        begun = [e.data for e in seen if e.type == "auth.session.started" and e.data.user_id == sam.user_id]
        return [each for each in begun if each.session_id == tokens["session_id"]]

    [event] = await world.until(started, "the session's own event")
    assert event.how == "mfa"
