"""Flow A1: an account is whole or not there, and nobody else can have its address."""

import asyncio
from typing import Any

from reptidex.domain.sessions import MAIL_EVERY
from reptidex.streams import core as events
from reptidex.tables.core.people import Address, User
from reptidex.tables.query import select
from tests.unit.core.conftest import PASSWORD, Stand


async def test_registering_publishes_the_five_events_of_the_flow(stand: Stand) -> None:
    made = await stand.register()

    assert [each.type for each in stand.harness.events] == [
        "auth.user.created",
        "profile.updated",
        "org.created",
        "org.member.added",
        "billing.subscription.created",
    ]
    created: Any = stand.harness.events[0].data
    assert (created.user_id, created.vivarium_id) == (made["user_id"], made["vivarium_id"])
    member: Any = stand.harness.events[3].data
    assert member.role == "herpetologist"


async def test_a_taken_address_is_refused_and_leaves_no_half_made_user(stand: Stand) -> None:
    await stand.register()
    before = len(stand.harness.events)

    status, problem = await stand.post(
        "/auth/register", {"email": "SAM@Example.com", "password": PASSWORD, "display_name": "Another Sam"}
    )

    assert (status, problem["title"]) == (409, "The address is taken")
    assert len(await stand.harness.find(select(User))) == 1
    assert len(stand.harness.events) == before


async def test_two_registrations_of_one_address_at_once_make_one_account(stand: Stand) -> None:
    body = {"email": "twin@example.com", "password": PASSWORD, "display_name": "Twin"}

    answers = await asyncio.gather(*(stand.post("/auth/register", body) for _ in range(4)))

    assert sorted(status for status, _ in answers) == [201, 409, 409, 409]
    assert len(await stand.harness.find(select(User))) == 1


async def test_a_weak_password_is_refused_with_the_reason(stand: Stand) -> None:
    status, problem = await stand.post(
        "/auth/register", {"email": "sam@example.com", "password": "password1", "display_name": "Sam"}
    )

    assert status == 422
    assert "common" in problem["detail"]
    assert await stand.harness.find(select(Address)) == []


async def test_neither_address_nor_password_is_ever_bare_on_the_log_or_in_a_row(stand: Stand) -> None:
    await stand.register("secret.address@example.com")

    [user] = await stand.harness.find(select(User))
    log = b"".join(repr(each).encode() for each in stand.harness.events) + repr(user).encode()
    assert b"secret.address" not in log
    assert PASSWORD.encode() not in log
    assert b"argon2" not in log


async def test_a_person_who_has_not_confirmed_is_told_so_only_after_the_right_password(stand: Stand) -> None:
    await stand.register()

    wrong, _ = await stand.login(password="not the password")
    right, problem = await stand.login()

    assert wrong == 401
    assert (right, problem["title"]) == (403, "Confirm your address first")


async def test_the_link_of_the_mail_confirms_though_others_had_it_sent_again(stand: Stand) -> None:
    made = await stand.register()
    first = (await stand.contact(made["user_id"]))["confirmation_token"]
    await stand.harness.advance(by=MAIL_EVERY)
    status, _ = await stand.post("/auth/confirm/resend", {"email": "sam@example.com"})
    second = (await stand.contact(made["user_id"]))["confirmation_token"]

    old, _ = await stand.post("/auth/confirm", {"token": first})

    assert (status, old, second) == (202, 200, first)
    assert [each.type for each in stand.harness.events].count("auth.user.updated") == 2
    assert (await stand.login())[0] == 200


async def test_resending_to_an_unknown_address_is_answered_alike_and_sends_nothing(stand: Stand) -> None:
    status, _ = await stand.post("/auth/confirm/resend", {"email": "nobody@example.com"})

    assert status == 202
    assert stand.harness.events == []


async def test_the_page_behind_the_link_confirms_nothing_by_itself(stand: Stand) -> None:
    made = await stand.register()
    token = (await stand.contact(made["user_id"]))["confirmation_token"]

    status, page = await stand.get(f"/auth/confirm?token={token}")

    assert status == 200
    assert token.encode() in page
    user = await stand.harness.get(User, made["user_id"])
    assert user is not None and user.confirmed_at is None


async def test_a_repeat_under_the_same_idempotency_key_is_the_same_account(stand: Stand) -> None:
    body = {"email": "sam@example.com", "password": PASSWORD, "display_name": "Sam"}

    first = await stand.call("POST", "/auth/register", body, Idempotency_Key="register-sam-1")
    user = (await stand.harness.find(select(User)))[0]

    assert first[0] == 201
    assert first[1]["user_id"] == user.user_id
    assert isinstance(stand.harness.events[0].data, events.AuthUserCreated)
