"""A commit whose answer was lost, on PostgreSQL: nobody decides about it while the server is still at it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from reptidex.tables.database import Database
from reptidex.tables.driver import Step
from reptidex.tables.store import Changes, Store
from tests.chaos.engine.postgres import Cluster


@pytest.fixture
async def database(cluster: Cluster) -> AsyncIterator[Database]:
    database = Database.open(cluster.database("lost_commits"))
    await database.create()
    yield database
    await database.close()


async def test_a_commit_is_not_taken_for_lost_while_the_server_still_makes_it(database: Database) -> None:
    store, again = Store(database), Store(database)
    fences = await store.take_over([0, 1])
    changes = Changes(now=datetime.now(UTC), stamp=7, fences=list(fences.values()))
    session = await store.session()
    commit, at_commit = session.commit, asyncio.Event()

    async def slow(steps: Sequence[Step]) -> None:
        await session.write(steps)
        at_commit.set()
        await asyncio.sleep(0.5)  # what a standby that answers late takes
        await commit([])

    session.commit = slow  # type: ignore[method-assign]
    committing = asyncio.create_task(store.commit(changes))
    await at_commit.wait()

    assert await again.was_committed(changes)
    await committing
    await store.close()
    await again.close()
