"""Two workers of repti-animal on one PostgreSQL: circles that neither closes alone, and figures that stay true."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.routing import Routing
from reptidex.agents.engine.unit import UnitRunner
from reptidex.domain.catalogue.shelf import find_species
from reptidex.domain.kinship import Kinship, oldest_first
from reptidex.domain.lineage import ParentsRefusedError
from reptidex.services.animal import SERVICE
from reptidex.streams.commands.animal import RegisterAnimal, SetParents
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import lines_of, lines_of_descendants
from reptidex.tables.database import Database
from reptidex.tables.migrate import migrate
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.tables.store import Changes, Store
from reptidex.testing import UnitHarness
from tests.chaos.engine.postgres import Cluster, running_cluster

PARTITIONS = 4
BALL = next(find_species("Python regius")).species_id
SAM = "aaaaaaaa-0000-7000-8000-000000000000"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Meeting(Store):
    """A store whose first commit waits until the other worker is about to commit too, or for a while: then that one waits for
    a row that we have locked."""

    barrier: asyncio.Barrier | None = None

    async def commit(self, changes: Changes) -> None:
        barrier, self.barrier = self.barrier, None
        if barrier is not None:
            with contextlib.suppress(TimeoutError, asyncio.BrokenBarrierError):
                await asyncio.wait_for(barrier.wait(), 1)
        await super().commit(changes)


class Side(UnitHarness):
    """One of two workers, with half of the partitions."""

    @classmethod
    async def on(cls, url: str, held: range) -> "Side":
        database = Database.open(url, worker=False)
        store = Meeting(database)
        ownership = Ownership(PARTITIONS, shared=True)
        ownership.take(await store.take_over(held))
        outcomes: list[Any] = []
        runner = UnitRunner(
            "animal", Routing(SERVICE.agents), store, ownership, clock=lambda: NOW, committed=outcomes.append
        )
        side = cls(database, runner, (), NOW)
        side._outcomes = outcomes
        return side

    def owns(self, animal_id: str) -> bool:
        return self.runner.ownership.partition_of(animal_id) in self.runner.ownership.fences


class Two:
    """Two workers on one database, and animals whose keys belong to the one or the other."""

    def __init__(self, left: Side, right: Side) -> None:
        self.left, self.right = left, right
        self._count = 0

    async def animal(self, side: Side, sex: str = "male", **more: Any) -> str:
        """Register an animal whose key a worker owns."""
        while True:
            self._count += 1
            animal_id = f"11111111-0000-7000-8000-{self._count:012d}"
            if side.owns(animal_id):
                break
        values: dict[str, Any] = {"vivarium_id": SAM, "species_id": BALL, "sex": sex} | more
        keeper = self.left if self.left.owns(SAM) else self.right
        await keeper.handle(RegisterAnimal(animal_id=animal_id, **values), message_id=f"register-{animal_id}")
        return animal_id

    async def set(self, animal: str, sire: str | None, dam: str | None = None) -> bool:
        """Set parents on the worker that owns the animal; say whether they were taken."""
        self._count += 1
        side = self.left if self.left.owns(animal) else self.right
        try:
            await side.handle(
                SetParents(animal_id=animal, vivarium_id=SAM, sire_id=sire, dam_id=dam), message_id=f"set-{self._count}"
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
    url = cluster.database(f"animal_{abs(hash(request.node.name)) % 10**8}")
    database = Database.open(url, worker=False)
    await migrate(database, "animal")
    sides = await Side.on(url, range(2)), await Side.on(url, range(2, 4))
    yield Two(*sides)
    for side in sides:
        await side.close()
    await database.close()


async def test_two_writes_that_close_a_circle_together_do_not_both_pass(two: Two) -> None:
    """Each is fine by itself; while one is checked and not yet committed, the other waits for the rows it has looked at."""
    top, middle, bottom = [await two.animal(side) for side in (two.left, two.right, two.left)]
    assert await two.set(bottom, middle)
    barrier = asyncio.Barrier(2)
    for side in (two.left, two.right):
        side.runner.store.barrier = barrier  # type: ignore[attr-defined]

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
