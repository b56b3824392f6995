"""Flow A6: sessions, rotation with reuse detection, second factor, passwords."""

import asyncio
from datetime import timedelta
from typing import Any

import jwt
import pyotp
import pytest

from reptidex.domain.sessions import MOST_SESSIONS
from reptidex.streams.commands.core import StartSession
from reptidex.tables.core.people import Session, SpentToken
from reptidex.tables.query import select
from tests.unit.core.conftest import PASSWORD, Stand, uid


async def test_signing_in_gives_a_token_that_speaks_for_the_personal_vivarium(stand: Stand) -> None:
    tokens = await stand.sign_in()

    status, me = await stand.get("/auth/me", token=tokens["access_token"])

    assert status == 200
    assert (me["email"], me["role"]) == ("sam@example.com", "herpetologist")
    assert me["vivarium_id"] == me["personal_vivarium_id"] == tokens["vivarium_id"]
    assert stand.harness.events[-1].type == "auth.session.started"


async def test_an_unknown_address_and_a_wrong_password_are_answered_alike(stand: Stand) -> None:
    await stand.join()

    _, wrong = await stand.login(password="wrong password 12345")
    _, unknown = await stand.login("nobody@example.com")

    assert {k: v for k, v in wrong.items() if k != "instance"} == {k: v for k, v in unknown.items() if k != "instance"}


async def test_a_refresh_token_is_good_once_and_its_repeat_ends_the_session(stand: Stand) -> None:
    tokens = await stand.sign_in()
    first = {"refresh_token": tokens["refresh_token"]}
    status, fresh = await stand.post("/auth/refresh", first)

    again, _ = await stand.post("/auth/refresh", first)
    successor, _ = await stand.post("/auth/refresh", {"refresh_token": fresh["refresh_token"]})

    assert (status, again, successor) == (200, 401, 401)
    assert [each.type for each in stand.harness.events[-2:]] == ["auth.session.reused", "auth.session.revoked"]
    revoked: Any = stand.harness.events[-1].data
    assert revoked.reason == "reuse"


async def test_a_race_for_one_refresh_token_leaves_at_most_one_successor_and_then_none(stand: Stand) -> None:
    tokens = await stand.sign_in()
    body = {"refresh_token": tokens["refresh_token"]}

    answers = await asyncio.gather(*(stand.post("/auth/refresh", body) for _ in range(20)))

    assert sum(status == 200 for status, _ in answers) <= 1
    [session] = await stand.harness.find(select(Session))
    assert session.reason == "reuse"


async def test_a_forged_refresh_token_does_not_end_somebodys_session(stand: Stand) -> None:
    tokens = await stand.sign_in()
    forged = tokens["refresh_token"][:-64] + "0" * 64

    status, _ = await stand.post("/auth/refresh", {"refresh_token": forged})
    real, _ = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})

    assert (status, real) == (401, 200)


async def test_a_refresh_token_that_lay_idle_too_long_is_dead(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.harness.advance(by=timedelta(days=15))

    status, _ = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})

    assert status == 401


async def test_a_session_that_ran_out_is_forgotten_with_its_tokens(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})

    await stand.harness.advance(by=timedelta(days=61))

    assert await stand.harness.find(select(Session)) == []
    assert await stand.harness.find(select(SpentToken)) == []


async def test_signing_out_everywhere_ends_every_session(stand: Stand) -> None:
    one = await stand.sign_in()
    _, two = await stand.login()

    status, _ = await stand.post("/auth/logout", {"everywhere": True}, token=two["access_token"])

    assert status == 204
    assert (await stand.post("/auth/refresh", {"refresh_token": one["refresh_token"]}))[0] == 401
    assert (await stand.post("/auth/refresh", {"refresh_token": two["refresh_token"]}))[0] == 401


async def test_ending_somebody_elses_session_is_answered_as_if_there_were_none(stand: Stand) -> None:
    sam = await stand.sign_in()
    bea = await stand.sign_in("bea@example.com")

    status, _ = await stand.call("DELETE", f"/auth/sessions/{sam['session_id']}", token=bea["access_token"])

    assert status == 404


async def test_another_device_is_noticed(stand: Stand) -> None:
    await stand.sign_in()

    await stand.call(
        "POST",
        "/auth/login",
        {"email": "sam@example.com", "password": PASSWORD},
        User_Agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    )

    started: Any = stand.harness.events[-1].data
    assert (started.new_device, started.device) == (True, "Firefox on Linux")


async def _enrol(stand: Stand, token: str) -> tuple[pyotp.TOTP, list[str]]:
    _, enrolled = await stand.post("/auth/mfa/enroll", token=token)
    totp = pyotp.TOTP(enrolled["secret"])
    status, codes = await stand.post("/auth/mfa/confirm", {"code": totp.at(stand.harness.now)}, token=token)
    assert status == 200, codes
    return totp, codes["recovery_codes"]


