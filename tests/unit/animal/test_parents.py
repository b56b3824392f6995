"""Setting parents: what is refused, what is doubted, and what is told to those who draw and index."""

from typing import Any

import pytest

from reptidex.domain.lineage import ParentsRefusedError
from reptidex.errors import InvalidError
from reptidex.streams.animal import AnimalUpdated, LineageUpdated, LineageValidated, PedigreeGenerated
from reptidex.streams.commands.animal import Changes, Done, DrawUpPedigree, SetParents, UpdateAnimal, ValidateLineage


def parents(keepers: Any, animal: str, sire: str | None, dam: str | None) -> SetParents:
    return SetParents(animal_id=animal, vivarium_id=keepers.sam, sire_id=sire, dam_id=dam)


async def pair(keepers: Any) -> tuple[str, str]:
    return await keepers.animal("male"), await keepers.animal("female")


async def test_new_parents_tell_the_lineage_and_its_standing(keepers: Any) -> None:
    sire, dam = await pair(keepers)
    child = await keepers.animal(born="2024-07-01")
    updated, lineage, validated = await keepers.harness.handle(parents(keepers, child, sire, dam))

    assert isinstance(updated, AnimalUpdated) and (updated.sire_id, updated.dam_id) == (sire, dam)
    assert isinstance(lineage, LineageUpdated) and (lineage.generation, lineage.inbreeding_after) == (1, 0.0)
    assert isinstance(validated, LineageValidated) and validated.status == "claimed"


async def test_the_young_of_siblings_have_a_quarter_and_are_doubted(keepers: Any) -> None:
    sire, dam = await pair(keepers)
    brother = await keepers.animal("male", "2023-07-01", sire_id=sire, dam_id=dam)
    sister = await keepers.animal("female", "2023-07-01", sire_id=sire, dam_id=dam)
    child = await keepers.animal(born="2025-07-01")
    done = await keepers.harness.ask(parents(keepers, child, brother, sister), Done)
    lineage = keepers.harness.events[-2].data

    assert [remark.rule for remark in done.remarks] == ["inbreeding"]
    assert (lineage.inbreeding_before, lineage.inbreeding_after, lineage.generation) == (0.0, 0.25, 2)


async def test_a_changed_ancestor_names_all_its_descendants(keepers: Any) -> None:
    sire, dam = await pair(keepers)
    child = await keepers.animal("male", "2023-07-01")
    grandchild = await keepers.animal(born="2025-07-01", sire_id=child)
    events = await keepers.harness.handle(parents(keepers, child, sire, dam))

    assert events[1].descendants == (grandchild,)


@pytest.mark.parametrize(
    ("sire", "dam"), [("female", "female"), ("male", "male"), ("same", "female"), ("younger", "female")]
)
async def test_impossible_parents_are_refused_and_nothing_changes(keepers: Any, sire: str, dam: str) -> None:
    child = await keepers.animal("male", "2024-07-01")
    born = "2025-01-01" if sire == "younger" else "2022-05-01"
    father = child if sire == "same" else await keepers.animal("male" if sire == "younger" else sire, born)
    mother = await keepers.animal(dam)

    with pytest.raises(ParentsRefusedError):
        await keepers.harness.handle(parents(keepers, child, father, mother))

    assert (await keepers.row(child)).sire_id is None


async def test_a_circle_is_refused_however_long_it_is(keepers: Any) -> None:
    ages = {"born_on": None, "birth_precision": "unknown"}
    first = await keepers.animal("male", **ages)
    last = first
    for _ in range(12):
        last = await keepers.animal("male", sire_id=last, **ages)

    with pytest.raises(ParentsRefusedError) as refusal:
        await keepers.harness.handle(parents(keepers, first, last, None))

    assert [remark.rule for remark in refusal.value.remarks] == ["cycle"]


async def test_a_strangers_private_animal_cannot_be_named_as_parent(keepers: Any) -> None:
    hidden = await keepers.animal("male", vivarium_id=keepers.bea)
    child = await keepers.animal(born="2024-07-01")

    with pytest.raises(InvalidError):
        await keepers.harness.handle(parents(keepers, child, hidden, None))


async def test_a_parent_that_was_hidden_later_stays_a_parent(keepers: Any) -> None:
    stud = await keepers.animal("male", vivarium_id=keepers.bea, visibility="public")
    child = await keepers.animal(born="2024-07-01", sire_id=stud)
    hide = UpdateAnimal(animal_id=stud, vivarium_id=keepers.bea, changes=Changes(visibility="private"))
    await keepers.harness.handle(hide)
    dam = await keepers.animal("female")
    await keepers.harness.handle(parents(keepers, child, stud, dam))

    assert (await keepers.row(child)).sire_id == stud


async def test_the_same_parents_again_say_nothing(keepers: Any) -> None:
    sire, dam = await pair(keepers)
    child = await keepers.animal(born="2024-07-01", sire_id=sire, dam_id=dam)

    assert await keepers.harness.handle(parents(keepers, child, sire, dam)) == []


async def test_a_check_says_what_it_found(keepers: Any) -> None:
    sire, dam = await pair(keepers)
    child = await keepers.animal(born="2024-07-01", sire_id=sire, dam_id=dam)
    [event] = await keepers.harness.handle(ValidateLineage(animal_id=child, vivarium_id=keepers.sam))

    assert (event.status, event.previous_status, event.findings) == ("claimed", "claimed", ())


async def test_a_drawn_up_pedigree_has_a_digest_of_who_stands_where(keepers: Any) -> None:
    sire, dam = await pair(keepers)
    child = await keepers.animal(born="2024-07-01", sire_id=sire)
    draw = DrawUpPedigree(animal_id=child, vivarium_id=keepers.sam, generations=2)
    [before] = await keepers.harness.handle(draw)
    [again] = await keepers.harness.handle(draw)
    await keepers.harness.handle(parents(keepers, child, sire, dam))
    [after] = await keepers.harness.handle(draw)

    assert isinstance(before, PedigreeGenerated) and before.digest == again.digest != after.digest
    assert (before.completeness, after.completeness) == (0.25, 0.5)


async def test_two_keepers_who_name_a_parent_each_at_once_both_have_their_way(keepers: Any) -> None:
    sire, dam, child = (
        await keepers.animal("male"),
        await keepers.animal("female"),
        await keepers.animal(born="2024-07-01"),
    )
    one, other = (  # as both were sent before either was handled
        SetParents(animal_id=child, vivarium_id=keepers.sam, sire_id=sire),
        SetParents(animal_id=child, vivarium_id=keepers.sam, dam_id=dam),
    )
    for command in (one, other):
        await keepers.harness.handle(command)
    row = await keepers.row(child)

    assert (row.sire_id, row.dam_id) == (sire, dam)
