"""What commerce knows of animals, plans and people follows from what happened, not from the order in which it hears of it."""

from random import Random
from typing import Any

import pytest

from reptidex.services.commerce import SERVICE
from reptidex.streams.animal import AnimalArchived, AnimalCreated, AnimalTransferred, AnimalUpdated, LineageValidated
from reptidex.streams.core import (
    AuthUserDeleted,
    AuthUserUpdated,
    BillingSubscriptionCreated,
    BillingSubscriptionLapsed,
    BillingSubscriptionUpdated,
    Entitlements,
    OrgMemberAdded,
    OrgMemberChanged,
    OrgMemberRemoved,
    OrgUpdated,
)
from reptidex.tables.commerce.models import Line
from reptidex.testing import UnitHarness
from tests.unit.commerce.market import ANIMAL, BEA, BEA_VIVARIUM, SAM, SAM_VIVARIUM, SPECIES, uid
from tests.unit.disorder import History, disordered, stored_after


def _animal(**changes: Any) -> dict[str, Any]:
    facts = {"animal_id": ANIMAL, "vivarium_id": SAM_VIVARIUM, "code": "CR-001", "species_id": SPECIES}
    return facts | {"species": "Python regius", "morphs": ("Pastel",)} | changes


def _plan(plan: str, status: str = "active") -> dict[str, Any]:
    return {
        "vivarium_id": SAM_VIVARIUM,
        "subscription_id": uid("plan"),
        "plan": plan,
        "status": status,
        "entitlements": Entitlements(listings=5),
    }


def _org(status: Any) -> OrgUpdated:
    facts: dict[str, Any] = {"vivarium_id": SAM_VIVARIUM, "name": "Sam", "kind": "personal", "plan": "hobbyist"}
    return OrgUpdated(**facts, owner_id=SAM, status=status)


MEMBER: dict[str, Any] = {"vivarium_id": SAM_VIVARIUM, "user_id": BEA}
HISTORY: History = [
    (AnimalCreated(**_animal()), 1),
    (AnimalUpdated(**_animal(name="Kiwi", morphs=("Pastel", "Clown"))), 2),
    (LineageValidated(animal_id=ANIMAL, vivarium_id=SAM_VIVARIUM, status="confirmed"), 3),
    (AnimalTransferred(animal_id=ANIMAL, from_vivarium_id=SAM_VIVARIUM, to_vivarium_id=BEA_VIVARIUM), 4),
    (AnimalUpdated(**_animal(vivarium_id=BEA_VIVARIUM, name="Kiwi of Bea", lineage_status="confirmed")), 5),
    (LineageValidated(animal_id=ANIMAL, vivarium_id=BEA_VIVARIUM, status="tested"), 6),
    (AnimalArchived(animal_id=ANIMAL, vivarium_id=BEA_VIVARIUM, reason="deceased"), 7),
    (BillingSubscriptionCreated(**_plan("hobbyist")), 1),
    (BillingSubscriptionUpdated(**_plan("breeder")), 2),
    (BillingSubscriptionLapsed(**_plan("hobbyist", "lapsed"), previous_plan="breeder"), 3),
    (OrgMemberAdded(**MEMBER, role="keeper"), 4),
    (OrgMemberChanged(**MEMBER, role="curator", previous_role="keeper", changed_by=SAM), 5),
    (OrgMemberRemoved(**MEMBER, role="curator"), 6),
    (OrgMemberAdded(**MEMBER, role="handler"), 7),
    (_org("suspended"), 8),
    (_org("active"), 9),
    (AuthUserUpdated(user_id=BEA, changed=("status",), status="suspended"), 2),
    (AuthUserUpdated(user_id=BEA, changed=("status",), status="active"), 3),
    (AuthUserDeleted(user_id=BEA, reason="requested"), 4),
]


@pytest.mark.parametrize("seed", range(12))
async def test_the_rows_are_the_same_in_whatever_order_the_topics_come(seed: int) -> None:
    async with await UnitHarness.open(SERVICE.agents, Line, carriers=SERVICE.carriers) as straight:
        expected = await stored_after(straight, HISTORY, {"Line": ("updated_at",)})
    async with await UnitHarness.open(SERVICE.agents, Line, carriers=SERVICE.carriers) as harness:
        found = await stored_after(harness, disordered(HISTORY, Random(seed)), {"Line": ("updated_at",)})

    assert found == expected
