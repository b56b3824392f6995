"""What repti-media knows of people and vivariums follows from what happened, not from the order in which it hears of it."""

from random import Random
from typing import Any

import pytest

from reptidex.services.media import SERVICE
from reptidex.streams.core import AuthUserDeleted, ProfileUpdated
from reptidex.tables.media.models import File
from reptidex.testing import UnitHarness
from tests.unit.disorder import History, disordered, stored_after
from tests.unit.media.conftest import Studio

PERSON: dict[str, Any] = {"profile_id": Studio.user, "kind": "user", "vivarium_id": Studio.sam}
HOUSE: dict[str, Any] = {"profile_id": Studio.sam, "kind": "org", "vivarium_id": Studio.sam}
HISTORY: History = [
    (ProfileUpdated(**PERSON, display_name="Sam"), 1),
    (ProfileUpdated(**HOUSE, display_name="House of Sam"), 1),
    (ProfileUpdated(**PERSON, display_name="Sam Sand", bio="Sam lives in Ulm"), 2),
    (ProfileUpdated(**HOUSE, display_name="Sam & Sons", location="Ulm"), 2),
    (ProfileUpdated(**PERSON, display_name="Sam again", visibility="private"), 3),
    (ProfileUpdated(**PERSON, display_name="Sam once more"), 4),
    (AuthUserDeleted(user_id=Studio.user, reason="requested"), 5),
    (ProfileUpdated(**HOUSE, display_name="", visibility="private"), 3),
]


@pytest.mark.parametrize("seed", range(12))
async def test_nobody_who_is_gone_comes_back_in_whatever_order_the_topics_come(seed: int) -> None:
    async with await UnitHarness.open(SERVICE.agents, File, carriers=SERVICE.carriers) as straight:
        expected = await stored_after(straight, HISTORY)
    async with await UnitHarness.open(SERVICE.agents, File, carriers=SERVICE.carriers) as harness:
        found = await stored_after(harness, disordered(HISTORY, Random(seed)))

    assert [row for row in found if "Sam" in repr(row)] == []
    assert found == expected
