"""Accounts elsewhere are seen by whose they are, and let go of again."""

from typing import Any

import pytest

from reptidex.errors import DomainError
from reptidex.streams.commands.core import RegisterUser
from reptidex.tables.core.people import Identity
from reptidex.tables.query import select
from tests.unit.core.conftest import Stand, uid
from tests.unit.core.test_outside import Provider, begin, begin_linking, finish, google

__all__ = ["google"]


async def test_who_unlinks_an_account_elsewhere_puts_out_whoever_came_in_by_it(stand: Stand, google: Provider) -> None:
    tokens = await stand.sign_in("gil@example.com")
    await finish(stand, *await begin_linking(stand, google, tokens))
    _, intruder = await finish(stand, *await begin(stand, google))
    _, linked = await stand.get("/auth/identities", token=tokens["access_token"])

    status, _ = await stand.call("DELETE", "/auth/identities/google", token=tokens["access_token"])
    again, _ = await stand.call("DELETE", "/auth/identities/google", token=tokens["access_token"])
    back, _ = await finish(stand, *await begin(stand, google))

    assert [each["provider"] for each in linked["items"]] == ["google"]
    assert (status, again, back) == (204, 404, 409)
    assert (await stand.post("/auth/refresh", {"refresh_token": intruder["refresh_token"]}))[0] == 401
    assert (await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]}))[0] == 200
    assert (await stand.get("/auth/identities", token=tokens["access_token"]))[1]["items"] == []


async def test_the_last_way_in_stays_until_there_is_a_password(stand: Stand, google: Provider) -> None:
    _, tokens = await finish(stand, *await begin(stand, google))
    path, token = "/auth/identities/google", tokens["access_token"]

    early, problem = await stand.call("DELETE", path, token=token)
    await stand.post("/auth/forgot-password", {"email": "gil@example.com"})
    link = (await stand.contact(tokens["user_id"]))["reset_token"]
    await stand.post("/auth/reset-password", {"token": link, "password": "nine calm tortoises read 17 maps"})
    late, _ = await stand.call("DELETE", path, token=token)

    assert (early, problem["title"], late) == (409, "Set a password first", 204)


async def test_others_accounts_elsewhere_are_nobodys_business(stand: Stand, google: Provider) -> None:
    await finish(stand, *await begin(stand, google))
    sam = await stand.sign_in()

    _, seen = await stand.get("/auth/identities", token=sam["access_token"])
    status, _ = await stand.call("DELETE", "/auth/identities/google", token=sam["access_token"])

    assert (seen["items"], status) == ([], 404)


async def test_an_account_elsewhere_that_was_linked_meanwhile_opens_no_other(stand: Stand, google: Provider) -> None:
    await finish(stand, *await begin(stand, google))
    [linked] = await stand.harness.find(select(Identity))
    facts: Any = {"data_key": b"k", "email_sealed": b"e", "password_sealed": b"", "display_name": "Eve", "locale": "en"}
    late = RegisterUser(
        address_hash="e" * 64,
        user_id=uid(71),
        vivarium_id=uid(72),
        subscription_id=uid(73),
        how="google",
        confirmed=True,
        identity=linked.identity,
        **facts,
    )

    with pytest.raises(DomainError):
        await stand.harness.handle(late)

    assert await stand.harness.find(select(Identity)) == [linked]
