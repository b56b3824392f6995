"""An app begins a sign-in elsewhere in the person's browser, and is led back with a code that only it can exchange."""

import html
import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyotp
import pytest

from reptidex.connectors.identity.outside import challenge_of
from reptidex.domain.returns import is_registered, is_return_address
from reptidex.errors import SettingsError
from reptidex.services.core import returns_of
from reptidex.settings import Settings
from reptidex.tables.core.people import Identity, Session
from reptidex.tables.query import select
from tests.unit.core.conftest import APP, Stand
from tests.unit.core.test_outside import Provider, begin, begin_linking, google

__all__ = ["google"]

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class App:
    """An app that keeps its verifier, and the person's browser, which keeps cookies."""

    def __init__(self, stand: Stand, google: Provider, return_to: str = APP) -> None:
        self.stand, self.google, self.return_to = stand, google, return_to
        self.verifier = secrets.token_urlsafe(32)

    async def there_and_back(self, code: str = "good", **more: str) -> dict[str, str]:
        """Sign in at the provider, and return what the app is told."""
        query = f"?return_to={self.return_to}&code_challenge={challenge_of(self.verifier)}"
        state, cookie = await begin(self.stand, self.google, query + "".join(f"&{k}={v}" for k, v in more.items()))
        status, where, page = await back(self.stand, state, cookie, code)
        if not where:  # the person has to say so first
            [where] = re.findall('<a href="([^"]*)">Go on</a>', page)
        assert (status, where.partition("?")[0]) == (303 if self.return_to == APP else 200, self.return_to)
        return dict(parse_qsl(urlsplit(html.unescape(where)).query))

    async def exchange(self, code: str, **more: str) -> tuple[int, Any]:
        """Exchange the code."""
        body = {"code": code, "code_verifier": self.verifier, **more}
        return await self.stand.post("/auth/outside/google/token", body)


async def back(stand: Stand, state: str, cookie: str, code: str = "good") -> tuple[int, str, str]:
    """Come back from the provider at a browser; return the status, where it leads, and the page."""
    url, headers = f"{stand.url}/auth/outside/google/callback", {"Cookie": cookie, **BROWSER}
    asked = {"code": code, "state": state}
    async with stand.session.get(url, params=asked, headers=headers, allow_redirects=False) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, answer.headers.get("Location", ""), await answer.text()


@pytest.fixture
def app(stand: Stand, google: Provider) -> App:
    """An app that is registered."""
    return App(stand, google)


async def test_an_app_is_led_back_with_a_code_and_exchanges_it_once(stand: Stand, app: App) -> None:
    told = await app.there_and_back()

    status, tokens = await app.exchange(told["code"])
    again, _ = await app.exchange(told["code"])

    assert set(told) == {"code"}
    assert (status, again) == (200, 401)
    assert (await stand.get("/auth/me", token=tokens["access_token"]))[1]["email"] == "gil@example.com"
    assert len(await stand.harness.find(select(Session))) == 1


@pytest.mark.parametrize("fault", ["verifier", "provider", "late", "forged", "linking"])
async def test_a_code_is_worth_nothing_to_others_or_later(stand: Stand, app: App, fault: str) -> None:
    code = (await app.there_and_back(**({"link": "true"} if fault == "linking" else {})))["code"]
    path = "/auth/outside/google/token"
    if fault == "verifier":
        app.verifier = secrets.token_urlsafe(32)
    elif fault == "provider":
        path = "/auth/outside/github/token"
    elif fault == "late":
        await stand.harness.advance(by=timedelta(seconds=301))
    elif fault == "forged":
        code = code[:-9] + ("A" if code[-9] != "A" else "B") + code[-8:]

    status, _ = await stand.post(path, {"code": code, "code_verifier": app.verifier})

    assert status == 401
    assert await stand.harness.find(select(Session)) == []


async def test_an_app_sends_the_second_factor_with_the_code(stand: Stand, app: App) -> None:
    _, tokens = await app.exchange((await app.there_and_back())["code"])
    _, enrolled = await stand.post("/auth/mfa/enroll", token=tokens["access_token"])
    totp = pyotp.TOTP(enrolled["secret"])
    await stand.post("/auth/mfa/confirm", {"code": totp.at(stand.harness.now)}, token=tokens["access_token"])
    await stand.harness.advance(by=timedelta(minutes=1))

    code = (await app.there_and_back())["code"]
    without, problem = await app.exchange(code)
    status, _ = await app.exchange(code, mfa_code=totp.at(stand.harness.now))

    assert (without, problem["title"], status) == (401, "A second factor is needed", 200)


