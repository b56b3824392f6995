"""Many who guess at one account are slowed down, whoever they are and whether it exists."""

import asyncio
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from reptidex.domain.attempts import FAILURES
from reptidex.tables.core.attempts import Attempts
from reptidex.tables.query import select
from tests.unit.core.conftest import PASSWORD, Stand


async def guess(stand: Stand, email: str, times: int) -> list[int]:
    return [(await stand.login(email, "a wrong password"))[0] for _ in range(times)]


@pytest.mark.parametrize("email", ["sam@example.com", "nobody@example.com"])
async def test_guesses_at_an_address_are_limited_whether_it_has_an_account_or_not(stand: Stand, email: str) -> None:
    await stand.join("sam@example.com")

    assert await guess(stand, email, FAILURES + 2) == [401] * FAILURES + [429, 429]


async def test_the_refusal_says_when_to_come_back(stand: Stand) -> None:
    await stand.join("sam@example.com")
    await guess(stand, "sam@example.com", FAILURES)
    body = {"email": "sam@example.com", "password": PASSWORD}
    async with stand.session.post(f"{stand.url}/auth/login", json=body) as answer:
        problem: Any = await answer.json()
        wait = int(answer.headers["Retry-After"])

    assert (answer.status, problem["title"], problem["retry_after"]) == (429, "Too many failed attempts", wait)
    assert 0 < wait <= 90
    stand.harness.now += timedelta(seconds=wait)
    assert (await stand.login("sam@example.com"))[0] == 200


async def test_another_account_is_none_of_its_business(stand: Stand) -> None:
    await stand.join("sam@example.com")
    await stand.join("bea@example.com", "Bea")
    await guess(stand, "sam@example.com", FAILURES + 1)

    assert (await stand.login("bea@example.com"))[0] == 200


async def test_signing_in_rightly_costs_nothing(stand: Stand) -> None:
    await stand.join("sam@example.com")

    assert {(await stand.login("sam@example.com"))[0] for _ in range(FAILURES * 2)} == {200}


async def test_an_account_that_is_not_confirmed_counts_no_right_password(stand: Stand) -> None:
    await stand.register("sam@example.com")

    assert {(await stand.login("sam@example.com"))[0] for _ in range(FAILURES * 2)} == {403}


async def test_a_password_that_is_proved_by_other_means_is_limited_with_it(stand: Stand) -> None:
    tokens = await stand.sign_in("sam@example.com")
    body = {"current_password": "a wrong password", "password": "nine calm tortoises read 17 maps"}
    found = [
        (await stand.call("PUT", "/auth/password", body=body, token=tokens["access_token"]))[0] for _ in range(FAILURES)
    ]

    assert found == [401] * FAILURES
    assert (await stand.login("sam@example.com"))[0] == 429


async def test_two_workers_count_as_one(stand: Stand, another: Stand) -> None:
    await stand.join("sam@example.com")
    half = FAILURES // 2

    assert await guess(stand, "sam@example.com", half) == [401] * half
    assert await guess(another, "sam@example.com", half + 1) == [401] * half + [429]
    assert (await stand.login("sam@example.com"))[0] == 429


async def test_guesses_at_once_are_not_all_judged(stand: Stand, another: Stand) -> None:
    await stand.join("sam@example.com")
    workers = [stand, another] * FAILURES
    found = await asyncio.gather(*[guess(worker, "sam@example.com", 1) for worker in workers])

    assert sorted(found) == [[401]] * FAILURES + [[429]] * FAILURES


async def test_what_was_counted_is_forgotten_when_the_share_is_whole_again(stand: Stand) -> None:
    await stand.join("sam@example.com")
    await guess(stand, "sam@example.com", 3)
    [counted] = await stand.harness.find(select(Attempts))
    await stand.harness.advance(to=counted.whole_at)

    assert await stand.harness.find(select(Attempts)) == []


async def test_a_guess_that_is_repeated_under_its_key_is_counted_as_well(stand: Stand) -> None:
    # What a code is worth changes twice a minute: the same guess again is another guess.
    tokens = await stand.sign_in("sam@example.com")
    _, enrolled = await stand.post("/auth/mfa/enroll", token=tokens["access_token"])
    code = {"code": pyotp.TOTP(enrolled["secret"]).at(stand.harness.now)}
    await stand.post("/auth/mfa/confirm", code, token=tokens["access_token"])
    body = {"email": "sam@example.com", "password": PASSWORD, "code": "000000"}

    found = [(await stand.post("/auth/login", body, Idempotency_Key="a-guess"))[0] for _ in range(FAILURES + 2)]

    assert found == [401] * FAILURES + [429, 429]
