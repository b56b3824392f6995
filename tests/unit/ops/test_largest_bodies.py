"""What a route of ops takes its contracts take too."""

from typing import Any

from reptidex.services.ops import SERVICE
from reptidex.streams.core import OrgCreated
from reptidex.testing.extremes import Asked, walk_bodies
from tests.unit.ops.desk import BEA, VIVARIUM, Desk, newcomer


async def test_no_body_that_is_taken_breaks_a_contract(desk: Desk) -> None:
    await desk.hear(newcomer())
    await desk.hear(newcomer(BEA))
    vivarium = OrgCreated(vivarium_id=VIVARIUM, name="Sand & Sons", kind="business", plan="keeper", owner_id=BEA)
    await desk.hear(vivarium)

    async def call(asked: Asked) -> tuple[int, Any]:
        return await desk.call(asked.method, asked.path, "admin", asked.body)

    known = {"user_id": BEA, "vivarium_id": VIVARIUM}
    walk = await walk_bodies(SERVICE, desk.harness, call, known=known, last=("/content/appeals",))

    assert walk.broken == []
    assert len(walk.taken) >= 6, sorted(walk.taken)
