"""What is recorded of genes is what all records say: it depends neither on the way there nor on who was reckoned last."""

from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reptidex.errors import ReptidexError
from reptidex.services.animal import SERVICE
from reptidex.streams.commands.animal import ArchiveAnimal, Changes, SetParents, UpdateAnimal
from reptidex.streams.commands.animal_genetics import RelearnKin
from reptidex.streams.commands.animal_keeping import RestoreAnimal
from reptidex.streams.values import Gene
from reptidex.tables.animal.models import Animal
from reptidex.testing import UnitHarness
from tests.unit.animal.conftest import NOW, Keepers
from tests.unit.animal.test_genes import HET, VISUAL, hatched, lab_test, possible

PASTEL = Gene(locus="pastel", alleles=("pastel", "+"))
STATED: list[tuple[Gene, ...]] = [
    (),
    (),
    (VISUAL,),
    (possible(1, 2),),
    (PASTEL,),
]
BORN = ("2016-01-01", "2016-01-01", "2019-01-01", "2019-01-01", "2022-01-01", "2022-01-01")
parents = st.tuples(st.sampled_from((None, 0, 2)), st.sampled_from((None, 1, 3)))


async def herd(keepers: Keepers, stated: list[tuple[Gene, ...]]) -> list[str]:
    return [
        await keepers.animal("female" if number % 2 else "male", born, genotype=genes)
        for number, (born, genes) in enumerate(zip(BORN, stated, strict=True))
    ]


async def give(keepers: Keepers, animals: list[str], young: int, pair: tuple[int | None, int | None]) -> None:
    sire, dam = (animals[one] if one is not None else None for one in pair)
    change = SetParents(animal_id=animals[young], vivarium_id=keepers.sam, sire_id=sire, dam_id=dam)
    try:
        await keepers.harness.handle(change)
    except ReptidexError:
        return


async def recorded(keepers: Keepers, animals: list[str]) -> list[Any]:
    rows = [await keepers.row(one) for one in animals]
    return [sorted((gene.locus, gene.alleles, str(gene.probability)) for gene in row.genotype) for row in rows]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(STATED), min_size=6, max_size=6),
    st.lists(st.tuples(st.integers(2, 5), parents, st.booleans()), max_size=6),
    st.tuples(parents, parents),
)
# That a young once proved one of them Pastel says nothing of how that one looks otherwise.
@example([(), (), (), (VISUAL,), (), (PASTEL,)], [(5, (0, 3), False)], ((None, None), (0, 1)))
async def test_a_detour_over_other_parents_leaves_no_trace(
    stated: list[tuple[Gene, ...]], detour: list[tuple[int, Any, bool]], end: tuple[Any, Any]
) -> None:
    known = []
    for way in (detour, []):
        async with await UnitHarness.open(SERVICE.agents, Animal, now=NOW) as harness:
            keepers = Keepers(harness)
            await keepers.join(keepers.sam, "Kiwi Reptiles")
            animals = await herd(keepers, stated)
            for young, pair, mistaken in way:
                await give(keepers, animals, young, pair)
                if mistaken:
                    archive = ArchiveAnimal(animal_id=animals[young], vivarium_id=keepers.sam, reason="mistake")
                    await harness.handle(archive)
                    await harness.handle(RestoreAnimal(animal_id=animals[young], vivarium_id=keepers.sam, reason="no"))
            for young in (2, 3):
                await give(keepers, animals, young, (None, None))
            for young, pair in zip((4, 5), end, strict=True):
                await give(keepers, animals, young, pair)
            known.append(await recorded(keepers, animals))
    assert known[0] == known[1]


async def act(keepers: Keepers, animals: list[str], deed: tuple[Any, ...]) -> None:
    """Do something to a herd that may tell of its genes; what is refused is not done."""
    kind, one, *what = deed
    one = one % len(animals)
    mine: dict[str, Any] = {"animal_id": animals[one], "vivarium_id": keepers.sam}
    try:
        match kind:
            case "parents":
                await give(keepers, animals, one, what[0])
            case "genes":
                await keepers.harness.handle(UpdateAnimal(**mine, changes=Changes(genotype=what[0])))
            case "test":
                await keepers.harness.handle(lab_test(keepers, animals[one], *what[0]))
            case "mistake":
                await keepers.harness.handle(ArchiveAnimal(**mine, reason="mistake"))
            case "clutch":
                sire, dam = what[0]
                animals += (await hatched(keepers, animals[sire], animals[dam], 1 + one % 2, genotype=what[1]))[1]
    except ReptidexError:
        return


genes = st.sampled_from([*STATED, (HET,)])
anybody = st.integers(0, 9)
deeds = st.one_of(
    st.tuples(st.just("parents"), anybody, parents),
    st.tuples(st.just("genes"), anybody, genes),
    st.tuples(st.just("test"), anybody, st.sampled_from([VISUAL.alleles, HET.alleles, ("+", "+")])),
    st.tuples(st.just("mistake"), anybody),
    st.tuples(
        st.just("clutch"),
        anybody,
        st.tuples(st.sampled_from((0, 2)), st.sampled_from((1, 3))),
        st.sampled_from([(), (VISUAL,)]),
    ),
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(genes, min_size=6, max_size=6), st.lists(deeds, max_size=6))
# An animal may carry what the parents carry that it is given by hand,
@example([(possible(1, 2),), (), (), (), (), (PASTEL,)], [("parents", 5, (0, None))])
# the odds of a mate move with those of the other,
@example([(), (), (possible(1, 2),), (), (), ()], [("clutch", 0, (2, 1), ()), ("genes", 1, (possible(1, 2),))])
# elder young may carry of what a younger one proves its parents,
@example([(), (), (), (), (), ()], [("clutch", 1, (0, 1), ()), ("clutch", 0, (0, 1), (VISUAL,))])
# and what a parent told that was registered by mistake no longer counts for its young.
@example([(), (), (possible(1, 2),), (), (), ()], [("clutch", 1, (2, 3), ()), ("mistake", 2)])
async def test_to_reckon_everybody_anew_finds_nothing_new(
    stated: list[tuple[Gene, ...]], deeds: list[tuple[Any, ...]]
) -> None:
    async with await UnitHarness.open(SERVICE.agents, Animal, now=NOW) as harness:
        keepers = Keepers(harness)
        await keepers.join(keepers.sam, "Kiwi Reptiles")
        animals = await herd(keepers, stated)
        for deed in deeds:
            await act(keepers, animals, deed)
        known = await recorded(keepers, animals)
        await harness.handle(RelearnKin(vivarium_id=keepers.sam, animal_ids=tuple(animals)))
        assert await recorded(keepers, animals) == known
