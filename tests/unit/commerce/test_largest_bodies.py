"""What a route of commerce takes its contracts take too."""

from typing import Any

from reptidex.services.commerce import SERVICE
from reptidex.testing.extremes import Asked, walk_bodies
from tests.unit.commerce.market import ANIMAL
from tests.unit.commerce.shop import Shop


async def test_no_body_that_is_taken_breaks_a_contract(shop: Shop) -> None:
    async def call(asked: Asked) -> tuple[int, Any]:
        bea = asked.path == "/inquiries" or asked.path.endswith("/convert")
        who = "repti-core" if asked.policy.get("services") else "bea" if bea else "sam"
        return await shop.call(asked.method, asked.path, who, asked.body)

    known = {"animal_id": ANIMAL, "visibility": "public", "welfare_acknowledged": True, "category": "adult"}
    closing = ("/inquiries/{inquiry_id}/status",)
    walk = await walk_bodies(SERVICE, shop.market.harness, call, known=known, last=closing)

    assert walk.broken == []
    assert len(walk.taken) >= 8, sorted(walk.taken)
