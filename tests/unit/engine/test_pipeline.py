"""Units whose commits overlap: what holds for one after the other holds for them too."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from reptidex.agents.engine.inputs import MARK, LogRecord
from reptidex.agents.engine.outcome import Outcome
from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.pipeline import Pipeline
from reptidex.agents.engine.routing import Routing
from reptidex.agents.engine.sealing import opened
from reptidex.agents.engine.unit import UnitRunner
from reptidex.errors import UnavailableError
from reptidex.streams import codec
from reptidex.streams.envelope import enveloped
from reptidex.tables.answers import AnswerRow
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.positions import Fence
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.tables.store import Changes, Found, Store, Wanted
from reptidex.testing.harness import BEGINNING
from tests.unit.engine.parcels import AGENTS, Parcel, ParcelWeighed, PostParcel

TOPIC = "parcel.weighed"


class SlowStore(Store):
    """Commits when it is told to, and fails when it is told to."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.go = asyncio.Event()
        self.failures: list[Exception] = []
        self.asked_to_commit = 0
        self.loaded = asyncio.Event()

    async def load(self, wanted: Wanted, *, aside: bool = False) -> Found:
        found = await super().load(wanted, aside=aside)
        self.loaded.set()
        return found

    async def commit(self, changes: Changes) -> None:
        self.asked_to_commit += 1
        await self.go.wait()
        if self.failures:
            raise self.failures.pop()
        await super().commit(changes)


class Line:
    """A pipeline on a database in a file, and the records that it is fed."""

    def __init__(self, database: Database, store: SlowStore, ownership: Ownership) -> None:
        self.store, self.read, self.outcomes = store, Reader(database), list[Outcome]()
        self.runner = UnitRunner(
            "post", Routing(AGENTS), store, ownership, clock=lambda: BEGINNING, committed=self.outcomes.append
        )
        self.lock, self.tasks, self.messages = asyncio.Lock(), set[asyncio.Task[Any]](), 0
        self.pipeline = Pipeline(self.runner, done=self._done, start=self._start, turn=self._turn)
        self._offset = 0

    def _done(self, messages: int) -> None:
        self.messages += messages

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _turn(self) -> None:
        async with self.lock:
            await self.pipeline.settled()

    async def feed(self, *keys: str, trouble: str = "", marked: bool = True, ids: str = "m") -> None:
        """Run a unit of one weighing a key."""
        records = []
        for key in keys:
            self._offset += 1
            name = f"{ids}{self._offset}" if marked else f"{ids}/{key}"
            envelope = enveloped(ParcelWeighed(parcel_id=key, weight=1, trouble=trouble), name, BEGINNING)
            headers = [(MARK, b"scales:0:%d" % self._offset)] if marked else []
            records.append(LogRecord(TOPIC, 0, self._offset, key.encode(), codec.encode(envelope), headers))
        async with self.lock:
            await self.pipeline.run({(TOPIC, 0): records})

    async def settled(self) -> None:
        """Let every commit through."""
        self.store.go.set()
        async with self.lock:
            await self.pipeline.settled()

    async def times(self, key: str) -> int:
        """Return how often a parcel has been counted, as committed."""
        row = await self.read.get(Parcel, key)
        return row.times if row else 0

    def said(self) -> list[tuple[bytes, int]]:
        """Return what has left for the log: each mark, and the version of its parcel."""
        batches = [batch for outcome in self.outcomes for batch in outcome.batches]
        records = [record for batch in batches for sealed in batch.sealed for record in opened(sealed)]
        return [(dict(each.headers)[MARK], codec.decode(each.value).version) for each in records]


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/post.db", worker=True)
    await database.create("post")
    store, ownership = SlowStore(database), Ownership(4, shared=False)
    ownership.take(await store.take_over(range(4)))
    yield Line(database, store, ownership)
    await store.close()
    await database.close()


async def test_a_unit_is_handled_on_top_of_one_that_is_not_committed_yet(line: Line) -> None:
    await line.feed("a", "b")
    second = asyncio.create_task(line.feed("a"))
    while not line.runner.working.dirty[Parcel]:
        await asyncio.sleep(0)
    assert (line.store.asked_to_commit, line.outcomes, line.runner.positions) == (1, [], {})

    line.store.go.set()
    await second
    await line.settled()
    assert (await line.times("a"), await line.times("b"), line.messages) == (2, 1, 3)
    assert line.said() == [(b"post:0:1", 1), (b"post:0:2", 1), (b"post:0:3", 2)]


async def test_a_unit_whose_predecessor_fails_is_run_again_after_it(line: Line) -> None:
    line.store.failures = [UnavailableError("the database", "away")]
    await line.feed("a")
    second = asyncio.create_task(line.feed("a", "b"))
    await asyncio.sleep(0)
    line.store.go.set()
    await second
    await line.settled()

    assert (await line.times("a"), await line.times("b"), line.messages) == (2, 1, 3)
    assert line.said() == [(b"post:0:1", 1), (b"post:0:2", 2), (b"post:0:3", 1)]


