"""Two workers of repti-animal on one PostgreSQL: circles that neither closes alone, and figures that stay true."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import pytest

from reptidex.domain.catalogue.shelf import find_species
from reptidex.domain.kinship import Kinship, oldest_first
from reptidex.domain.lineage import ParentsRefusedError
from reptidex.services.animal import SERVICE
from reptidex.streams.commands.animal import RecordClutch, RegisterAnimal, SetParents
from reptidex.streams.commands.animal_lineage import LinkPlaceholder
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import lines_of, lines_of_descendants
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from tests.chaos.engine.postgres import Cluster, running_cluster
from tests.databases.two_workers import Side, TwoWorkers

BALL = next(find_species("Python regius")).species_id
SAM = "aaaaaaaa-0000-7000-8000-000000000000"


class Two(TwoWorkers):
    """Two workers on one database, and animals whose keys belong to the one or the other."""

    async def animal(self, side: Side, sex: str = "male", **more: Any) -> str:
        """Register an animal whose key a worker owns."""
        while True:
            self.count += 1
            animal_id = f"11111111-0000-7000-8000-{self.count:012d}"
            if side.owns(animal_id):
                break
        values: dict[str, Any] = {"vivarium_id": SAM, "species_id": BALL, "sex": sex} | more
        keeper = self.left if self.left.owns(SAM) else self.right
        await keeper.handle(RegisterAnimal(animal_id=animal_id, **values), message_id=f"register-{animal_id}")
        return animal_id

    async def set(self, animal: str, sire: str | None, dam: str | None = None) -> bool:
        """Set parents on the worker that owns the animal; say whether they were taken."""
        self.count += 1
        side = self.left if self.left.owns(animal) else self.right
        try:
            await side.handle(
                SetParents(animal_id=animal, vivarium_id=SAM, sire_id=sire, dam_id=dam), message_id=f"set-{self.count}"
            )
        except ParentsRefusedError as refusal:
            assert {remark.rule for remark in refusal.remarks} <= {"cycle", "self_parent", "same_parent"}
            return False
        return True


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    yield from running_cluster()


@pytest.fixture
async def two(cluster: Cluster, request: pytest.FixtureRequest) -> AsyncIterator[Two]:
    async with Two.of(SERVICE, cluster, f"animal_{abs(hash(request.node.name)) % 10**8}") as workers:
        yield workers


async def test_two_writes_that_close_a_circle_together_do_not_both_pass(two: Two) -> None:
    """Each is fine by itself; while one is checked and not yet committed, the other waits for the rows it has looked at."""
    top, middle, bottom = [await two.animal(side) for side in (two.left, two.right, two.left)]
    assert await two.set(bottom, middle)
    two.meet()

    passed = await asyncio.gather(two.set(middle, top), two.set(top, bottom))

    assert sorted(passed) == [False, True]
    rows = await Reader(two.left.database).find(select(Descent))
    oldest_first({row.animal_id: row.parents for row in rows})


async def test_figures_stay_true_whatever_two_workers_write_at_once(two: Two) -> None:
    chance = random.Random(7)
    males = [await two.animal(side) for side in (two.left, two.right) * 3]
    females = [await two.animal(side, "female") for side in (two.left, two.right) * 3]

    async def worker(mine: list[str], rounds: int) -> int:
        taken = 0
        for _ in range(rounds):
            taken += await two.set(chance.choice(mine), chance.choice([None, *males]), chance.choice(females))
        return taken

    everybody = [*males, *females]
    shares = [[one for one in everybody if side.owns(one)] for side in (two.left, two.right)]
    taken = await asyncio.gather(*(worker(share, 15) for share in shares))

    assert min(taken) > 0
    read = Reader(two.left.database)
    places = {row.animal_id: row for row in await read.find(select(Descent))}
    animals = {row.animal_id: row for row in await read.find(select(Animal))}
    assert {one: row.parents for one, row in places.items()} == {
        one: (row.sire_id, row.dam_id) for one, row in animals.items()
    }
    exact = Kinship({one: row.parents for one, row in places.items()})
    assert {one: row.inbreeding for one, row in places.items()} == {one: float(exact.inbreeding(one)) for one in places}


async def test_ancestors_and_descendants_come_in_one_question_each_on_postgresql(two: Two) -> None:
    line = [await two.animal(two.left)]
    for _ in range(6):
        line.append(await two.animal(two.right, sire_id=line[-1]))
    read = Reader(two.left.database)

    assert set((await lines_of(read, [line[-1]])).rows) == set(line)
    assert set((await lines_of_descendants(read, line[2])).rows) == set(line)
    assert (await read.need(Descent, line[-1])).generation == 6


async def test_the_clutches_that_name_a_placeholder_are_found_whoever_works_on_it(two: Two) -> None:
    dam, stand_in = await two.animal(two.left, "female"), await two.animal(two.right, placeholder=True)
    other, real = await two.animal(two.left), await two.animal(two.right)
    keeper = two.left if two.left.owns(SAM) else two.right
    clutch = "22222222-0000-7000-8000-000000000000"
    laid = RecordClutch(
        clutch_id=clutch,
        vivarium_id=SAM,
        dam_id=dam,
        candidate_sire_ids=(other, stand_in),
        laid_on=date(2026, 3, 1),
        laid=4,
    )
    await keeper.handle(laid, message_id="laid")
    link = LinkPlaceholder(animal_id=stand_in, vivarium_id=SAM, to_animal_id=real)
    await two.right.handle(link, message_id="linked")
    found = await two.left.get(Clutch, clutch)

    assert found is not None and found.candidate_sire_ids == (other, real)
