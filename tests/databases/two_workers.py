"""Two workers of one service on one PostgreSQL, whose commits can be made to meet."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Self

from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.routing import Routing
from reptidex.agents.engine.unit import UnitRunner
from reptidex.services.service import Service
from reptidex.tables.database import Database
from reptidex.tables.migrate import migrate
from reptidex.tables.reader import Reader
from reptidex.tables.store import Changes, Store
from reptidex.testing import UnitHarness
from tests.chaos.engine.postgres import Cluster

PARTITIONS = 4
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
    async def on(cls, url: str, service: Service, held: range) -> "Side":
        database = Database.open(url, worker=False)
        store = Meeting(database)
        ownership = Ownership(PARTITIONS, shared=True)
        ownership.take(await store.take_over(held))
        outcomes: list[Any] = []
        name = service.name.removeprefix("repti-")
        runner = UnitRunner(
            name, Routing(service.agents), store, ownership, clock=lambda: NOW, committed=outcomes.append
        )
        side = cls(database, runner, (), NOW)
        side._outcomes = outcomes
        return side

    def owns(self, key: str) -> bool:
        """Say whether this worker hears what is said under a key."""
        return self.runner.ownership.partition_of(key) in self.runner.ownership.fences


class TwoWorkers:
    """Both of them; tests of a service add how its things are made."""

    def __init__(self, left: Side, right: Side) -> None:
        self.left, self.right = left, right
        self.read = Reader(left.database)
        self.count = 0

    @classmethod
    @asynccontextmanager
    async def of(cls, service: Service, cluster: Cluster, database: str) -> AsyncIterator[Self]:
        """Have two workers on a fresh database while the context is open."""
        url = cluster.database(database)
        made = Database.open(url, worker=False)
        await migrate(made, service.name.removeprefix("repti-"))
        sides = await Side.on(url, service, range(2)), await Side.on(url, service, range(2, 4))
        yield cls(*sides)
        for side in sides:
            await side.close()
        await made.close()

    def worker_of(self, key: str) -> Side:
        """Return the worker that hears what is said under a key."""
        return self.left if self.left.owns(key) else self.right

    async def say(self, message: Any, **more: Any) -> list[Any]:
        """Let the worker of a message's key handle it."""
        self.count += 1
        return await self.worker_of(message.key).handle(message, message_id=f"message-{self.count}", **more)

    def meet(self) -> None:
        """Let the next commits of the two come at the same moment."""
        barrier = asyncio.Barrier(2)
        for side in (self.left, self.right):
            side.runner.store.barrier = barrier  # type: ignore[attr-defined]
