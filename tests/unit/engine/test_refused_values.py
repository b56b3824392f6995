"""Values that no database takes are told as such: a fault of the message at hand, not of the database."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from reptidex.tables.database import Database
from reptidex.tables.driver import DataRefusedError
from reptidex.tables.reader import Reader
from reptidex.tables.row import Row, stored
from reptidex.tables.store import Store, Wanted


@stored("boxes", key="name", service="boxes")
class Box(Row, frozen=True, kw_only=True):
    name: str
    inside: list[Any] = []


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    database = Database.open("sqlite+aiosqlite:///:memory:", worker=False)
    await database.create("boxes")
    yield database
    await database.close()


async def test_what_is_nested_too_deep_to_be_written_is_refused(database: Database) -> None:
    inside: list[Any] = []
    for _ in range(100_000):
        inside = [inside]

    with pytest.raises(DataRefusedError):
        database.statements(Box).values(Box(name="a", inside=inside))


async def test_a_key_with_a_nul_finds_no_other_row(database: Database) -> None:
    store = Store(database)
    session = await store.session()
    await session.commit([database.statements(Box).write([Box(name="a"), Box(name="a\x00b")])])

    with pytest.raises(DataRefusedError):
        await store.load(Wanted(rows={Box: ["a\x00b"]}))
    assert await Reader(database).get(Box, "a\x00b") == Box(name="a\x00b")
    await store.close()
