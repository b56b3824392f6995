"""Whatever keepers do, in whatever order: the figures kept with each animal are those of the whole pedigree worked out anew."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reptidex.errors import ReptidexError
from reptidex.http.animal import imports
from reptidex.services.animal import SERVICE
from reptidex.streams.commands.animal import (
    ArchiveAnimal,
    Done,
    RegisterAnimal,
    SetParents,
    ValidateLineage,
)
from reptidex.streams.commands.animal_keeping import RestoreAnimal
from reptidex.streams.commands.animal_lineage import (
    DisputeParent,
    LinkPlaceholder,
    ResolveParent,
    SetFounderInbreeding,
)
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.said import STRENGTH
from reptidex.tables.query import select
from reptidex.testing import UnitHarness
from tests.unit.animal.asking import Asker
from tests.unit.animal.conftest import BALL, NOW, Keepers

Parents = dict[str, tuple[str | None, str | None]]


def kinship(parents: Parents, given_: dict[str, float], deep: dict[str, int], one: str, other: str) -> float:
    """Work out kinship by its definition, without remembering anything."""
    if deep[one] < deep[other]:
        one, other = other, one
    sire, dam = parents[one]
    if one == other:
        return (1 + inbreeding(parents, given_, deep, one)) / 2
    return sum(kinship(parents, given_, deep, parent, other) for parent in (sire, dam) if parent) / 2


def inbreeding(parents: Parents, given_: dict[str, float], deep: dict[str, int], one: str) -> float:
    """Work out Wright's F by its definition."""
    sire, dam = parents[one]
    if sire and dam:
        return kinship(parents, given_, deep, sire, dam)
    return 0.0 if sire or dam else given_.get(one, 0.0)


def depth(parents: Parents, one: str) -> int:
    """Count the generations of the longest line. Raises `RecursionError` in a circle."""
    return max((depth(parents, parent) + 1 for parent in parents[one] if parent), default=0)


def equivalents(parents: Parents, one: str) -> float:
    """Sum up the known ancestors, each by its share."""
    return sum((1 + equivalents(parents, parent)) / 2 for parent in parents[one] if parent)


async def check(keepers: Keepers) -> None:
    """Compare what is kept with what the records say."""
    rows = await keepers.harness.find(select(Animal))
    places = {one.animal_id: one for one in await keepers.harness.find(select(Descent))}
    parents: Parents = {one.animal_id: (one.sire_id, one.dam_id) for one in rows}
    given_ = {key: one.given_inbreeding for key, one in places.items() if one.given_inbreeding}
    deep = {key: depth(parents, key) for key in parents}
    for one in rows:
        place = places[one.animal_id]
        assert place.parents == (one.sire_id, one.dam_id)
        assert place.inbreeding == inbreeding(parents, given_, deep, one.animal_id)
        assert (place.generation, place.equivalents) == (deep[one.animal_id], equivalents(parents, one.animal_id))
        stands = [each for each in (place.sire_standing, place.dam_standing) if each]
        assert one.lineage_status == min(stands, key=STRENGTH.index, default="claimed")
        for parent, standing in ((one.sire_id, place.sire_standing), (one.dam_id, place.dam_standing)):
            assert (parent is None) == (standing in (None, "rejected"))


numbers = st.integers(0, 11)
step = st.one_of(
    st.tuples(st.just("parents"), numbers, numbers, numbers),
    st.tuples(st.just("parents"), numbers, numbers, numbers),
    st.tuples(st.just("one parent"), numbers, numbers, numbers),
    st.tuples(st.just("given"), numbers, st.sampled_from([0, 1, 2]), numbers),
    st.tuples(st.just("link"), numbers, numbers, numbers),
    st.tuples(st.just("excluded"), numbers, numbers, numbers),
    st.tuples(st.just("disputed"), numbers, numbers, numbers),
    st.tuples(st.just("withdrawn"), numbers, numbers, numbers),
    st.tuples(st.just("file"), numbers, numbers, numbers),
    st.tuples(st.just("gone"), numbers, numbers, numbers),
    st.tuples(st.just("checked"), numbers, numbers, numbers),
)


