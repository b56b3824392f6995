"""What was recorded and turns out otherwise: what followed from it is taken back, and no record comes to contradict another."""

from datetime import date, timedelta
from typing import Any

import pytest

from reptidex.domain.catalogue.shelf import find_species
from reptidex.errors import InvalidError
from reptidex.http.animal import collection, exports, imports
from reptidex.streams.animal import AnimalUpdated, GeneticsTraitRecorded
from reptidex.streams.commands.animal import (
    ArchiveAnimal,
    Changes,
    Done,
    ResolveSire,
    SetParents,
    UpdateAnimal,
    UpdateClutch,
    ValidateLineage,
)
from reptidex.streams.commands.animal_keeping import OfferAnimal, RestoreAnimal
from reptidex.streams.commands.animal_lineage import LinkPlaceholder, ResolveParent, SetFounderInbreeding
from reptidex.tables.animal.breeding import Clutch, Pairing
from reptidex.tables.animal.journal import changes_of
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.queries import with_references
from tests.unit.animal.asking import Asker
from tests.unit.animal.test_breeding import VISUAL, clutch_of, hatch
from tests.unit.animal.test_genes import possible
from tests.unit.animal.test_imports import exported, finished, send


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def proven(keepers: Any, **sire: Any) -> tuple[str, str, str]:
    """A sire and a dam whom their visual young has proven to be hets."""
    father, mother = await keepers.animal("male", **sire), await keepers.animal("female")
    child = await keepers.animal(born="2024-07-01", sire_id=father, dam_id=mother, genotype=VISUAL)
    assert (await keepers.row(father)).genotype[0].evidence == "offspring"
    return father, mother, child


async def test_a_sire_who_is_excluded_is_proven_no_more(keepers: Any) -> None:
    sire, dam, child = await proven(keepers)
    found = ResolveParent(animal_id=child, vivarium_id=keepers.sam, role="sire", outcome="excluded", reference="R")
    await keepers.harness.handle(found)

    assert (await keepers.row(sire)).genotype == ()
    assert (await keepers.row(dam)).genotype[0].evidence == "offspring"


async def test_a_former_parent_carries_again_what_its_keeper_had_stated(keepers: Any) -> None:
    sire, dam, child = await proven(keepers, genotype=(possible(1, 2),))
    change = SetParents(animal_id=child, vivarium_id=keepers.sam, sire_id=None, dam_id=dam)
    events = await keepers.harness.handle(change)

    assert (await keepers.row(sire)).genotype == (possible(1, 2),)
    told = [one for one in events if isinstance(one, GeneticsTraitRecorded) and one.animal_id == sire]
    assert [one.posterior for one in told] == [possible(1, 2).probability]


async def test_a_former_parent_that_was_sold_is_proven_no_more_by_whom_she_is_not_the_mother_of(keepers: Any) -> None:
    sire, dam, child = await proven(keepers)
    second = await keepers.animal(born="2024-08-01", sire_id=sire, dam_id=dam, genotype=VISUAL)
    await keepers.hold(dam)
    await keepers.harness.handle(keepers.paid(dam))
    known = []
    for young in (child, second):
        await keepers.harness.handle(SetParents(animal_id=young, vivarium_id=keepers.sam, sire_id=sire, dam_id=None))
        told = await keepers.harness.advance(by=timedelta(seconds=1))
        known.append(
            ((await keepers.row(dam)).genotype, [one.animal_id for one in told if isinstance(one, AnimalUpdated)])
        )

    assert [len(genes) for genes, _ in known] == [1, 0] and [told for _, told in known] == [[], [dam]]
    [change] = [
        one
        for one in await keepers.harness.find(changes_of(dam))
        if one.action == "genes reckoned" and one.fields[-1].after == []
    ]
    assert (change.vivarium_id, change.actor) == (keepers.bea, None)


async def test_another_sire_of_the_clutch_takes_the_proof_along(keepers: Any) -> None:
    clutch, _, [first, second] = await clutch_of(keepers, sires=2)
    command = hatch(keepers, clutch, 1, genotype=VISUAL)
    await keepers.harness.handle(command)
    ids = tuple(one.animal_id for one in command.hatchlings)
    for sire in (first, second):
        resolved = ResolveSire(clutch_id=clutch, vivarium_id=keepers.sam, animal_ids=ids, sire_id=sire)
        await keepers.harness.handle(resolved)

    assert (await keepers.row(second)).genotype[0].evidence == "offspring"
    assert (await keepers.row(first)).genotype == ()


