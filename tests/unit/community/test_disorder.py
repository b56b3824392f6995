"""What the community shows follows from what happened, not from the order in which it hears of it."""

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from msgspec.structs import asdict

from reptidex.services.community import SERVICE
from reptidex.streams.animal import (
    AnimalArchived,
    AnimalTransferred,
    AnimalUpdated,
    TaxonomySpeciesAdded,
    TaxonomySpeciesUpdated,
)
from reptidex.streams.commerce import (
    MarketplaceListingCreated,
    MarketplaceListingPublished,
    MarketplaceListingUpdated,
    MarketplaceListingWithdrawn,
)
from reptidex.streams.core import AuthSessionStarted, AuthUserDeleted, AuthUserUpdated
from reptidex.tables.community.models import Document
from reptidex.testing import UnitHarness
from tests.unit.community.town import (
    ANIMAL,
    LISTING,
    OTHER,
    SAM,
    SPECIES,
    VIVARIUM,
    hatchling,
    newcomer,
    offer,
    profile,
    uid,
)
from tests.unit.disorder import History, disordered, stored_after

SPECIES_FACTS: dict[str, Any] = {"species_id": SPECIES, "scientific_name": "Python regius"}
BY_NOTHING_BUT_COUNTING = {"Document": ("revision", "indexed_revision", "told_visible", "missed", "updated_at")}


def _renamed(name: str, **changes: Any) -> AnimalUpdated:
    facts: dict[str, Any] = {
        name: value for name, value in asdict(hatchling()).items() if name in AnimalUpdated.__struct_fields__
    }
    return AnimalUpdated(**(facts | {"name": name} | changes))


HISTORY: History = [
    (newcomer(), 1),
    (profile(), 2),
    (hatchling(), 1),
    (_renamed("Kiwi the Second"), 2),
    (offer(MarketplaceListingCreated, status="draft"), 1),
    (offer(MarketplaceListingPublished), 2),
    (offer(MarketplaceListingUpdated, title="Pastel Clown, grown"), 3),
    (MarketplaceListingWithdrawn(listing_id=LISTING, animal_id=ANIMAL, vivarium_id=VIVARIUM, reason="seller"), 4),
    (AnimalTransferred(animal_id=ANIMAL, from_vivarium_id=VIVARIUM, to_vivarium_id=OTHER), 3),
    (_renamed("Kiwi of Bea", vivarium_id=OTHER), 4),
    (AnimalArchived(animal_id=ANIMAL, vivarium_id=OTHER, reason="deceased"), 5),
    (TaxonomySpeciesAdded(**SPECIES_FACTS), 1),
    (TaxonomySpeciesUpdated(**SPECIES_FACTS, common_names=("ball python",)), 2),
    (profile(bio="Sam lives in Ulm"), 3),
    (
        AuthSessionStarted(
            user_id=SAM,
            session_id=uid(70),
            device="Sam's phone",
            how="password",
            expires_at=datetime(2027, 1, 1, tzinfo=UTC),
            new_device=True,
        ),
        4,
    ),
    (AuthUserUpdated(user_id=SAM, changed=("password",)), 5),
    (AuthUserDeleted(user_id=SAM, reason="requested"), 6),
]


@pytest.mark.parametrize("seed", range(12))
async def test_the_rows_are_the_same_in_whatever_order_the_topics_come(seed: int) -> None:
    async with await UnitHarness.open(SERVICE.agents, Document, carriers=SERVICE.carriers) as straight:
        expected = await stored_after(straight, HISTORY, BY_NOTHING_BUT_COUNTING)
    async with await UnitHarness.open(SERVICE.agents, Document, carriers=SERVICE.carriers) as harness:
        found = await stored_after(harness, disordered(HISTORY, Random(seed)), BY_NOTHING_BUT_COUNTING)

    assert found == expected
    assert not [row for row in found if "Sam" in repr(row)]
