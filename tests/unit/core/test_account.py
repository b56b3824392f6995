"""A person changes how they are called and spoken to."""

from typing import Any

import pytest

from reptidex.errors import UnauthenticatedError
from reptidex.streams.commands.core import DeleteUser
from reptidex.streams.commands.core_account import ChangeAccount
from reptidex.streams.core import AuthUserUpdated
from tests.unit.core.conftest import Stand


async def change(stand: Stand, tokens: Any, **body: Any) -> tuple[int, Any]:
    """Change the account."""
    return await stand.call("PUT", "/auth/me", body, token=tokens["access_token"])


async def test_a_name_and_a_language_are_changed_and_told(stand: Stand) -> None:
    tokens = await stand.sign_in()
    status, me = await change(stand, tokens, display_name=" Sam Stone ", locale="de")

    assert (status, me["display_name"], me["locale"]) == (200, "Sam Stone", "de")
    told = AuthUserUpdated(
        user_id=tokens["user_id"], changed=("display_name", "locale"), display_name="Sam Stone", locale="de"
    )
    assert stand.harness.events[-1].data == told
    assert (await stand.contact(tokens["user_id"]))["display_name"] == "Sam Stone"


@pytest.mark.parametrize("body", [{}, {"display_name": "Sam Sand"}, {"locale": "en", "display_name": None}])
async def test_what_is_so_already_or_left_out_stays_and_tells_nobody(stand: Stand, body: Any) -> None:
    tokens = await stand.sign_in()
    told = len(stand.harness.events)
    status, me = await change(stand, tokens, **body)

    assert (status, me["display_name"], len(stand.harness.events)) == (200, "Sam Sand", told)


@pytest.mark.parametrize(
    "body", [{"display_name": " "}, {"display_name": "a\nb"}, {"display_name": ""}, {"locale": "?"}]
)
async def test_what_is_no_name_or_language_is_refused(stand: Stand, body: Any) -> None:
    status, _ = await change(stand, await stand.sign_in(), **body)

    assert status == 422


async def test_who_is_gone_gets_no_name_again(stand: Stand) -> None:
    tokens = await stand.sign_in()
    await stand.harness.handle(DeleteUser(user_id=tokens["user_id"]))

    with pytest.raises(UnauthenticatedError):
        await stand.harness.handle(ChangeAccount(user_id=tokens["user_id"], display_name="Sam"))
