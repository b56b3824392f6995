"""What gives lasting access to an account, or takes a lock off it, needs a sign-in of late; nothing but signing in is one."""

from datetime import timedelta
from typing import Any

import jwt
import pyotp
import pytest
from msgspec.structs import replace

from reptidex.errors import UnauthenticatedError
from reptidex.streams.commands.core import StartSession
from reptidex.tables.core.people import Session
from reptidex.tables.query import select
from tests.unit.core.conftest import Stand

KEY = {"name": "my script"}
ANEW = "urn:reptidex:problem:insufficient-user-authentication"


def signed_in_at(access_token: str) -> int:
    """Return the `auth_time` of a token."""
    claims: dict[str, Any] = jwt.decode(access_token, options={"verify_signature": False})
    moment: int = claims["auth_time"]
    return moment


async def later(stand: Stand, tokens: Any, minutes: int = 11) -> Any:
    """Let time pass, and return the tokens that keep a session signed in."""
    await stand.harness.advance(by=timedelta(minutes=minutes))
    status, refreshed = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert status == 200, refreshed
    return refreshed


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/api-keys", KEY),
        ("/auth/outside/google/link", None),
        ("/auth/mfa/enroll", None),
        ("/auth/mfa/confirm", {"code": "123456"}),
        ("/auth/mfa/disable", {"code": "123456"}),
        ("/auth/email", {"email": "sam@elsewhere.example"}),
    ],
)
async def test_a_refreshed_token_is_no_sign_in_for(stand: Stand, path: str, body: Any) -> None:
    stale = await later(stand, await stand.sign_in())
    told = len(stand.harness.events)

    status, problem = await stand.post(path, body, token=stale["access_token"])

    assert (status, problem["type"], problem["max_age"]) == (401, ANEW, 600)
    assert len(stand.harness.events) == told


async def test_signing_in_again_is_all_that_it_takes(stand: Stand) -> None:
    stale = await later(stand, await stand.sign_in())
    before, _ = await stand.post("/auth/api-keys", KEY, token=stale["access_token"])
    _, fresh = await stand.login()

    after, _ = await stand.post("/auth/api-keys", KEY, token=fresh["access_token"])

    assert (before, after) == (401, 201)


async def test_speaking_for_another_vivarium_is_no_sign_in(stand: Stand) -> None:
    tokens = await stand.sign_in()
    begun = int(stand.harness.now.timestamp())
    stale = await later(stand, tokens)

    _, switched = await stand.post("/auth/switch", {"vivarium_id": tokens["vivarium_id"]}, token=stale["access_token"])

    assert signed_in_at(switched["access_token"]) == begun


async def test_a_sign_in_with_a_second_factor_is_one(stand: Stand) -> None:
    tokens = await stand.sign_in()
    _, enrolled = await stand.post("/auth/mfa/enroll", token=tokens["access_token"])
    totp = pyotp.TOTP(enrolled["secret"])
    await stand.post("/auth/mfa/confirm", {"code": totp.at(stand.harness.now)}, token=tokens["access_token"])
    await stand.harness.advance(by=timedelta(minutes=11))

    _, fresh = await stand.login(code=totp.at(stand.harness.now))
    made, _ = await stand.post("/auth/api-keys", KEY, token=fresh["access_token"])

    assert signed_in_at(fresh["access_token"]) == int(stand.harness.now.timestamp())
    assert made == 201


async def test_a_stale_token_may_still_take_access_away(stand: Stand) -> None:
    tokens = await stand.sign_in()
    _, made = await stand.post("/auth/api-keys", KEY, token=tokens["access_token"])
    stale = await later(stand, tokens)

    revoked, _ = await stand.call("DELETE", f"/auth/api-keys/{made['key_id']}", token=stale["access_token"])
    left, _ = await stand.post("/auth/logout", {"everywhere": True}, token=stale["access_token"])

    assert (revoked, left) == (204, 204)


def continuing(tokens: Any, session_id: str, **changes: Any) -> StartSession:
    """Begin a session out of another."""
    return StartSession(
        user_id=changes.get("user_id", tokens["user_id"]),
        session_id=session_id,
        token_hash="0" * 64,
        how="google",
        continues=tokens["session_id"],
    )


async def test_a_session_out_of_another_is_as_old_and_ends_no_later(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.harness.advance(by=timedelta(minutes=9))

    await stand.harness.handle(continuing(tokens, "018f6f5e-0000-7000-8000-00000000000a"))

    first, second = await stand.harness.find(select(Session, order=("seen_at",)))
    assert second.seen_at - first.seen_at == timedelta(minutes=9)
    assert (second.started_at, second.expires_at) == (first.started_at, first.expires_at)


@pytest.mark.parametrize("fault", ["ended", "of somebody else", "unknown"])
async def test_nothing_continues_a_session_that_is(stand: Stand, fault: str) -> None:
    tokens = await stand.sign_in()
    other = await stand.join("bea@example.com", "Bea")
    if fault == "ended":
        [session] = await stand.harness.find(select(Session))
        await stand.harness.put(replace(session, revoked_at=stand.harness.now))
    changes = {"user_id": other["user_id"]} if fault == "of somebody else" else {}
    known = tokens if fault != "unknown" else tokens | {"session_id": "018f6f5e-0000-7000-8000-00000000000b"}

    with pytest.raises(UnauthenticatedError, match="has ended"):
        await stand.harness.handle(continuing(known, "018f6f5e-0000-7000-8000-00000000000a", **changes))

    assert len(await stand.harness.find(select(Session))) == 1
