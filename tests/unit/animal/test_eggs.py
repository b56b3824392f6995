"""Clutches and litters from laying to the end of hatching."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.domain.catalogue.shelf import find_species
from reptidex.domain.ownership import GoneError
from reptidex.errors import InvalidError
from reptidex.streams.animal import (
    BreedingClutchCreated,
    BreedingClutchHatched,
    BreedingClutchUpdated,
)
from reptidex.streams.commands.animal import (
    ArchiveAnimal,
    Done,
    PairAnimals,
    RecordClutch,
    UpdateClutch,
)
from reptidex.streams.commands.animal_breeding import (
    CandleClutch,
    IncubateClutch,
)
from reptidex.streams.commands.animal_keeping import OfferAnimal, SettleOffer
from reptidex.tables.animal.breeding import Pairing
from tests.unit.animal.breeding_world import SKINK, clutch, hatch, pairing, row_of

GARGOYLE = next(find_species("Rhacodactylus auriculatus")).species_id


async def test_a_clutch_is_laid_after_its_pairing_began(keepers: Any) -> None:
    one = await pairing(keepers)

    with pytest.raises(InvalidError, match="before its pairing"):
        await clutch(keepers, one, laid_on=date(2025, 10, 1))


async def test_an_unusual_clutch_comes_back_with_remarks(keepers: Any) -> None:
    one = await pairing(keepers)
    await clutch(keepers, one)
    row = await keepers.harness.get(Pairing, one)
    command = RecordClutch(
        clutch_id=keepers.id(),
        vivarium_id=keepers.sam,
        dam_id=row.dam_id,
        laid_on=date(2026, 3, 4),
        laid=20,
    )
    done = await keepers.harness.ask(command, Done)

    assert [remark.rule for remark in done.remarks] == ["clutch.size", "clutch.overlap"]


async def test_the_due_window_is_told_when_it_opens_and_when_it_has_passed(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers), laid_on=date(2026, 5, 20))
    opened = await keepers.harness.advance(datetime(2026, 7, 14, tzinfo=UTC))
    passed = await keepers.harness.advance(datetime(2026, 8, 1, tzinfo=UTC))

    assert [(event.clutch_id, event.changed) for event in opened] == [(one, ("due",))]
    assert [(event.changed, event.due_until) for event in passed] == [(("overdue",), date(2026, 7, 24))]
    assert not [name for name in await keepers.harness.timers if name.startswith("clutch:")]


async def test_what_has_hatched_or_was_recorded_long_afterwards_is_not_told_as_due(keepers: Any) -> None:
    old = await pairing(keepers)
    await clutch(keepers, old, laid_on=date(2026, 1, 1))
    fresh = await clutch(keepers, await pairing(keepers), laid_on=date(2026, 4, 10))
    assert [name for name in await keepers.harness.timers if name.startswith("clutch:")] == [f"clutch:{fresh}"]

    await keepers.harness.handle(hatch(keepers, fresh, (), hatched_on=date(2026, 6, 1), finished=False))
    assert not await keepers.harness.advance(by=timedelta(days=90))


async def test_counted_fertile_eggs_bound_what_hatches(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers), fertile=2, slugs=1)
    with pytest.raises(InvalidError, match="fertile eggs counted"):
        await keepers.harness.handle(hatch(keepers, one, (), (), ()))
    await keepers.harness.handle(hatch(keepers, one, (), (), finished=False))

    with pytest.raises(InvalidError):
        await keepers.harness.handle(UpdateClutch(clutch_id=one, vivarium_id=keepers.sam, dead_in_egg=1))
    assert (await row_of(keepers, one)).hatched == 2


async def test_hatching_over_several_days_keeps_its_first_and_last_day(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers))
    await keepers.harness.handle(hatch(keepers, one, (), hatched_on=date(2026, 4, 30), finished=False))
    await keepers.harness.handle(hatch(keepers, one, (), hatched_on=date(2026, 4, 27), finished=False))
    [ended] = await keepers.harness.handle(
        UpdateClutch(clutch_id=one, vivarium_id=keepers.sam, finished=True, dead_in_egg=1)
    )
    row = await row_of(keepers, one)

    assert isinstance(ended, BreedingClutchHatched) and (ended.hatched, ended.dead_in_egg, ended.fertile) == (2, 1, 3)
    assert (row.first_hatched_on, row.hatched_on, row.status) == (date(2026, 4, 27), date(2026, 4, 30), "hatched")


async def test_a_clutch_of_which_nothing_hatched_cannot_be_finished(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers))

    with pytest.raises(InvalidError, match="lost"):
        await keepers.harness.handle(UpdateClutch(clutch_id=one, vivarium_id=keepers.sam, finished=True))


async def test_another_laying_day_moves_the_due_window(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers))
    [told] = await keepers.harness.handle(
        UpdateClutch(clutch_id=one, vivarium_id=keepers.sam, laid_on=date(2026, 5, 1))
    )

    assert isinstance(told, BreedingClutchUpdated) and told.changed == ("laid_on",)
    assert (told.due_from, told.due_until) == (date(2026, 6, 25), date(2026, 7, 5))


async def test_a_litter_has_no_eggs_that_lie(keepers: Any) -> None:
    dam = await keepers.animal("female", species_id=SKINK)
    command = RecordClutch(
        clutch_id=keepers.id(), vivarium_id=keepers.sam, dam_id=dam, laid_on=date(2026, 5, 1), laid=12, slugs=1
    )
    [born] = await keepers.harness.handle(command)

    assert isinstance(born, BreedingClutchCreated) and (born.kind, born.due_from) == ("litter", None)
    with pytest.raises(InvalidError, match="litter"):
        await keepers.harness.handle(
            IncubateClutch(
                clutch_id=born.clutch_id, vivarium_id=keepers.sam, method="incubator", since=date(2026, 5, 1)
            )
        )


async def test_eggs_are_moved_and_candled(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers))

    async def move(since: date, **more: Any) -> None:
        await keepers.harness.handle(
            IncubateClutch(clutch_id=one, vivarium_id=keepers.sam, method="incubator", since=since, **more)
        )

    await move(date(2026, 3, 1), celsius=31.5, place="box 1")
    await move(date(2026, 3, 20), celsius=32.0, celsius_low=30.0, place="box 2")
    with pytest.raises(InvalidError):
        await move(date(2026, 2, 1))
    [told] = await keepers.harness.handle(
        CandleClutch(clutch_id=one, vivarium_id=keepers.sam, on_day=date(2026, 3, 5), good=4, bad=2, counts=True)
    )
    row = await row_of(keepers, one)

    assert [(entry.place, entry.celsius) for entry in row.incubation] == [("box 1", 31.5), ("box 2", 32.0)]
    assert set(told.changed) == {"fertile", "slugs"} and (row.fertile, row.slugs, row.fertile_counted) == (4, 2, True)
    with pytest.raises(InvalidError, match="laid"):
        await keepers.harness.handle(
            CandleClutch(clutch_id=one, vivarium_id=keepers.sam, on_day=date(2026, 3, 6), good=7)
        )


async def test_a_clutch_may_have_a_sire_who_is_sold_or_dead_since_they_met(keepers: Any) -> None:
    one = await pairing(keepers)
    row = await keepers.harness.get(Pairing, one)
    [sire] = row.candidate_sire_ids
    offer = {"transfer_id": keepers.id(), "animal_id": sire}
    await keepers.harness.handle(OfferAnimal(**offer, vivarium_id=keepers.sam, to_vivarium_id=keepers.bea))
    await keepers.harness.handle(SettleOffer(**offer, vivarium_id=keepers.bea, how="accepted"))
    laid = await clutch(keepers, one)
    with pytest.raises(InvalidError, match="no animal"):
        await keepers.harness.handle(
            RecordClutch(
                clutch_id=keepers.id(),
                vivarium_id=keepers.sam,
                dam_id=row.dam_id,
                candidate_sire_ids=(sire,),
                laid_on=date(2026, 5, 1),
                laid=5,
            )
        )

    assert (await row_of(keepers, laid)).candidate_sire_ids == (sire,)


async def test_a_dead_dam_lays_nothing_and_a_sire_dead_beyond_stored_sperm_is_doubted(keepers: Any) -> None:
    sire = await keepers.animal("male", species_id=GARGOYLE)
    dam = await keepers.animal("female", species_id=GARGOYLE)
    for animal, day in ((sire, date(2026, 2, 1)), (dam, date(2026, 4, 1))):
        await keepers.harness.handle(
            ArchiveAnimal(animal_id=animal, vivarium_id=keepers.sam, reason="deceased", died_on=day)
        )
    command = RecordClutch(
        clutch_id=keepers.id(),
        vivarium_id=keepers.sam,
        dam_id=dam,
        candidate_sire_ids=(sire,),
        laid_on=date(2026, 3, 1),
        laid=2,
    )
    done = await keepers.harness.ask(command, Done)

    assert [remark.rule for remark in done.remarks] == ["clutch.sire"]
    with pytest.raises(InvalidError, match="before its dam dies"):
        await keepers.harness.handle(replace(command, clutch_id=keepers.id(), laid_on=date(2026, 5, 1)))
    with pytest.raises(GoneError):
        await keepers.harness.handle(
            PairAnimals(
                pairing_id=keepers.id(), vivarium_id=keepers.sam, dam_id=dam, candidate_sire_ids=(sire,), season="x"
            )
        )
