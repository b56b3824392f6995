"""A commit whose answer was lost, on PostgreSQL: nobody decides about it while the server is still at it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from reptidex.tables.database import Database
from reptidex.tables.driver import Lookup, Step
from reptidex.tables.reader import Reader
from reptidex.tables.store import Changes, Store
from reptidex.tables.versions import VersionRow
from reptidex.testing import eventually
from tests.chaos.engine.postgres import Cluster


@pytest.fixture
async def database(cluster: Cluster) -> AsyncIterator[Database]:
    database = Database.open(cluster.database(f"lost_{secrets.token_hex(4)}"))
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


async def test_look_ups_after_a_restart_of_the_server_use_none_of_the_connections_that_it_ended(
    database: Database,
) -> None:
    reader = Reader(database)
    await asyncio.gather(*(reader.get(VersionRow, "a") for _ in range(4)))
    admin = await database.session()
    others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    await admin.fetch([Lookup(f"SELECT pg_terminate_backend(pid) {others}")])
    await eventually(lambda: not any(each.alive for each in database._idle))

    assert await reader.get(VersionRow, "a") is None
    await admin.close()
