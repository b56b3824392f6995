"""Another address for an account, through mail, log and database: changed at the new one, taken back at the old one."""

import re
import uuid
from typing import Any

from reptidex.platform.visitor import PASSWORD
from tests.end_to_end.conftest import Confirmed, World


async def link_of(world: World, address: str, path: str) -> str:
    """Wait for a mail with a link to a path, and return the link's token."""

    async def found() -> Any:
        async with world.session.get(f"{world.mail_view}/_mail", params={"to": address}) as answer:
            letters = await answer.json()
        return next(
            (link[1] for each in letters if (link := re.search(rf"{path}\?token=([\w.~-]+)", each["text"]))), ""
        )

    token: str = await world.until(found, f"a mail to {address} with a link to {path}")
    return token


async def test_a_new_address_is_confirmed_by_mail_and_can_be_taken_back_at_the_old_one(
    world: World, confirmed: Confirmed
) -> None:
    sam = await confirmed("Sam")
    old, new = sam.email, f"sam-{uuid.uuid4().hex[:8]}@elsewhere.example"

    await sam.call("core", "POST", "/auth/email", {"email": new}, expect=202)
    stop = await link_of(world, old, "/auth/email/stop")
    change = await link_of(world, new, "/auth/email/confirm")
    _, step = await sam.exchange("core", "POST", "/auth/email/confirm", {"token": change})

    await world.heard(step.request_id, "auth.user.updated", "notification.sent")
    assert (await sam.call("core", "GET", "/auth/me"))["email"] == new
    await sam.call("core", "POST", "/auth/login", {"email": old, "password": PASSWORD}, expect=401)
    sam.email = new
    await sam.sign_in()

    await sam.call("core", "POST", "/auth/email/stop", {"token": stop})
    sam.token = ""  # its session has ended
    reset = await link_of(world, old, "/auth/reset")
    fresh = "nine loud skinks swim 7 rivers"
    await sam.call("core", "POST", "/auth/reset-password", {"token": reset, "password": fresh})
    await sam.call("core", "POST", "/auth/login", {"email": new, "password": fresh}, expect=401)
    await sam.call("core", "POST", "/auth/login", {"email": old, "password": fresh})
