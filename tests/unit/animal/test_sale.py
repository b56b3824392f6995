"""Holds and transfers: one owner at any time, and no transfer without the sale's own hold."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.domain.ownership import DoubtedError, GoneError, HeldError, StaleHoldError, price_class, refusal
from reptidex.errors import NotFoundError
from reptidex.streams.animal import AnimalTransferred, AnimalTransferRejected, AnimalUpdated
from reptidex.streams.commands.animal import ArchiveAnimal, ReleaseAnimal
from reptidex.streams.commands.animal_keeping import OfferAnimal
from reptidex.tables.animal.pedigrees import lines_of
from reptidex.tables.animal.queries import owners_of

OTHER = "eeeeeeee-0000-7000-8000-000000000000"


def release(keepers: Any, animal: str) -> ReleaseAnimal:
    return ReleaseAnimal(animal_id=animal, transaction_id=keepers.sale)


def give(keepers: Any, animal: str) -> OfferAnimal:
    offer = {"transfer_id": keepers.id(), "animal_id": animal}
    return OfferAnimal(**offer, vivarium_id=keepers.sam, to_vivarium_id=keepers.bea)


async def test_a_held_animal_is_neither_archived_nor_given_nor_sold_elsewhere(keepers: Any) -> None:
    animal = await keepers.animal()
    await keepers.hold(animal)

    for command in (
        ArchiveAnimal(animal_id=animal, vivarium_id=keepers.sam, reason="mistake"),
        give(keepers, animal),
    ):
        with pytest.raises(HeldError):
            await keepers.harness.handle(command)
    with pytest.raises(HeldError):
        await keepers.hold(animal, OTHER)


async def test_a_repeated_hold_gets_the_same_token(keepers: Any) -> None:
    animal = await keepers.animal()

    assert await keepers.hold(animal) == await keepers.hold(animal)


async def test_a_hold_that_was_given_back_cannot_be_taken_again(keepers: Any) -> None:
    animal = await keepers.animal()
    await keepers.hold(animal)
    await keepers.harness.handle(release(keepers, animal))

    with pytest.raises(StaleHoldError):
        await keepers.hold(animal)

    assert (await keepers.row(animal)).held_by is None


async def test_a_release_that_overtakes_its_hold_wins(keepers: Any) -> None:
    animal = await keepers.animal()
    await keepers.harness.handle(release(keepers, animal))

    with pytest.raises(StaleHoldError):
        await keepers.hold(animal)


async def test_nobody_holds_what_is_gone_or_anothers(keepers: Any) -> None:
    dead, foreign = await keepers.animal(), await keepers.animal(vivarium_id=keepers.bea)
    await keepers.harness.handle(ArchiveAnimal(animal_id=dead, vivarium_id=keepers.sam, reason="deceased"))

    with pytest.raises(GoneError):
        await keepers.hold(dead)
    with pytest.raises(NotFoundError):
        await keepers.hold(foreign)


@pytest.mark.parametrize("status", ["disputed", "rejected"])
async def test_what_a_paid_sale_would_be_refused_for_is_refused_before_it_is_paid(keepers: Any, status: Any) -> None:
    animal = await keepers.animal()
    await keepers.harness.put(replace(await keepers.row(animal), lineage_status=status))

    with pytest.raises(DoubtedError):
        await keepers.hold(animal)

    assert (await keepers.row(animal)).held_by is None


async def test_a_hold_lapses_at_its_deadline(keepers: Any) -> None:
    animal = await keepers.animal()
    await keepers.hold(animal)
    await keepers.harness.advance(by=timedelta(hours=2))

    assert (await keepers.row(animal)).held_by is None
    assert await keepers.hold(animal, OTHER)


async def test_a_paid_animal_moves_to_its_buyer(keepers: Any) -> None:
    animal = await keepers.animal(born="2024-01-01", notes="bites")
    await keepers.hold(animal)
    transferred, updated = await keepers.harness.handle(keepers.paid(animal))
    row = await keepers.row(animal)

    assert isinstance(transferred, AnimalTransferred) and isinstance(updated, AnimalUpdated)
    assert (transferred.from_vivarium_id, transferred.to_vivarium_id) == (keepers.sam, keepers.bea)
    assert (transferred.code, transferred.price_class, transferred.generation) == ("BEA-0001", "middle", 4)
    assert (row.vivarium_id, row.held_by, row.notes) == (keepers.bea, None, "")


async def test_the_history_has_one_owner_at_any_time(keepers: Any) -> None:
    animal = await keepers.animal()
    await keepers.hold(animal)
    await keepers.harness.handle(keepers.paid(animal))
    first, second = await keepers.harness.find(owners_of(animal))

    assert (first.vivarium_id, first.until) == (keepers.sam, second.since)
    assert (second.vivarium_id, second.until, second.how, second.number) == (keepers.bea, None, "sale", 2)


async def test_the_same_sale_told_again_moves_nothing(keepers: Any) -> None:
    animal = await keepers.animal()
    await keepers.hold(animal)
    await keepers.harness.handle(keepers.paid(animal))

    assert await keepers.harness.handle(keepers.paid(animal)) == []


async def test_a_pedigree_survives_the_transfer_unchanged(keepers: Any) -> None:
    sire, dam = await keepers.animal("male"), await keepers.animal("female")
    animal = await keepers.animal(born="2024-01-01", sire_id=sire, dam_id=dam)
    before = (await lines_of(keepers.harness, [animal])).pedigree
    await keepers.hold(animal)
    await keepers.harness.handle(keepers.paid(animal))

    assert (await lines_of(keepers.harness, [animal])).pedigree == before


@pytest.mark.parametrize(
    ("step", "reason"), [("none", "stale"), ("released", "stale"), ("foreign", "owner"), ("other", "held")]
)
async def test_a_sale_without_its_hold_is_rejected(keepers: Any, step: str, reason: str) -> None:
    animal = await keepers.animal(vivarium_id=keepers.bea if step == "foreign" else keepers.sam)
    if step == "released":
        await keepers.hold(animal)
        await keepers.harness.handle(release(keepers, animal))
    if step == "other":
        await keepers.hold(animal, OTHER)
    owner = (await keepers.row(animal)).vivarium_id
    [rejected] = await keepers.harness.handle(keepers.paid(animal))

    assert isinstance(rejected, AnimalTransferRejected) and rejected.reason == reason
    assert (await keepers.row(animal)).vivarium_id == owner


async def test_an_animal_that_does_not_exist_is_rejected_as_missing(keepers: Any) -> None:
    [rejected] = await keepers.harness.handle(keepers.paid(OTHER))

    assert rejected.reason == "missing"


async def test_a_paid_sale_whose_hold_only_lapsed_still_goes_through(keepers: Any) -> None:
    animal = await keepers.animal()
    await keepers.hold(animal)
    await keepers.harness.advance(by=timedelta(hours=2))
    transferred, _ = await keepers.harness.handle(keepers.paid(animal))

    assert isinstance(transferred, AnimalTransferred)


async def test_after_a_rejection_the_sale_stays_rejected(keepers: Any) -> None:
    animal = await keepers.animal()
    await keepers.harness.handle(keepers.paid(animal))

    with pytest.raises(StaleHoldError):
        await keepers.hold(animal)
    assert await keepers.harness.handle(keepers.paid(animal)) == []


@pytest.mark.parametrize(
    ("amount", "currency", "name"),
    [
        (0, "USD", "gift"),
        (9_999, "USD", "low"),
        (10_000, "EUR", "middle"),
        (300, "JPY", "middle"),
        (10**7, "USD", "top"),
    ],
)
def test_a_price_is_reduced_to_its_class(amount: int, currency: str, name: str) -> None:
    assert price_class(amount, currency) == name


def test_a_disputed_lineage_is_not_sold() -> None:
    sale = {"owner": "a", "seller": "a", "status": "active", "held_by": "t", "transaction_id": "t", "hold": "held"}

    assert refusal(lineage="disputed", **sale) == "disputed"
    assert refusal(lineage="claimed", **sale) is None
