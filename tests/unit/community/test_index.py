"""What can be found, and in which order of news it stays right."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from reptidex.streams.animal import AnimalArchived, AnimalTransferred, AnimalUpdated, TaxonomySpeciesAdded
from reptidex.streams.commands.community_index import HideAnimal, IndexAnimal
from reptidex.streams.commerce import (
    MarketplaceListingCreated,
    MarketplaceListingExpired,
    MarketplaceListingSold,
    MarketplaceListingUpdated,
)
from reptidex.streams.community import SearchIndexed
from reptidex.streams.core import AuthUserUpdated, OrgUpdated
from reptidex.streams.media import ContentPublished
from reptidex.streams.ops import AdminModerationDecided
from reptidex.streams.values import Money
from reptidex.tables.community.models import Document
from reptidex.tables.query import select
from tests.unit.community.town import ANIMAL, LISTING, OTHER, SAM, VIVARIUM, Town, hatchling, offer, profile, uid

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def test_a_public_animal_is_found_by_its_morph(town: Town) -> None:
    [said] = await town.hear(hatchling())

    assert said == SearchIndexed(
        document_id=f"animal:{ANIMAL}", kind="animal", entity_id=ANIMAL, vivarium_id=VIVARIUM, version=1
    )
    assert await town.titles("pastel") == ["Kiwi"]


async def test_a_private_animal_is_neither_found_nor_told_to_the_index(town: Town) -> None:
    assert await town.hear(hatchling(visibility="private")) == []
    assert await town.titles() == []


async def test_an_animal_that_becomes_private_leaves_the_index(town: Town) -> None:
    await town.hear(hatchling())
    facts = {name: getattr(hatchling(), name) for name in AnimalUpdated.__struct_fields__ if name != "changed"}
    [said] = await town.hear(AnimalUpdated(**(facts | {"visibility": "private"})), 2)

    assert (said.removed, said.version) == (True, 2)
    assert await town.titles() == []


async def test_news_heard_twice_is_indexed_once(town: Town) -> None:
    await town.hear(hatchling())

    assert await town.hear(hatchling()) == []


async def test_older_news_changes_nothing(town: Town) -> None:
    await town.hear(hatchling(name="Kiwi the second"), 5)
    await town.hear(hatchling(), 4)

    assert await town.titles() == ["Kiwi the second"]


@dataclass(frozen=True)
class Step:
    message: Any
    version: int


TRANSFER = AnimalTransferred(animal_id=ANIMAL, from_vivarium_id=VIVARIUM, to_vivarium_id=OTHER)


@pytest.mark.parametrize("news", list(permutations([Step(hatchling(), 1), Step(TRANSFER, 2)])))
async def test_a_sold_animal_is_shown_under_its_new_owner_whatever_arrives_first(
    town: Town, news: tuple[Step, ...]
) -> None:
    for step in news:
        await town.hear(step.message, step.version)
    [hit] = (await town.search()).hits

    assert (hit.title, hit.vivarium_id) == ("Kiwi", OTHER)


ENDINGS = [
    Step(hatchling(), 1),
    Step(TRANSFER, 2),
    Step(AnimalArchived(animal_id=ANIMAL, vivarium_id=OTHER, reason="deceased"), 3),
]


@pytest.mark.parametrize("news", list(permutations(ENDINGS)))
async def test_an_archived_animal_is_not_found_whatever_arrives_last(town: Town, news: tuple[Step, ...]) -> None:
    for step in news:
        await town.hear(step.message, step.version)

    assert await town.titles() == []


SOLD = MarketplaceListingSold(
    listing_id=LISTING,
    animal_id=ANIMAL,
    vivarium_id=VIVARIUM,
    order_id=uid(40),
    buyer_vivarium_id=OTHER,
    price=Money(amount=1, currency="USD"),
)
SALE = [Step(offer(MarketplaceListingCreated, status="draft"), 1), Step(offer(), 2), Step(SOLD, 3)]


@pytest.mark.parametrize("news", list(permutations(SALE)))
async def test_a_sold_offer_is_off_the_shelf_whatever_arrives_last(town: Town, news: tuple[Step, ...]) -> None:
    for step in news:
        await town.hear(step.message, step.version)

    assert await town.titles("", "listing") == []


async def test_an_offer_that_runs_out_can_be_published_again(town: Town) -> None:
    await town.hear(offer(), 1)
    over = MarketplaceListingExpired(listing_id=LISTING, animal_id=ANIMAL, vivarium_id=VIVARIUM, expired_at=NOON)
    await town.hear(over, 2)
    await town.hear(offer(MarketplaceListingUpdated), 3)

    assert await town.titles("", "listing") == ["Pastel Clown female"]


async def test_an_offer_is_found_with_its_price_and_facets(town: Town) -> None:
    await town.hear(offer())
    found = await town.search("clwon", facets={"species": "Python regius"}, price=(40_000, 50_000))

    assert [hit.price for hit in found.hits] == [45_000]
    assert found.corrected


async def test_a_breeder_is_found_by_the_public_profile(town: Town) -> None:
    await town.hear(profile())

    assert await town.titles("pythons", "breeder") == ["Sam Sand"]


async def test_species_and_written_pages_are_knowledge(town: Town) -> None:
    species = TaxonomySpeciesAdded(species_id=uid(50), scientific_name="Python regius", common_names=("Ball python",))
    page = ContentPublished(
        content_id=uid(51), kind="guide", title="Feeding a ball python", revision=1, digest="0" * 64, published_at=NOON
    )
    await town.hear(species)
    await town.hear(page)

    assert await town.titles("ball", "species", "content") == ["Feeding a ball python", "Python regius"]


def _decision(decision: Any) -> AdminModerationDecided:
    return AdminModerationDecided(
        subject_id=SAM, subject_kind="user", case_id=uid(60), decision=decision, admin_id=uid(61)
    )


async def test_what_a_moderator_hides_is_not_found_until_it_is_kept(town: Town) -> None:
    await town.hear(profile())
    await town.hear(_decision("hide"))
    hidden = await town.titles()
    await town.hear(_decision("keep"))

    assert (hidden, await town.titles()) == ([], ["Sam Sand"])


async def test_a_profile_that_was_hidden_stays_so_when_it_changes(town: Town) -> None:
    await town.hear(profile())
    await town.hear(_decision("remove"))
    await town.hear(profile(display_name="Sam S."), 2)

    assert await town.titles() == []


async def test_a_change_that_overtakes_its_predecessor_on_the_way_to_the_index_wins(town: Town) -> None:
    await town.harness.handle(hatchling(), sequence=1)
    facts = {name: getattr(hatchling(), name) for name in AnimalUpdated.__struct_fields__ if name != "changed"}
    await town.harness.handle(AnimalUpdated(**(facts | {"visibility": "private"})), sequence=2)
    first, second = await town.harness.effects
    for effect in (second, first):
        carrier = next(each for each in town.harness._carriers.values() if each.effect is type(effect))
        await carrier.carry(effect, type("Call", (), {"ports": town.ports})())

    assert await town.titles() == []


async def test_a_change_that_the_index_missed_is_told_at_the_next_start(town: Town) -> None:
    await town.harness.handle(hatchling(), sequence=1)
    await town.harness.fail_effects("the disk is full")
    missed = await town.harness.get(Document, f"animal:{ANIMAL}")
    await town.ports.index.aclose()
    await town.open_index()

    assert missed is not None and missed.missed
    assert await town.titles() == ["Kiwi"]


def _decided(kind: Any, subject_id: str, decision: Any) -> AdminModerationDecided:
    return AdminModerationDecided(
        subject_id=subject_id, subject_kind=kind, case_id=uid(60), decision=decision, admin_id=uid(61)
    )


async def test_what_an_administrator_took_out_comes_back_by_an_administrator_only(town: Town) -> None:
    await town.hear(hatchling())
    seen = []
    for said in (HideAnimal(animal_id=ANIMAL), *(_decided("animal", ANIMAL, each) for each in ("hide", "keep"))):
        await town.hear(said)
        seen.append(await town.titles())

    assert seen == [[], [], []]


async def test_an_animal_that_both_hid_comes_back_when_both_are_content(town: Town) -> None:
    await town.hear(hatchling())
    by_hand: dict[str, Any] = {"code": "BP-001", "species": "Python regius", "sex": "female", "status": "active"}
    by_hand |= {"animal_id": ANIMAL, "vivarium_id": VIVARIUM, "name": "Kiwi", "visibility": "public"}
    back = IndexAnimal(seen_version=1, lineage_status="claimed", **by_hand)
    seen = []
    for said in (_decided("animal", ANIMAL, "hide"), HideAnimal(animal_id=ANIMAL), back):
        await town.hear(said)
        seen.append(await town.titles())
    await town.hear(_decided("animal", ANIMAL, "keep"))

    assert (seen, await town.titles()) == ([[], [], []], ["Kiwi"])


async def test_a_suspended_person_and_vivarium_are_not_found(town: Town) -> None:
    await town.hear(profile())
    await town.hear(profile(profile_id=VIVARIUM, kind="org", display_name="House of Sand"))
    vivarium: Any = {"vivarium_id": VIVARIUM, "name": "House", "kind": "business", "plan": "keeper", "owner_id": SAM}
    seen = []
    for version, status in enumerate(("suspended", "active"), 2):
        changed: Any = {"changed": ("status",), "status": status}
        await town.hear(AuthUserUpdated(user_id=SAM, **changed), version)
        await town.hear(OrgUpdated(**vivarium, **changed), version)
        seen.append(await town.titles("sand"))

    assert seen == [[], ["House of Sand", "Sam Sand"]]


async def test_a_suspension_heard_before_the_profile_counts(town: Town) -> None:
    await town.hear(AuthUserUpdated(user_id=SAM, changed=("status",), status="suspended"), 2)
    await town.hear(profile())

    assert await town.titles() == []


async def test_what_the_index_could_not_be_told_of_is_told_later(town: Town) -> None:
    await town.hear(hatchling())
    facts = {name: getattr(hatchling(), name) for name in AnimalUpdated.__struct_fields__ if name != "changed"}
    await town.harness.handle(AnimalUpdated(**(facts | {"visibility": "private"})), sequence=2)
    await town.harness.fail_effects("the disk is full")
    found = await town.titles()
    await town.harness.advance(by=timedelta(hours=1))
    await town.settle()

    assert (found, await town.titles()) == (["Kiwi"], [])
    assert await town.harness.timers == {}


ERASED = AnimalArchived(animal_id=ANIMAL, vivarium_id=VIVARIUM, reason="erased")


@pytest.mark.parametrize("news", list(permutations([Step(hatchling(), 1), Step(TRANSFER, 2), Step(ERASED, 3)])))
async def test_nothing_is_kept_of_an_animal_that_was_erased_whatever_arrives_first(
    town: Town, news: tuple[Step, ...]
) -> None:
    for step in news:
        await town.hear(step.message, step.version)
    [left] = await town.harness.find(select(Document))

    assert await town.titles() == []
    assert (left.title, left.text, left.tags, left.facets, left.vivarium_id) == ("", "", [], {}, None)
    assert (left.seen_version, left.owner_version, left.ended_version) == (0, 0, 3)