async def test_who_was_registered_by_mistake_proves_nobody_and_did_not_hatch(keepers: Any, ask: Asker) -> None:
    clutch, dam, [sire] = await clutch_of(keepers, laid=2)
    both = hatch(keepers, clutch, 2, finished=False, genotype=VISUAL)
    await keepers.harness.handle(both)
    wrong, right = (one.animal_id for one in both.hatchlings)
    for one in (wrong, right):
        await keepers.harness.handle(ArchiveAnimal(animal_id=one, vivarium_id=keepers.sam, reason="mistake"))
    row = await keepers.harness.get(Clutch, clutch)
    assert (row.hatched, row.fertile, row.status, row.hatched_on) == (0, 0, "incubating", None)
    assert (await keepers.row(sire)).genotype == () == (await keepers.row(dam)).genotype

    back = RestoreAnimal(animal_id=right, vivarium_id=keepers.sam, reason="it was there after all")
    await keepers.harness.handle(back)
    assert (await keepers.harness.get(Clutch, clutch)).hatched == 1
    assert (await keepers.row(sire)).genotype[0].evidence == "offspring"
    await keepers.harness.handle(hatch(keepers, clutch, 1))
    with pytest.raises(InvalidError):
        await keepers.harness.handle(RestoreAnimal(animal_id=wrong, vivarium_id=keepers.sam, reason="and this one"))
    answer = await ask(collection.export_collection, keepers.sam)
    file = b"".join([part async for part in answer.parts])
    job = await ask(collection.import_collection, keepers.bea, file, collection.CollectionImport(dry_run=True))
    assert job.refused == 0


async def test_a_clutch_of_a_placeholder_becomes_that_of_the_animal_it_is(keepers: Any) -> None:
    dam, sire = await keepers.animal("female", placeholder=True), await keepers.animal("male", placeholder=True)
    pairing = await keepers.pairing(dam, sire)
    clutch = await keepers.clutch(dam, pairing_id=pairing, laid_on=date(2026, 6, 1))
    keepers.harness.now = keepers.harness.now.replace(month=9)
    first = hatch(keepers, clutch, 1, finished=False, on=date(2026, 8, 1))
    await keepers.harness.handle(first)
    real = {dam: await keepers.animal("female"), sire: await keepers.animal("male")}
    for stand_in, animal in real.items():
        link = LinkPlaceholder(animal_id=stand_in, vivarium_id=keepers.sam, to_animal_id=animal)
        await keepers.harness.ask(link, Done)

    child = first.hatchlings[0].animal_id
    await keepers.harness.ask(ValidateLineage(animal_id=child, vivarium_id=keepers.sam), Done)
    assert (await keepers.row(child)).lineage_status == "confirmed"
    second = hatch(keepers, clutch, 1, on=date(2026, 8, 2))
    await keepers.harness.handle(second)
    row, pair = await keepers.row(second.hatchlings[0].animal_id), await keepers.harness.get(Pairing, pairing)
    assert (row.dam_id, row.sire_id) == (real[dam], real[sire]) == (pair.dam_id, *pair.candidate_sire_ids)


async def test_a_placeholder_is_not_handed_over(keepers: Any) -> None:
    stand_in = await keepers.animal("female", placeholder=True)
    offer = OfferAnimal(
        transfer_id=keepers.id(), animal_id=stand_in, vivarium_id=keepers.sam, to_vivarium_id=keepers.bea
    )
    with pytest.raises(InvalidError):
        await keepers.harness.handle(offer)


@pytest.mark.parametrize("day", [date(2025, 3, 1), date(2019, 3, 1), date(2026, 4, 20)])
async def test_a_clutch_is_not_moved_to_a_day_on_which_it_cannot_have_been_laid(keepers: Any, day: date) -> None:
    dam, sire = await keepers.animal("female", "2020-01-01"), await keepers.animal("male", "2020-01-01")
    pairing = await keepers.pairing(dam, sire, paired_on=date(2026, 1, 1))
    clutch = await keepers.clutch(dam, pairing_id=pairing)
    died = ArchiveAnimal(animal_id=dam, vivarium_id=keepers.sam, reason="deceased", died_on=date(2026, 4, 1))
    await keepers.harness.handle(died)
    with pytest.raises(InvalidError):
        await keepers.harness.handle(UpdateClutch(clutch_id=clutch, vivarium_id=keepers.sam, laid_on=day))


async def test_no_dam_or_candidate_of_a_clutch_becomes_what_could_not_be(keepers: Any) -> None:
    _, dam, [sire] = await clutch_of(keepers)
    sam = {"vivarium_id": keepers.sam}
    for command in (
        UpdateAnimal(animal_id=dam, changes=Changes(sex="male"), **sam),
        UpdateAnimal(animal_id=sire, changes=Changes(sex="female"), **sam),
        UpdateAnimal(animal_id=dam, changes=Changes(born_on=date(2026, 3, 2)), **sam),
        ArchiveAnimal(animal_id=dam, reason="deceased", died_on=date(2026, 2, 1), **sam),
    ):
        with pytest.raises(InvalidError, match="clutch"):
            await keepers.harness.handle(command)