async def test_with_a_second_factor_the_password_alone_is_not_enough(stand: Stand) -> None:
    tokens = await stand.sign_in()
    totp, _ = await _enrol(stand, tokens["access_token"])
    await stand.harness.advance(by=timedelta(minutes=1))

    without, problem = await stand.login()
    wrong, _ = await stand.login(code="000000")
    right, _ = await stand.login(code=totp.at(stand.harness.now))

    assert (without, problem["title"]) == (401, "A second factor is needed")
    assert (wrong, right) == (401, 200)
    started: Any = stand.harness.events[-1].data
    assert started.how == "mfa"


async def test_a_code_that_was_overheard_works_no_second_time(stand: Stand) -> None:
    tokens = await stand.sign_in()
    totp, _ = await _enrol(stand, tokens["access_token"])
    await stand.harness.advance(by=timedelta(minutes=1))
    code = totp.at(stand.harness.now)

    first, _ = await stand.login(code=code)
    second, _ = await stand.login(code=code)

    assert (first, second) == (200, 401)


async def test_a_recovery_code_signs_in_once(stand: Stand) -> None:
    tokens = await stand.sign_in()
    _, codes = await _enrol(stand, tokens["access_token"])

    first, _ = await stand.login(recovery_code=codes[0].upper())
    second, _ = await stand.login(recovery_code=codes[0])

    assert (first, second) == (200, 401)


async def test_a_forgotten_password_is_set_by_the_mails_link_once_and_ends_all_sessions(stand: Stand) -> None:
    tokens = await stand.sign_in()
    status, _ = await stand.post("/auth/forgot-password", {"email": "sam@example.com"})
    link = (await stand.contact(tokens["user_id"]))["reset_token"]
    body = {"token": link, "password": "a quite different 9 phrase"}

    first, _ = await stand.post("/auth/reset-password", body)
    second, _ = await stand.post("/auth/reset-password", body)

    assert (status, first, second) == (202, 200, 422)
    assert (await stand.login())[0] == 401
    assert (await stand.login(password="a quite different 9 phrase"))[0] == 200
    assert (await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]}))[0] == 401


async def test_whoever_asks_for_links_again_and_again_spoils_none(stand: Stand) -> None:
    made = await stand.join()
    links = []
    for _ in range(3):
        await stand.post("/auth/forgot-password", {"email": "sam@example.com"})
        links.append((await stand.contact(made["user_id"]))["reset_token"])
        await stand.harness.advance(by=timedelta(minutes=2))

    first, _ = await stand.post("/auth/reset-password", {"token": links[0], "password": "another 9 long phrase"})
    last, _ = await stand.post("/auth/reset-password", {"token": links[-1], "password": "another 9 long phrase"})

    assert (first, last) == (200, 422), "each is good until one was used"


async def test_a_link_that_has_died_is_not_raised_by_asking_again(stand: Stand) -> None:
    made = await stand.join()
    await stand.post("/auth/forgot-password", {"email": "sam@example.com"})
    dead = (await stand.contact(made["user_id"]))["reset_token"]
    await stand.harness.advance(by=timedelta(minutes=61))
    await stand.post("/auth/forgot-password", {"email": "sam@example.com"})

    status, _ = await stand.post("/auth/reset-password", {"token": dead, "password": "another 9 long phrase"})

    assert status == 422


async def test_a_reset_link_dies_after_an_hour(stand: Stand) -> None:
    made = await stand.join()
    await stand.post("/auth/forgot-password", {"email": "sam@example.com"})
    link = (await stand.contact(made["user_id"]))["reset_token"]
    await stand.harness.advance(by=timedelta(minutes=61))

    status, _ = await stand.post("/auth/reset-password", {"token": link, "password": "another 9 long phrase"})

    assert status == 422


async def test_changing_the_password_keeps_this_session_and_ends_the_others(stand: Stand) -> None:
    other = await stand.sign_in()
    _, mine = await stand.login()

    status, _ = await stand.call(
        "PUT",
        "/auth/password",
        {"current_password": PASSWORD, "password": "a quite different 9 phrase"},
        token=mine["access_token"],
    )

    assert status == 204
    assert (await stand.post("/auth/refresh", {"refresh_token": other["refresh_token"]}))[0] == 401
    assert (await stand.post("/auth/refresh", {"refresh_token": mine["refresh_token"]}))[0] == 200


async def test_a_repeated_sign_in_under_one_idempotency_key_gives_tokens_that_work(stand: Stand) -> None:
    await stand.join()
    body = {"email": "sam@example.com", "password": PASSWORD}
    _, first = await stand.call("POST", "/auth/login", body, Idempotency_Key="sign-in-once")

    status, fresh = await stand.post("/auth/refresh", {"refresh_token": first["refresh_token"]})

    assert status == 200, fresh


async def test_a_refreshed_token_still_says_when_the_person_signed_in(stand: Stand) -> None:
    tokens = await stand.sign_in()
    begun = int(stand.harness.now.timestamp())
    await stand.harness.advance(by=timedelta(hours=1))

    _, fresh = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    claims = jwt.decode(fresh["access_token"], options={"verify_signature": False})

    assert (claims["auth_time"], claims["iat"]) == (begun, begun + 3600)


