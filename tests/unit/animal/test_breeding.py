"""From the pairing to the hatchlings."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.agents.animal.clutches import ClutchClosedError
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal import breeding
from reptidex.streams.animal import (
    AnimalCreated,
    BreedingClutchHatched,
    BreedingOffspringRecorded,
    GeneticsPredictionCompleted,
    GeneticsTraitProven,
)
from reptidex.streams.commands.animal import (
    ArchiveAnimal,
    Changes,
    Done,
    Hatchling,
    PairAnimals,
    Predicted,
    PredictGenetics,
    RecordClutch,
    RegisterHatchlings,
    TellTaxonomy,
    Told,
    UpdateAnimal,
    UpdateClutch,
)
from reptidex.streams.values import Gene, Ratio
from reptidex.tables.animal.breeding import Clutch, Pairing
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.pedigrees import history_of
from tests.unit.animal.asking import Asker

HET = (Gene(locus="albino", alleles=("albino", "+"), evidence="offspring"),)
VISUAL = (Gene(locus="albino", alleles=("albino", "albino")),)
CHAMPAGNE = (Gene(locus="spider", alleles=("champagne", "+")),)


async def clutch_of(keepers: Any, sires: int = 1, laid: int = 6, **genes: Any) -> tuple[str, str, list[str]]:
    """Record a clutch of Sam's and return its id with its dam and candidates."""
    dam = await keepers.animal("female", genotype=genes.get("dam", ()))
    fathers = [await keepers.animal("male", genotype=genes.get("sire", ())) for _ in range(sires)]
    return await keepers.clutch(dam, *fathers, laid=laid), dam, fathers


def hatch(
    keepers: Any, clutch: str, count: int, finished: bool = True, on: date = date(2026, 4, 28), **more: Any
) -> RegisterHatchlings:
    return RegisterHatchlings(
        clutch_id=clutch,
        vivarium_id=keepers.sam,
        hatched_on=on,
        hatchlings=tuple(Hatchling(animal_id=keepers.id(), **more) for _ in range(count)),
        finished=finished,
    )


async def test_a_pairing_foretells_its_young_in_exact_fractions(keepers: Any) -> None:
    sire, dam = await keepers.animal("male", genotype=HET), await keepers.animal("female", genotype=HET)
    command = PairAnimals(
        pairing_id=keepers.id(), vivarium_id=keepers.sam, dam_id=dam, candidate_sire_ids=(sire,), season="2026"
    )
    paired, requested, completed = await keepers.harness.handle(command)
    odds = {outcome.label: outcome.probability for outcome in completed.outcomes}

    assert isinstance(completed, GeneticsPredictionCompleted) and requested.sire_id == sire
    assert odds == {
        "Albino": Ratio(numerator=1, denominator=4),
        "het Albino": Ratio(numerator=1, denominator=2),
        "Normal": Ratio(numerator=1, denominator=4),
    }
    assert paired.predicted == completed.outcomes


async def test_a_pairing_of_relatives_tells_the_inbreeding_of_its_young(keepers: Any) -> None:
    sire, dam = await keepers.animal("male"), await keepers.animal("female")
    young = {"born": "2024-01-01", "sire_id": sire, "dam_id": dam}
    brother, sister = await keepers.animal("male", **young), await keepers.animal("female", **young)
    command = PairAnimals(
        pairing_id=keepers.id(), vivarium_id=keepers.sam, dam_id=sister, candidate_sire_ids=(brother,), season="2026"
    )
    done = await keepers.harness.ask(command, Done)
    pairing = await keepers.harness.get(Pairing, done.id)

    assert pairing.predicted_inbreeding == Ratio(numerator=1, denominator=4)


async def test_a_lethal_class_costs_eggs_and_is_warned_of(keepers: Any) -> None:
    species = (await keepers.row(await keepers.animal())).species_id
    command = PredictGenetics(
        prediction_id=keepers.id(),
        vivarium_id=keepers.sam,
        species_id=species,
        sire_genotype=CHAMPAGNE,
        dam_genotype=CHAMPAGNE,
    )
    said = await keepers.harness.ask(command, Predicted)

    assert said.egg_loss == Ratio(numerator=1, denominator=4)
    assert {flag.severity for flag in said.warnings} == {"welfare", "lethal"}
    assert [one.probability for one in said.outcomes] == [
        Ratio(numerator=2, denominator=3),
        Ratio(numerator=1, denominator=3),
    ]


