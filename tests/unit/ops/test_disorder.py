"""What administrators see of people and vivariums follows from what happened, not from the order in which it is heard."""

from random import Random
from typing import Any

import pytest

from reptidex.services.ops import SERVICE
from reptidex.streams.core import AuthUserDeleted, AuthUserUpdated, OrgCreated, OrgUpdated
from reptidex.tables.ops.models import AuditRecord
from reptidex.testing import UnitHarness
from tests.unit.disorder import History, disordered, stored_after
from tests.unit.ops.desk import BEA, SAM, VIVARIUM, newcomer

ORG: dict[str, Any] = {"vivarium_id": VIVARIUM, "kind": "personal", "owner_id": SAM}
HISTORY: History = [
    (newcomer(), 1),
    (OrgCreated(**ORG, name="Sam", plan="hobbyist"), 2),
    (AuthUserUpdated(user_id=SAM, changed=("display_name",), display_name="Sam Stone"), 2),
    (AuthUserUpdated(user_id=SAM, changed=("status",), status="suspended"), 3),
    (AuthUserUpdated(user_id=SAM, changed=("status",), status="active"), 4),
    (OrgUpdated(**ORG, name="Sam's", plan="breeder"), 3),
    (OrgUpdated(**ORG, name="", plan="hobbyist", status="closed"), 4),
    (AuthUserDeleted(user_id=SAM, reason="requested"), 5),
    (newcomer(BEA, display_name="Bea Boa"), 1),
    (AuthUserUpdated(user_id=BEA, changed=("status",), status="suspended"), 2),
]
LISTS = ("Person", "Organization")


@pytest.mark.parametrize("seed", range(12))
async def test_the_lists_are_the_same_in_whatever_order_the_topics_come(seed: int) -> None:
    async with await UnitHarness.open(SERVICE.agents, AuditRecord) as straight:
        expected = [row for row in await stored_after(straight, HISTORY) if row["row"] in LISTS]
    async with await UnitHarness.open(SERVICE.agents, AuditRecord) as harness:
        found = [row for row in await stored_after(harness, disordered(HISTORY, Random(seed))) if row["row"] in LISTS]

    assert found == expected and not [row for row in found if "Sam" in repr(row)]
