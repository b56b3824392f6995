"""More effects than memory holds: each is carried out, whatever its id, and whatever the database does meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from reptidex.agents.engine import effects
from reptidex.agents.engine.effects import Effects
from reptidex.agents.engine.inputs import Input
from reptidex.errors import UnavailableError
from reptidex.streams import codec
from reptidex.tables.effects import EffectRow
from reptidex.tables.query import Query, select
from reptidex.tables.reader import Reader
from reptidex.testing import UnitHarness, eventually
from tests.unit.engine.parcels import CARRIERS, Deliver, PostParcel


class FlakyReader(Reader):
    """Fails so many times, and can be told to be slow."""

    failures = 0
    slow: "asyncio.Event | None" = None

    async def find(self, query: Query[Any]) -> list[Any]:
        if self.failures:
            self.failures -= 1
            raise UnavailableError("the database", "away")
        found = await super().find(query)
        if self.slow is not None:
            await self.slow.wait()
        return found


class Post:
    """Effects on a database, each ended by a unit of its own."""

    def __init__(self, harness: UnitHarness) -> None:
        self.harness, self.carried = harness, list[str]()
        self.gate, self.reader = asyncio.Event(), FlakyReader(harness.database)
        self.held, self.cut_off = set[str](), set[str]()
        self._lock = asyncio.Lock()
        self.effects = Effects(
            harness.runner,
            self.reader,
            CARRIERS,
            self._submit,
            lambda: self._carry,
            clock=lambda: harness.now,
            longest_wait=timedelta(milliseconds=20),
        )

    async def _carry(self, effect: Deliver, call: Any) -> str:
        if effect.parcel_id in self.cut_off:
            self.cut_off.remove(effect.parcel_id)
            raise asyncio.CancelledError
        if effect.parcel_id in self.held:
            await self.gate.wait()
        self.carried.append(effect.parcel_id)
        return "the postman"

    def _submit(self, one: Input) -> "asyncio.Future[None]":
        return asyncio.ensure_future(self._run(one))

    async def _run(self, one: Input) -> None:
        async with self._lock:
            await self.harness.runner.run({}, [one])

    async def ask(self, *names: str) -> None:
        """Have effects asked for, as a unit does that is committed now."""
        async with self._lock:
            rows = [self._row(name) for name in names]
            await self.harness.put(*rows)
            self.effects.committed(self.harness._outcomes[-1])

    def _row(self, name: str, due: datetime | None = None, attempts: int = 0) -> EffectRow:
        cause = msgspec.structs.replace(self.harness.envelope(PostParcel(parcel_id=name)), data=None)
        return EffectRow(
            effect_id=name,
            partition=0,
            lane=name,
            kind="Deliver",
            body=msgspec.json.encode(Deliver(parcel_id=name)),
            cause=codec.encode(cause),
            due=due or self.harness.now,
            attempts=attempts,
        )

    async def all_carried(self, *names: str) -> None:
        async def done() -> bool:
            return sorted(self.carried) == sorted(names) and not await self.harness.find(select(EffectRow))

        await eventually(done)


@pytest.fixture
async def post(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Post]:
    monkeypatch.setattr(effects, "IN_MEMORY", 4)
    from tests.unit.engine.parcels import AGENTS, Parcel

    async with await UnitHarness.open(AGENTS, Parcel, carriers=CARRIERS) as harness:
        post = Post(harness)
        yield post
        await post.effects.forget()


async def test_what_is_asked_for_while_the_database_holds_more_is_carried_out_too(post: Post) -> None:
    many = [f"p{number}" for number in range(9)]
    await post.harness.put(*map(post._row, many))
    post.held = {"p0"}
    await post.effects.load()
    await post.ask("a-late-one-of-an-early-cause", "z")
    post.gate.set()

    await post.all_carried(*many, "a-late-one-of-an-early-cause", "z")


async def test_one_that_takes_long_holds_up_none_of_those_that_wait_in_the_database(post: Post) -> None:
    many = [f"p{number}" for number in range(20)]
    await post.harness.put(*map(post._row, many))
    post.held = {"p0"}
    await post.effects.load()
    await eventually(lambda: sorted(post.carried) == sorted(many[1:]))
    post.gate.set()

    await post.all_carried(*many)


async def test_a_database_that_is_away_when_more_is_to_be_read_is_asked_again(post: Post) -> None:
    many = [f"p{number}" for number in range(9)]
    await post.harness.put(*map(post._row, many))
    await post.effects.load()
    post.reader.failures = 2

    await post.all_carried(*many)


async def test_what_is_asked_for_while_the_rest_is_read_is_carried_out(post: Post) -> None:
    many = [f"p{number}" for number in range(5)]
    await post.harness.put(*map(post._row, many))
    await post.effects.load()
    post.reader.slow = asyncio.Event()
    await eventually(lambda: len(post.carried) == 4)
    await post.ask("z")
    post.reader.slow.set()

    await post.all_carried(*many, "z")


async def test_a_clock_that_was_ahead_keeps_no_effect_waiting(post: Post) -> None:
    await post.harness.put(post._row("p", due=post.harness.now + timedelta(days=1), attempts=1))
    await post.effects.load()

    await post.all_carried("p")


async def test_an_attempt_that_is_cut_off_from_within_is_made_again(post: Post) -> None:
    post.cut_off = {"p"}  # what a connector shares with others has been cancelled by one of them
    await post.ask("p", "q")

    await post.all_carried("p", "q")


async def test_an_effect_that_this_version_does_not_know_stays_for_one_that_does(post: Post) -> None:
    newer = msgspec.structs.replace(post._row("p"), kind="Frank")
    await post.harness.put(newer)
    await post.effects.load()
    await post.ask("q")
    await eventually(lambda: post.carried == ["q"] and not post.effects.waiting)

    assert await post.harness.find(select(EffectRow)) == [newer]