async def test_an_app_is_told_why_nothing_came_of_it(stand: Stand, app: App) -> None:
    off = await app.there_and_back(code="")
    refused = await app.there_and_back(code="stolen")
    await stand.join("gil@example.com")
    taken = await app.there_and_back()

    assert {each["error"] for each in (off, refused, taken)} == {"access_denied"}
    assert taken["error_description"].startswith("Link the accounts first: ")


@pytest.mark.parametrize(
    "query",
    [
        f"?return_to=https://evil.example/&code_challenge={'a' * 43}",
        f"?return_to={APP}/&code_challenge={'a' * 43}",
        f"?return_to={APP}",
        f"?return_to={APP}&code_challenge={'a' * 43}%0A",
        f"?code_challenge={'a' * 43}",
        "?link=true",
    ],
)
async def test_nobody_is_led_where_no_app_is_registered(stand: Stand, app: App, query: str) -> None:
    status, _ = await stand.get(f"/auth/outside/google{query}")

    assert status == 422


async def test_an_app_links_an_account_to_that_of_who_is_signed_in_to_it(stand: Stand, app: App) -> None:
    tokens = await stand.sign_in("gil@example.com")
    bea = await stand.sign_in("bea@example.com")
    code = (await app.there_and_back(link="true"))["code"]
    path, body = "/auth/identities/google", {"code": code, "code_verifier": app.verifier}

    nobody, _ = await stand.post(path, body)
    slipped_in, _ = await stand.post(path, body | {"code_verifier": "b" * 43}, token=bea["access_token"])
    linked, _ = await stand.post(path, body, token=tokens["access_token"])
    anothers, _ = await stand.post(path, body, token=bea["access_token"])
    status, again = await app.exchange((await app.there_and_back())["code"])

    assert (nobody, slipped_in, linked, anothers) == (401, 401, 204, 409)
    assert (status, again["user_id"]) == (200, tokens["user_id"])


async def test_an_app_on_the_persons_machine_has_its_code_once_they_say_so(
    stand: Stand, app: App, google: Provider
) -> None:
    native = App(stand, google, "http://127.0.0.1:49152/back")

    assert (await native.exchange((await native.there_and_back())["code"]))[0] == 200


async def test_a_browser_without_an_app_is_shown_a_page_and_no_token(stand: Stand, google: Provider) -> None:
    status, _, page = await back(stand, *await begin(stand, google))
    late, _, refusal = await back(stand, "no state", "")

    assert (status, late) == (200, 401)
    assert "<h1>Go back to your application</h1>" in page and "access_token" not in page
    assert "begin anew" in refusal
    assert await stand.harness.find(select(Session)) == []


async def test_a_browser_that_links_is_told_so(stand: Stand, google: Provider) -> None:
    tokens = await stand.sign_in("gil@example.com")

    status, _, page = await back(stand, *await begin_linking(stand, google, tokens))

    assert (status, "The accounts are linked" in page) == (200, True)
    assert [each.user_id for each in await stand.harness.find(select(Identity))] == [tokens["user_id"]]
    assert len(await stand.harness.find(select(Session))) == 1


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("https://app.example/back", True),
        ("https://app.example", True),
        ("com.example.app:/back", True),
        ("http://127.0.0.1/back", True),
        ("http://[::1]:8000/back", True),
        ("http://app.example/back", False),
        ("http://localhost/back", False),
        ("https://app.example/back?next=1", False),
        ("https://app.example/back#here", False),
        ("https://sam@app.example/back", False),
        ("https://app.example\\@evil.example/", False),
        ("https://app.example/back\n", False),
        ("javascript:/alert", False),
        ("//evil.example/", False),
    ],
)
def test_an_address_of_an_app_is_one_that_nobody_else_hears(address: str, right: bool) -> None:
    assert is_return_address(address) is right
    if not right:
        with pytest.raises(SettingsError):
            returns_of(Settings(sign_in_returns=(address,)))


@pytest.mark.parametrize(
    ("asked", "registered"),
    [
        ("http://127.0.0.1:1/back", True),
        ("http://127.0.0.1/back/", False),
        ("http://[::1]:1/back", False),
        ("http://127.0.0.1:1@evil.example/back", False),
        ("http://127.0.0.1:1\\evil.example/back", False),
        ("http://127.0.0.1:1/back\r\nSet-Cookie: a=b", False),
        ("https://app.example:8443/back", False),
        ("", False),
    ],
)
def test_an_address_is_registered_letter_for_letter(asked: str, registered: bool) -> None:
    assert is_registered(asked, ("http://127.0.0.1/back", "https://app.example/back")) is registered
