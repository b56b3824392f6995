"""A person gets what is held of them, all of it, without secrets and without what is somebody else's."""

from datetime import timedelta
from typing import Any

import msgspec

from reptidex.http.server.own_data import PAGE
from reptidex.streams.commands.core import DeleteUser, GrantAdmin
from reptidex.streams.values import Money
from reptidex.tables.core.payments import Payment
from reptidex.tables.core.people import ApiKey, Session, SpentToken, User
from reptidex.tables.query import select
from tests.unit.core.conftest import Stand


async def own_data(stand: Stand, tokens: Any) -> Any:
    """Return what the person is given."""
    status, raw = await stand.get("/me/data", token=tokens["access_token"])
    assert status == 200, raw
    return raw if isinstance(raw, dict) else msgspec.json.decode(raw)


async def test_a_person_gets_their_account_sessions_keys_and_vivariums(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.harness.handle(GrantAdmin(address_hash=stand.ports.keyed.address_hash("sam@example.com")))
    await stand.post("/auth/api-keys", {"name": "my script"}, token=tokens["access_token"])
    await stand.post("/vivariums", {"name": "Sand & Sons"}, token=tokens["access_token"])
    await stand.post("/auth/email", {"email": "sam@elsewhere.example"}, token=tokens["access_token"])
    given = await own_data(stand, tokens)
    tables = given["tables"]

    assert given["account"] == {
        "email": "sam@example.com",
        "other_email": "sam@elsewhere.example",
        "telephone": "",
        "other_telephone": "",
        "scopes": ["admin"],
        "has_password": True,
    }
    assert [each["display_name"] for each in tables["users"]] == ["Sam Sand"]
    assert [each["session_id"] for each in tables["sessions"]] == [tokens["session_id"]]
    assert [each["name"] for each in tables["api_keys"]] == ["my script"]
    assert {each["name"] for each in tables["vivariums"]} == {"Sam Sand", "Sand & Sons"}
    assert [each["role"] for each in tables["memberships"]] == ["herpetologist"] * 2
    assert given["other_services"] == [f"repti-{each}" for each in ("animal", "commerce", "media", "community", "ops")]


async def test_what_opens_anything_is_given_to_nobody(stand: Stand) -> None:
    tokens = await stand.sign_in()
    _, key = await stand.post("/auth/api-keys", {"name": "my script"}, token=tokens["access_token"])
    _, enrolled = await stand.post("/auth/mfa/enroll", token=tokens["access_token"])
    await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    _, raw = await stand.get("/me/data", token=tokens["access_token"])
    text = raw.decode() if isinstance(raw, bytes) else msgspec.json.encode(raw).decode()
    user = await stand.harness.get(User, tokens["user_id"])
    [held] = await stand.harness.find(select(ApiKey))
    [session] = await stand.harness.find(select(Session))
    [spent] = await stand.harness.find(select(SpentToken))
    assert user is not None

    secrets = [
        key["key"],
        enrolled["secret"],
        user.address_hash,
        held.secret_hash,
        session.token_hash,
        spent.token_hash,
    ]
    assert [each for each in secrets if each in text] == []


async def test_nothing_of_anybody_else_is_in_it(stand: Stand) -> None:
    bea = await stand.join("bea@example.com", "Bea Brook")
    tokens = await stand.sign_in()
    text = str(await own_data(stand, tokens))

    assert "Bea" not in text and bea["user_id"] not in text


async def test_it_is_whole_however_long_a_table_is(stand: Stand) -> None:
    tokens = await stand.sign_in()
    count = 2 * PAGE + 1
    await stand.harness.put(
        *(
            Payment(
                payment_id=f"{number:06}",
                order_id=f"order {number}",
                transaction_id=f"sale {number}",
                generation=1,
                purpose="order",
                amount=Money(amount=100, currency="EUR"),
                provider="stripe",
                method="pm_secret",
                buyer_user_id=tokens["user_id"],
                buyer_vivarium_id=tokens["vivarium_id"],
                status="completed",
                asked_at=stand.harness.now,
            )
            for number in range(count)
        )
    )
    payments = (await own_data(stand, tokens))["tables"]["payments"]

    assert [each["payment_id"] for each in payments] == [f"{number:06}" for number in range(count)]
    assert not any("method" in each for each in payments)


async def test_it_takes_a_recent_sign_in_and_no_key_for_programs(stand: Stand) -> None:
    tokens = await stand.sign_in()
    _, key = await stand.post("/auth/api-keys", {"name": "my script"}, token=tokens["access_token"])
    await stand.harness.advance(by=timedelta(minutes=11))
    _, stale = await stand.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    old, problem = await stand.get("/me/data", token=stale["access_token"])
    by_key, _ = await stand.get("/me/data", token=key["key"])
    nobody, _ = await stand.get("/me/data")

    assert (old, problem["max_age"]) == (401, 600)
    assert (by_key in (401, 403), nobody) == (True, 401)


async def test_who_is_gone_is_given_nothing(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.harness.handle(DeleteUser(user_id=tokens["user_id"]))
    status, _ = await stand.get("/me/data", token=tokens["access_token"])

    assert status in (401, 404)


async def test_no_cache_keeps_it(stand: Stand) -> None:
    tokens = await stand.sign_in()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    async with stand.session.get(f"{stand.url}/me/data", headers=headers) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "attachment" in answer.headers["Content-Disposition"]
        assert (await answer.json())["user_id"] == tokens["user_id"]