async def test_a_clutch_knows_when_it_is_due(keepers: Any) -> None:
    clutch, _, _ = await clutch_of(keepers)
    row = await keepers.harness.get(Clutch, clutch)

    assert (row.due_from, row.due_until, row.status) == (date(2026, 4, 25), date(2026, 5, 5), "incubating")


async def test_a_male_lays_no_clutch(keepers: Any) -> None:
    male = await keepers.animal("male")
    command = RecordClutch(
        clutch_id=keepers.id(), vivarium_id=keepers.sam, dam_id=male, laid_on=date(2026, 3, 1), laid=4
    )

    with pytest.raises(InvalidError):
        await keepers.harness.handle(command)


async def test_each_hatchling_is_an_animal_of_its_own(keepers: Any) -> None:
    clutch, dam, [sire] = await clutch_of(keepers)
    events = await keepers.harness.handle(hatch(keepers, clutch, 4))
    born = [event for event in events if isinstance(event, AnimalCreated)]

    assert sorted(event.code for event in born) == ["KIWI-0003", "KIWI-0004", "KIWI-0005", "KIWI-0006"]
    assert {(one.sire_id, one.dam_id, one.clutch_id, one.lineage_status) for one in born} == {
        (sire, dam, clutch, "confirmed")
    }
    assert isinstance(events[-2], BreedingOffspringRecorded) and len(events[-2].animal_ids) == 4
    assert isinstance(events[-1], BreedingClutchHatched) and events[-1].hatched == 4


async def test_what_both_parents_are_bound_to_give_is_recorded(keepers: Any) -> None:
    clutch, _, _ = await clutch_of(keepers, sire=VISUAL)
    await keepers.harness.handle(hatch(keepers, clutch, 1))
    created = next(one.data for one in reversed(keepers.harness.events) if isinstance(one.data, AnimalCreated))

    assert created.genotype == (Gene(locus="albino", alleles=("albino", "+"), evidence="parentage"),)


async def test_a_visual_hatchling_proves_its_parents(keepers: Any) -> None:
    possible = (Gene(locus="albino", alleles=("albino", "+"), probability=Ratio(numerator=2, denominator=3)),)
    clutch, dam, [sire] = await clutch_of(keepers, sire=possible)
    events = await keepers.harness.handle(hatch(keepers, clutch, 2, genotype=VISUAL))
    proven = [event for event in events if isinstance(event, GeneticsTraitProven)]
    het = (Gene(locus="albino", alleles=("albino", "+"), evidence="offspring"),)

    assert [event.animal_id for event in proven] == [sire, dam]
    assert [(await keepers.row(parent)).genotype for parent in (sire, dam)] == [het, het]


async def test_a_certain_record_that_disagrees_is_doubted_and_left_alone(keepers: Any) -> None:
    normal = (Gene(locus="albino", alleles=("+", "+")),)
    clutch, _, [sire] = await clutch_of(keepers, sire=normal, dam=HET)
    done = await keepers.harness.ask(hatch(keepers, clutch, 1, genotype=VISUAL), Done)

    assert [remark.rule for remark in done.remarks] == ["genotype"]
    assert (await keepers.row(sire)).genotype == normal


async def test_more_hatchlings_than_eggs_are_refused_whole(keepers: Any) -> None:
    clutch, _, _ = await clutch_of(keepers, laid=3)

    with pytest.raises(InvalidError):
        await keepers.harness.handle(hatch(keepers, clutch, 4))

    assert (await keepers.harness.get(Clutch, clutch)).hatched == 0


async def test_hatching_may_go_on_for_days_and_then_ends(keepers: Any) -> None:
    clutch, _, _ = await clutch_of(keepers)
    await keepers.harness.handle(hatch(keepers, clutch, 2, finished=False))
    await keepers.harness.handle(hatch(keepers, clutch, 1))

    assert (await keepers.harness.get(Clutch, clutch)).hatched == 3
    with pytest.raises(ClutchClosedError):
        await keepers.harness.handle(hatch(keepers, clutch, 1))


