"""An `Idempotency-Key` that comes again after the answer was forgotten (two days) undoes nothing, whoever sends it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from reptidex.tables.answers import KEPT, AnswerRow
from reptidex.tables.core.billing import Subscription
from reptidex.tables.core.people import ApiKey, User
from reptidex.tables.core.vivariums import Membership
from reptidex.tables.query import select
from tests.unit.core.conftest import PASSWORD, Stand


async def forget_answers(stand: Stand) -> None:
    """Forget what was answered, as the engine does after two days."""
    for row in await stand.harness.find(select(AnswerRow)):
        stand.harness.runner.working.delete(AnswerRow, row.command_id)
    await stand.harness.put()
    stand.harness.now += KEPT


def _account(email: str) -> dict[str, str]:
    return {"email": email, "password": PASSWORD, "display_name": email.partition("@")[0].capitalize()}


async def test_somebody_who_registers_under_anothers_key_gets_an_account_of_their_own(stand: Stand) -> None:
    _, sam = await stand.post("/auth/register", _account("sam@example.com"), Idempotency_Key="register-1")
    before = await stand.harness.get(User, sam["user_id"])
    await forget_answers(stand)

    status, eve = await stand.post("/auth/register", _account("eve@example.com"), Idempotency_Key="register-1")

    assert (status, eve["user_id"] == sam["user_id"], eve["vivarium_id"] == sam["vivarium_id"]) == (201, False, False)
    assert await stand.harness.get(User, sam["user_id"]) == before


async def test_a_vivarium_that_is_opened_again_under_its_key_stays_as_it_is(stand: Stand) -> None:
    sam, bea = await stand.sign_in(), await stand.join("bea@example.com", "Bea")
    token, body = sam["access_token"], {"name": "Sand & Sons"}
    _, made = await stand.post("/vivariums", body, token=token, Idempotency_Key="open-1")
    path = f"/vivariums/{made['vivarium_id']}"
    await stand.post(f"{path}/members", {"user_id": bea["user_id"], "role": "herpetologist"}, token=token)
    await stand.call("PUT", path, {"name": "Sand & Daughters"}, token=token)
    await stand.call("DELETE", f"{path}/members/{sam['user_id']}", token=token)
    await forget_answers(stand)
    token = (await stand.login())[1]["access_token"]
    rows = [row for each in (Membership, Subscription) for row in await stand.harness.find(select(each))]

    _, again = await stand.post("/vivariums", body, token=token, Idempotency_Key="open-1")

    assert again["vivarium_id"] != made["vivarium_id"]
    assert [await stand.harness.get(type(row), row.key) for row in rows] == rows
    assert (await stand.get(path, token=token))[0] == 404


async def test_a_repeat_in_the_next_window_is_answered_as_the_first(stand: Stand) -> None:
    windows = int(stand.harness.now.timestamp() / KEPT.total_seconds()) + 1
    stand.harness.now = datetime.fromtimestamp(windows * KEPT.total_seconds() - 1, UTC)
    first = await stand.post("/auth/register", _account("sam@example.com"), Idempotency_Key="register-1")
    stand.harness.now += timedelta(hours=47)
    again = await stand.post("/auth/register", _account("sam@example.com"), Idempotency_Key="register-1")

    assert again == first
    assert len(await stand.harness.find(select(User))) == 1


async def test_a_revoked_key_is_not_made_again_under_its_idempotency_key(stand: Stand) -> None:
    token, body = (await stand.sign_in())["access_token"], {"name": "my script"}
    _, made = await stand.post("/auth/api-keys", body, token=token, Idempotency_Key="key-1")
    await stand.call("DELETE", f"/auth/api-keys/{made['key_id']}", token=token)
    await forget_answers(stand)
    token = (await stand.login())[1]["access_token"]

    await stand.post("/auth/api-keys", body, token=token, Idempotency_Key="key-1")

    key: Any = await stand.harness.get(ApiKey, made["key_id"])
    assert key.revoked_at is not None