async def test_a_session_knows_the_network_it_was_begun_in(stand: Stand) -> None:
    tokens = await stand.sign_in()
    started: Any = stand.harness.events[-1].data
    _, sessions = await stand.get("/auth/sessions", token=tokens["access_token"])

    assert started.ip_prefix == sessions["items"][0]["ip_prefix"] == "127.0.0.0/24"


@pytest.mark.parametrize("ended", ["logout", "spent"])
async def test_a_refresh_that_is_repeated_under_its_key_brings_no_session_back(stand: Stand, ended: str) -> None:
    tokens = await stand.sign_in()
    body = {"refresh_token": tokens["refresh_token"]}
    _, fresh = await stand.post("/auth/refresh", body, Idempotency_Key="refresh-once")
    again, same = await stand.post("/auth/refresh", body, Idempotency_Key="refresh-once")
    if ended == "logout":
        await stand.post("/auth/logout", token=fresh["access_token"])
    else:
        await stand.post("/auth/refresh", {"refresh_token": fresh["refresh_token"]})

    status, late = await stand.post("/auth/refresh", body, Idempotency_Key="refresh-once")

    assert (again, same["refresh_token"]) == (200, fresh["refresh_token"])
    assert (status, "access_token" in late) == (401, False)


async def test_a_sign_in_that_is_repeated_under_its_key_brings_no_session_back(stand: Stand) -> None:
    await stand.join()
    body = {"email": "sam@example.com", "password": PASSWORD}
    _, tokens = await stand.post("/auth/login", body, Idempotency_Key="sign-in-once")
    await stand.post("/auth/logout", token=tokens["access_token"])

    status, late = await stand.post("/auth/login", body, Idempotency_Key="sign-in-once")

    assert (status, "access_token" in late) == (401, False)


async def test_who_lost_the_authenticator_turns_it_off_with_a_recovery_code(stand: Stand) -> None:
    tokens = await stand.sign_in()
    _, codes = await _enrol(stand, tokens["access_token"])
    _, later = await stand.login(recovery_code=codes[0])

    spent, _ = await stand.post("/auth/mfa/disable", {"recovery_code": codes[0]}, token=later["access_token"])
    neither, _ = await stand.post("/auth/mfa/disable", {}, token=later["access_token"])
    status, _ = await stand.post("/auth/mfa/disable", {"recovery_code": codes[1]}, token=later["access_token"])

    assert (spent, neither, status) == (401, 401, 204)
    assert (await stand.login())[0] == 200


async def test_enrolling_is_repeated_under_its_keys_with_the_same_secret_and_codes(stand: Stand) -> None:
    token = (await stand.sign_in())["access_token"]
    _, enrolled = await stand.post("/auth/mfa/enroll", token=token, Idempotency_Key="enroll-once")
    _, again = await stand.post("/auth/mfa/enroll", token=token, Idempotency_Key="enroll-once")
    code = {"code": pyotp.TOTP(again["secret"]).at(stand.harness.now)}
    first, codes = await stand.post("/auth/mfa/confirm", code, token=token, Idempotency_Key="confirm-once")
    second, same = await stand.post("/auth/mfa/confirm", code, token=token, Idempotency_Key="confirm-once")

    assert enrolled == again
    assert (first, second, same) == (200, 200, codes)


async def test_a_session_that_ran_out_is_no_device_that_is_signed_in(stand: Stand) -> None:
    await stand.sign_in()
    await stand.harness.advance(by=timedelta(days=15))
    _, tokens = await stand.login()

    _, found = await stand.get("/auth/sessions", token=tokens["access_token"])

    assert [each["session_id"] for each in found["items"]] == [tokens["session_id"]]


async def test_a_person_has_so_many_sessions_and_the_one_not_seen_for_longest_makes_room(stand: Stand) -> None:
    first = await stand.sign_in()
    user = first["user_id"]
    for number in range(MOST_SESSIONS + 4):
        stand.harness.now += timedelta(seconds=1)
        await stand.harness.handle(
            StartSession(user_id=user, session_id=uid(1000 + number), token_hash=f"{number:064}")
        )
    live = await stand.harness.find(select(Session, Session.c.revoked_at.is_(None)))
    ended: Any = next(each.data for each in stand.harness.events if each.type == "auth.session.revoked")
    await stand.harness.advance(by=timedelta(hours=2))

    assert len(live) == MOST_SESSIONS
    assert ended.session_id == first["session_id"]
    assert len(await stand.harness.find(select(Session))) == MOST_SESSIONS


async def test_a_session_that_ends_just_before_its_time_is_known_as_ended_as_long_as_its_tokens_live(
    stand: Stand,
) -> None:
    tokens = await stand.sign_in()
    for _ in range(5):  # by the idle time at most, up to the last minute
        await stand.harness.advance(by=timedelta(days=11, hours=23))
        _, tokens = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    await stand.harness.advance(by=timedelta(hours=4, minutes=59))
    _, tokens = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    await stand.post("/auth/logout", token=tokens["access_token"])
    await stand.harness.advance(by=timedelta(minutes=2))

    _, ended = await stand.get("/internal/sessions/revoked", token=await stand.service("repti-community"))

    assert [each["session_id"] for each in ended["items"]] == [tokens["session_id"]]