async def test_a_failed_commit_is_seen_through_though_nothing_comes_after_it(line: Line) -> None:
    line.store.failures = [UnavailableError("the database", "away")]
    line.store.go.set()
    await line.feed("a")
    while line.tasks:
        await asyncio.wait(line.tasks)

    assert (await line.times("a"), line.messages) == (1, 1)


async def test_a_commit_whose_answer_was_lost_is_not_made_twice(line: Line) -> None:
    line.store.go.set()
    commit = line.store.commit

    async def lost(changes: Changes) -> None:
        line.store.commit = commit  # type: ignore[method-assign]
        await commit(changes)
        raise UnavailableError("the database", "the answer was lost")

    line.store.commit = lost  # type: ignore[method-assign]
    await line.feed("a")
    await line.feed("a")
    await line.settled()

    assert (await line.times("a"), [version for _, version in line.said()]) == (2, [1, 2])


async def test_a_repeat_from_outside_is_known_before_the_first_is_committed(line: Line) -> None:
    await line.feed("a", marked=False, ids="same")
    line.store.loaded.clear()
    second = asyncio.create_task(line.feed("a", "b", marked=False, ids="same"))
    await line.store.loaded.wait()
    line.store.go.set()
    await second
    await line.settled()

    assert (await line.times("a"), await line.times("b"), line.store.asked_to_commit) == (1, 1, 2)


def posted(offset: int, key: str) -> LogRecord:
    """Return a command to post a parcel, as it stands on the log."""
    envelope = enveloped(PostParcel(parcel_id=key), f"post-{key}", BEGINNING)
    return LogRecord("repti-post.commands", 0, offset, key.encode(), codec.encode(envelope), [])


async def test_a_repeated_command_is_known_though_the_first_is_committed_while_its_unit_reads(line: Line) -> None:
    at, load = ("repti-post.commands", 0), line.store.load
    await line.pipeline.run({at: [posted(1, "a")]})

    async def late(wanted: Wanted, *, aside: bool = False) -> Found:
        found = await load(wanted, aside=aside)
        line.store.go.set()
        while not line.outcomes:
            await asyncio.sleep(0)
        return found

    line.store.load = late  # type: ignore[method-assign]
    async with line.lock:
        await line.pipeline.run({at: [posted(2, "a"), posted(3, "b")]})
    await line.settled()

    answers = {row.command_id: row.status for row in await line.read.find(select(AnswerRow))}
    assert answers == {"post-a": 200, "post-b": 200}  # 409 where the repeat was taken for a second parcel


async def test_what_waits_behind_a_poisoned_message_waits_in_the_next_unit_too(line: Line) -> None:
    line.store.go.set()
    await line.feed("a", trouble="poison")
    await line.feed("a")
    await line.settled()

    letters = await line.read.find(select(DeadLetterRow))
    assert (await line.times("a"), [letter.state for letter in letters]) == (0, ["dead", "parked"])


async def test_a_query_in_the_next_unit_sees_what_is_being_committed(line: Line) -> None:
    await line.feed("late")
    second = asyncio.create_task(line.feed("a", trouble="early"))
    await asyncio.sleep(0)
    line.store.go.set()
    await second
    await line.settled()

    assert (await line.times("a"), await line.read.find(select(DeadLetterRow))) == (1, [])


async def test_data_refused_at_an_overlapped_commit_make_one_dead_letter_only(line: Line) -> None:
    line.store.go.set()
    await line.feed("taken")
    await line.feed("a", "b")
    await line.feed("c", trouble="twin")  # writes the code `taken` a second time
    await line.feed("d")
    await line.settled()

    letters = await line.read.find(select(DeadLetterRow))
    assert [letter.message_key for letter in letters] == ["c"]
    assert [await line.times(key) for key in ("taken", "a", "b", "c", "d")] == [1, 1, 1, 0, 1]


async def test_a_commit_that_was_not_made_is_not_taken_for_one_of_the_predecessor(line: Line) -> None:
    line.store.go.set()
    await line.feed("a")
    await line.settled()
    fences = await line.store.take_over(range(4))
    line.runner.ownership.take(fences)
    successor = Line(line.store.database, line.store, line.runner.ownership)
    successor.runner.positions = await line.store.positions(range(4))
    line.store.failures = [UnavailableError("the database", "away before the commit")]
    successor._offset = 1
    await successor.feed("b")
    await successor.settled()

    assert await line.times("b") == 1


async def test_a_database_that_goes_away_after_a_lost_race_is_waited_out(line: Line) -> None:
    line.store.go.set()
    await line.feed("a")
    await line.settled()
    check = line.store.check_fences

    async def away(held: Sequence[Fence], *, settled: bool = False) -> dict[int, Fence]:
        line.store.check_fences = check  # type: ignore[method-assign]
        raise UnavailableError("the database", "away")

    line.store.check_fences = away  # type: ignore[method-assign]
    line.runner.ownership.fences[0].touched += 1
    await line.feed("a")
    await line.settled()

    assert (await line.times("a"), line.messages) == (2, 2)