async def take(keepers: Keepers, ask: Asker, animals: list[str], what: str, one: int, two: int, three: int) -> None:
    """Do something, or be refused."""
    males, females = animals[::2], animals[1::2]
    animal, sire, dam = animals[one], males[two // 2], females[three // 2]
    role: Any = "sire" if two % 2 else "dam"
    handle, sam = keepers.harness.handle, keepers.sam
    keepers.harness.now += timedelta(seconds=1)
    match what:
        case "parents":
            await handle(SetParents(animal_id=animal, vivarium_id=sam, sire_id=sire, dam_id=dam))
        case "one parent":
            either = (sire, None) if three % 2 else (None, dam)
            await handle(SetParents(animal_id=animal, vivarium_id=sam, sire_id=either[0], dam_id=either[1]))
        case "given":
            await handle(SetFounderInbreeding(animal_id=animal, vivarium_id=sam, inbreeding=two / 4 or None))
        case "link":
            await handle(LinkPlaceholder(animal_id=animal, vivarium_id=sam, to_animal_id=animals[two]))
        case "excluded" | "withdrawn":
            outcome: Any = what
            await handle(
                ResolveParent(animal_id=animal, vivarium_id=sam, role=role, outcome=outcome, reference="R", note="n")
            )
        case "disputed":
            await handle(DisputeParent(animal_id=animal, vivarium_id=sam, role=role, note="n"))
        case "file":
            body = f"external_ref,species,sire,dam\n{animal},Python regius,{sire},N{three}\nN{three},Python regius,,{dam}\n"
            wanted = imports.AnimalImport(on_error="skip")
            await ask(imports.import_animals, sam, body.encode(), wanted)
            await keepers.harness.advance(by=timedelta(seconds=1))
        case "gone":
            if (await keepers.row(animal)).status == "archived":
                await handle(RestoreAnimal(animal_id=animal, vivarium_id=sam, reason="back"))
            else:
                await handle(ArchiveAnimal(animal_id=animal, vivarium_id=sam, reason="mistake"))
        case "checked":
            await handle(ValidateLineage(animal_id=animal, vivarium_id=sam))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(step, min_size=5, max_size=25))
async def test_figures_are_those_of_the_whole_pedigree_whatever_is_done(steps: list[tuple[str, int, int, int]]) -> None:
    async with await UnitHarness.open(SERVICE.agents, Animal, now=NOW) as harness:
        keepers, ask = Keepers(harness), Asker(harness)
        await keepers.join(keepers.sam, "Kiwi Reptiles")
        animals = []
        for number in range(12):
            command = RegisterAnimal(
                animal_id=keepers.id(),
                vivarium_id=keepers.sam,
                species_id=BALL,
                sex="female" if number % 2 else "male",
                placeholder=number in (0, 1, 4, 5),
            )
            animals.append((await harness.ask(command, Done)).id)
        for each in steps:
            try:
                await take(keepers, ask, animals, *each)
            except ReptidexError:
                continue
            await check(keepers)


async def test_a_file_that_fills_in_the_one_parent_says_nothing_of_the_other(keepers: Any) -> None:
    ask, sire = Asker(keepers.harness), await keepers.animal("male", "2019-01-01")
    dam = await keepers.animal("female", "2019-01-01")
    child = await keepers.animal(sire_id=sire)
    found = ResolveParent(animal_id=child, vivarium_id=keepers.sam, role="sire", outcome="excluded", reference="R")
    await keepers.harness.handle(found)
    body = f"external_ref,species,dam\n{child},Python regius,{dam}\n".encode()
    await ask(imports.import_animals, keepers.sam, body, imports.AnimalImport())
    await keepers.harness.advance(by=timedelta(seconds=1))
    place = await keepers.harness.get(Descent, child)

    assert (place.dam_id, place.dam_standing, place.sire_standing) == (dam, "claimed", "rejected")
    assert (await keepers.row(child)).lineage_status == "rejected"
