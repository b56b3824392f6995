"""What a route of core takes its contracts take too."""

from typing import Any

from reptidex.services.core import SERVICE
from reptidex.streams.commands.core import GrantAdmin
from reptidex.tables.core.people import User
from reptidex.tables.query import select
from reptidex.testing.extremes import Asked, walk_bodies
from tests.unit.core.conftest import PASSWORD, Stand

LAST = ("/auth/password", "/auth/logout", "/auth/me/delete")
"""What ends the session with which the other routes are asked."""


async def _administrator(stand: Stand) -> Any:
    await stand.sign_in()
    [user] = await stand.harness.find(select(User))
    await stand.harness.handle(GrantAdmin(address_hash=user.address_hash))
    _, tokens = await stand.login()
    return tokens


async def test_no_body_that_is_taken_breaks_a_contract(stand: Stand) -> None:
    tokens, commerce = await _administrator(stand), await stand.service("repti-commerce")

    async def call(asked: Asked) -> tuple[int, Any]:
        token = commerce if asked.policy.get("services") else tokens["access_token"]
        return await stand.call(asked.method, asked.path, asked.body, token=token)

    walk = await walk_bodies(
        SERVICE,
        stand.harness,
        call,
        known={
            "email": f"{'e' * 60}@example.com",
            "password": PASSWORD,
            "current_password": PASSWORD,
            "slug": "a-" * 19 + "ab",
            "website": "https://" + "w" * 192,
            "provider": "stripe",
            "vivarium_id": tokens["vivarium_id"],
            "user_id": tokens["user_id"],
            "feature": "a.b",
            "setting": "a.b",
            "payment_id": tokens["user_id"],
        },
        leave_out=("/events/batch",),
        last=LAST,
    )

    assert walk.broken == []
    assert len(walk.taken) >= 18, sorted(walk.taken)
