"""A telephone number: it counts once the code that was sent to it came back, and goes with its owner."""

from datetime import timedelta
from typing import Any

import pytest

from reptidex.streams.commands.core import DeleteUser
from reptidex.tables.core.telephones import Telephone
from tests.unit.core.conftest import Stand

NUMBER, OTHER = "+491701234567", "+447700900123"


async def ask(stand: Stand, tokens: Any, number: str = NUMBER) -> tuple[int, Any]:
    """Ask for a code."""
    return await stand.call("PUT", "/auth/telephone", {"number": number}, token=tokens["access_token"])


async def give_back(stand: Stand, tokens: Any, code: str) -> tuple[int, Any]:
    """Give a code back."""
    return await stand.post("/auth/telephone/confirm", {"code": code}, token=tokens["access_token"])


async def confirmed(stand: Stand, number: str = NUMBER) -> Any:
    """Sign somebody in who has confirmed a number."""
    tokens = await stand.sign_in()
    assert (await ask(stand, tokens, number))[0] == 202
    contact = await stand.contact(tokens["user_id"])
    assert (await give_back(stand, tokens, contact["telephone_code"]))[0] == 204
    return tokens


async def shown(stand: Stand, tokens: Any) -> tuple[str, str]:
    """Return the number that a person is shown as theirs, and the one that waits."""
    _, said = await stand.get("/auth/telephone", token=tokens["access_token"])
    return said["number"], said["waiting"]


def changes(stand: Stand) -> list[str]:
    """Return what was said of accounts."""
    return [name for each in stand.harness.events for name in getattr(each.data, "changed", ())]


async def test_a_number_counts_once_its_code_came_back(stand: Stand) -> None:
    tokens = await stand.sign_in()
    status, _ = await ask(stand, tokens)
    contact = await stand.contact(tokens["user_id"])

    assert (status, await shown(stand, tokens)) == (202, ("", NUMBER))
    assert (contact["telephone"], contact["new_telephone"]) == ("", NUMBER)
    assert (await give_back(stand, tokens, contact["telephone_code"]))[0] == 204
    contact = await stand.contact(tokens["user_id"])
    assert (await shown(stand, tokens), contact["telephone"]) == ((NUMBER, ""), NUMBER)
    assert (contact["new_telephone"], contact["telephone_code"]) == ("", "")
    assert changes(stand)[-2:] == ["telephone_requested", "telephone"]


async def test_neither_number_nor_code_is_on_the_log_or_readable_at_rest(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await ask(stand, tokens)
    contact = await stand.contact(tokens["user_id"])
    kept = repr((stand.harness.events, await stand.harness.get(Telephone, tokens["user_id"])))

    assert NUMBER not in kept and contact["telephone_code"] not in kept


async def test_a_number_of_before_serves_until_the_new_one_is_confirmed(stand: Stand) -> None:
    tokens = await confirmed(stand)
    await stand.harness.advance(by=timedelta(minutes=2))
    await ask(stand, tokens, OTHER)

    assert await shown(stand, tokens) == (NUMBER, OTHER)
    assert (await stand.contact(tokens["user_id"]))["telephone"] == NUMBER


async def test_wrong_codes_are_counted(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await ask(stand, tokens)
    right = (await stand.contact(tokens["user_id"]))["telephone_code"]
    wrong = "000000" if right != "000000" else "000001"
    answers = [(await give_back(stand, tokens, wrong))[0] for _ in range(30)]

    assert answers[0] == 401 and answers[-1] == 429
    assert (await give_back(stand, tokens, right))[0] == 429


async def test_a_code_works_for_ten_minutes_and_a_newer_one_replaces_it(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await ask(stand, tokens)
    first = (await stand.contact(tokens["user_id"]))["telephone_code"]
    await stand.harness.advance(by=timedelta(minutes=2))
    await ask(stand, tokens)
    second = (await stand.contact(tokens["user_id"]))["telephone_code"]

    assert second != first and (await give_back(stand, tokens, first))[0] == 401
    await stand.harness.advance(by=timedelta(minutes=11))
    tokens = await stand.login()
    assert (await give_back(stand, tokens[1], second))[0] == 409


async def test_codes_are_sent_once_a_minute_and_five_times_a_day(stand: Stand) -> None:
    tokens = await stand.sign_in()
    answers = [(await ask(stand, tokens))[0] for _ in range(2)]
    for _ in range(5):
        await stand.harness.advance(by=timedelta(minutes=1))
        answers.append((await ask(stand, tokens))[0])

    assert answers == [202, 409, 202, 202, 202, 202, 409]
    await stand.harness.advance(by=timedelta(days=1))
    _, fresh = await stand.login()
    assert (await ask(stand, fresh))[0] == 202


@pytest.mark.parametrize(
    "number", ["", "0170 1234567", "+0170123456", "+49170", "+49170123456789012", "+49170123456x", "+491701234567\n"]
)
async def test_what_is_no_number_is_refused(stand: Stand, number: str) -> None:
    status, problem = await ask(stand, await stand.sign_in(), number)

    assert (status, problem["pointer"] if "pointer" in problem else problem["errors"][0]["pointer"]) == (422, "/number")


async def test_a_removed_number_is_told_once_and_no_code_of_before_brings_it_back(stand: Stand) -> None:
    tokens = await confirmed(stand)
    for _ in range(2):
        status, _ = await stand.call("DELETE", "/auth/telephone", token=tokens["access_token"])

    assert (status, await shown(stand, tokens)) == (204, ("", ""))
    assert changes(stand).count("telephone_removed") == 1


async def test_it_goes_with_its_owner(stand: Stand) -> None:
    tokens = await confirmed(stand)
    await stand.harness.handle(DeleteUser(user_id=tokens["user_id"], reason="requested"))

    assert await stand.harness.get(Telephone, tokens["user_id"]) is None