async def test_a_clutch_of_which_something_hatched_is_not_lost(keepers: Any) -> None:
    clutch, _, _ = await clutch_of(keepers)
    await keepers.harness.handle(hatch(keepers, clutch, 2, finished=False))
    with pytest.raises(InvalidError):
        await keepers.harness.handle(UpdateClutch(clutch_id=clutch, vivarium_id=keepers.sam, lost=True))


async def test_the_candidates_of_a_clutch_are_corrected_after_its_dam_was_sold(keepers: Any) -> None:
    clutch, dam, [sire] = await clutch_of(keepers)
    other = await keepers.animal("male")
    await keepers.hold(dam)
    await keepers.harness.handle(keepers.paid(dam))
    await keepers.harness.handle(
        UpdateClutch(clutch_id=clutch, vivarium_id=keepers.sam, candidate_sire_ids=(sire, other))
    )

    assert (await keepers.harness.get(Clutch, clutch)).candidate_sire_ids == (sire, other)


@pytest.mark.parametrize("format_", ["csv", "json"])
async def test_hybrids_and_inbred_founders_survive_a_file(keepers: Any, ask: Asker, format_: Any) -> None:
    sire = await keepers.animal("male", species_id=next(find_species("Morelia spilota")).species_id)
    dam = await keepers.animal("female")
    child = await keepers.animal(born="2024-07-01", sire_id=sire, dam_id=dam, hybrid=True)
    await keepers.harness.handle(SetFounderInbreeding(animal_id=dam, vivarium_id=keepers.sam, inbreeding=0.125))
    file = await exported(ask, keepers.sam, format=format_)
    await finished(keepers, ask, await send(ask, keepers.bea, file, format=format_), keepers.bea)
    there = {one.external_ref: one for one in await keepers.harness.find(with_references(keepers.bea, [child, dam]))}

    places = {ref: await keepers.harness.get(Descent, one.animal_id) for ref, one in there.items()}
    assert (places[child].hybrid, places[dam].given_inbreeding, places[dam].inbreeding) == (True, 0.125, 0.125)


async def test_who_died_is_dead_in_whatever_words_a_file_says_it(keepers: Any, ask: Asker) -> None:
    body = b"external_ref,species,born,died\nX,Python regius,2019,2020-01-01\n"
    await finished(keepers, ask, await send(ask, keepers.sam, body), keepers.sam)
    [row] = await keepers.harness.find(with_references(keepers.sam, ["X"]))
    assert (row.status, row.archived_as, row.died_on) == ("deceased", "deceased", date(2020, 1, 1))

    job = await send(ask, keepers.sam, body.replace(b"01-01\n", b"02-02\n"), dry_run=True)
    assert [(one.rule, one.severity) for one in job.rows[0].problems] == [("died", "warning")]


@pytest.mark.parametrize("whole", [False, True])
async def test_a_code_that_is_another_animals_reference_misleads_no_file(keepers: Any, ask: Asker, whole: bool) -> None:
    sire, other = await keepers.animal("male", code="S-1"), await keepers.animal("male", external_ref="S-1", code="S-2")
    dam = await keepers.animal("female")
    clutch = await keepers.clutch(dam, sire)
    hatched = hatch(keepers, clutch, 1)
    await keepers.harness.handle(hatched)
    child = hatched.hatchlings[0].animal_id
    if whole:
        answer = await ask(collection.export_collection, keepers.sam)
        file = b"".join([part async for part in answer.parts])
        job = await ask(collection.import_collection, keepers.bea, file, collection.CollectionImport())
    else:
        job = await send(ask, keepers.bea, await exported(ask, keepers.sam, format="csv"), format="csv")
    assert (await finished(keepers, ask, job, keepers.bea)).refused == 0
    [young] = await keepers.harness.find(with_references(keepers.bea, [child]))

    assert (await keepers.row(young.sire_id)).external_ref == sire and other != sire
    assert (young.clutch_id is not None) == whole


async def test_a_pedigree_that_was_exported_fills_in_nobody_else(keepers: Any, ask: Asker) -> None:
    sire, child = await keepers.animal("male", "2019-01-01", code="S-1"), await keepers.animal(code="C-1")
    other = await keepers.animal(code="C-2", external_ref="C-1")
    await keepers.harness.handle(SetParents(animal_id=child, vivarium_id=keepers.sam, sire_id=sire, dam_id=None))
    answer = await ask(exports.export_pedigree, keepers.sam, query=exports.PedigreeExport())
    job = await ask(imports.import_pedigree, keepers.sam, answer.body, imports.PedigreeImport())
    await finished(keepers, ask, job, keepers.sam)

    assert (await keepers.row(other)).sire_id is None
