"""What a route of community takes its contracts take too."""

from typing import Any

from reptidex.services.community import SERVICE
from reptidex.tables.community.forum import FORUMS
from reptidex.testing.extremes import Asked, walk_bodies
from tests.unit.community.square import Square
from tests.unit.community.town import ANIMAL


async def test_no_body_that_is_taken_breaks_a_contract(square: Square) -> None:
    async def call(asked: Asked) -> tuple[int, Any]:
        who = "repti-core" if asked.policy.get("services") else "bea" if asked.path.endswith("/vote") else "sam"
        return await square.call(asked.method, asked.path, who, asked.body)

    known = {"forum_id": next(iter(FORUMS)), "document_id": f"animal:{ANIMAL}", "target_id": ANIMAL}
    known["template"] = "welcome.verified"
    walk = await walk_bodies(SERVICE, square.town.harness, call, known=known)

    assert walk.broken == []
    assert len(walk.taken) >= 9, sorted(walk.taken)