async def test_a_sire_among_several_is_resolved_later(keepers: Any) -> None:
    clutch, dam, [_, second] = await clutch_of(keepers, sires=2)
    command = hatch(keepers, clutch, 2)
    await keepers.harness.handle(command)
    ids = tuple(one.animal_id for one in command.hatchlings)
    unsettled = await keepers.row(ids[0])
    ask = Asker(keepers.harness)
    body = breeding.Sired(animal_ids=ids, sire_id=second, evidence="lab")
    with pytest.raises(InvalidError) as refusal:
        await ask(breeding.resolve_sire, keepers.sam, body, clutch_id=clutch)
    await ask(breeding.resolve_sire, keepers.sam, replace(body, reference="LAB-7"), clutch_id=clutch)
    settled = await keepers.row(ids[0])
    [said] = [one for one in await keepers.harness.find(history_of(ids[0])) if one.evidence == "lab"]

    assert (unsettled.sire_id, unsettled.dam_id, unsettled.lineage_status) == (None, dam, "claimed")
    place = await keepers.harness.get(Descent, ids[0])
    assert (settled.sire_id, place.sire_standing, place.dam_standing) == (second, "tested", "confirmed")
    assert settled.lineage_status == "confirmed"  # as the weaker parent
    assert refusal.value.pointer == "/reference"
    assert (said.parent_id, said.evidence, said.reference) == (second, "lab", "LAB-7")


async def test_a_sire_from_outside_the_candidates_is_refused(keepers: Any) -> None:
    clutch, _, _ = await clutch_of(keepers)
    stranger = await keepers.animal("male")

    with pytest.raises(InvalidError):
        await keepers.harness.handle(hatch(keepers, clutch, 1, sire_id=stranger))


async def test_a_clutch_of_anothers_is_answered_like_an_absent_one(keepers: Any) -> None:
    clutch, _, _ = await clutch_of(keepers)

    with pytest.raises(NotFoundError):
        await keepers.harness.handle(UpdateClutch(clutch_id=clutch, vivarium_id=keepers.bea, slugs=1))


async def test_the_catalogue_is_told_once(keepers: Any) -> None:
    first = await keepers.harness.ask(TellTaxonomy(request_id=keepers.id()), Told)
    second = await keepers.harness.ask(TellTaxonomy(request_id=keepers.id()), Told)

    assert first.species >= 3 and first.morphs >= 12
    assert second == Told(species=0, morphs=0)


async def test_young_hatch_whoever_hid_or_bought_their_parents_meanwhile(keepers: Any) -> None:
    stud = await keepers.animal("male", vivarium_id=keepers.bea, visibility="public", code="STUD-1")
    dam = await keepers.animal("female")
    one = await keepers.pairing(dam, stud)
    hide = UpdateAnimal(animal_id=stud, vivarium_id=keepers.bea, changes=Changes(visibility="private"))
    await keepers.harness.ask(hide, Done)
    died = ArchiveAnimal(animal_id=stud, vivarium_id=keepers.bea, reason="deceased", died_on=date(2022, 6, 1))
    await keepers.harness.ask(died, Done)
    clutch = await keepers.clutch(dam, pairing_id=one, laid=4)
    await keepers.hold(dam)
    await keepers.harness.handle(keepers.paid(dam))
    assert (await keepers.row(dam)).vivarium_id == keepers.bea
    eggs = RegisterHatchlings(
        clutch_id=clutch,
        vivarium_id=keepers.sam,
        hatched_on=date(2026, 4, 28),
        hatchlings=(Hatchling(animal_id=keepers.id()),),
    )
    await keepers.harness.handle(eggs)
    [young] = [each.data for each in keepers.harness.events if isinstance(each.data, AnimalCreated)][-1:]

    assert (young.sire_id, young.dam_id, young.vivarium_id) == (stud, dam, keepers.sam)


async def test_a_clutch_does_not_tell_of_a_candidate_who_is_hidden_since(keepers: Any) -> None:
    stud = await keepers.animal("male", "2000-05-01", vivarium_id=keepers.bea, visibility="public", code="STUD-1")
    dam = await keepers.animal("female")
    one = await keepers.pairing(dam, stud)
    died = ArchiveAnimal(animal_id=stud, vivarium_id=keepers.bea, reason="deceased", died_on=date(2005, 6, 1))
    await keepers.harness.ask(died, Done)
    hide = UpdateAnimal(animal_id=stud, vivarium_id=keepers.bea, changes=Changes(visibility="private"))
    await keepers.harness.ask(hide, Done)
    laid = RecordClutch(
        clutch_id=keepers.id(),
        vivarium_id=keepers.sam,
        pairing_id=one,
        dam_id=dam,
        laid_on=date(2026, 3, 1),
        laid=4,
    )

    assert (await keepers.harness.ask(laid, Done)).remarks == ()
