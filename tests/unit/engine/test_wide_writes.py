"""Many rows by few statements are the same rows as one by one."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from reptidex.tables.database import Database
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.tables.row import Row, stored
from reptidex.testing.harness import BEGINNING
from tests.unit.engine.parcels import Parcel


@stored("measures", key="name", service="measures")
class Measure(Row, frozen=True, kw_only=True):
    name: str
    value: float
    exact: int
    raw: bytes
    at: datetime | None
    notes: dict[str, str]


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    database = Database.open("sqlite+aiosqlite:///:memory:", worker=False)
    await database.create("measures", "post")
    yield database
    await database.close()


def measure(number: int, generation: int) -> Measure:
    return Measure(
        name=f"n{number * 7919 % 10_007}",
        value=number / 3,
        exact=2**62 + number,
        raw=bytes([number % 256, 0, generation]),
        at=None if number % 3 else BEGINNING,
        notes={"text": "\u00e9\u0000'" * (number % 3)},
    )


@pytest.mark.parametrize("count", [1, 39, 40, 999, 6345])
async def test_rows_are_written_and_replaced_whole_whatever_their_number(database: Database, count: int) -> None:
    session, statements = await database.session(), database.statements(Measure)
    for generation in range(2):
        await session.commit([statements.write([measure(number, generation) for number in range(count)])])

    found = await Reader(database).find(select(Measure))
    assert sorted(found, key=lambda row: row.exact) == [measure(number, 1) for number in range(count)]
    await session.close()


async def test_rows_with_another_unique_column_are_written_in_the_order_they_were_put(database: Database) -> None:
    session, statements = await database.session(), database.statements(Parcel)
    count = 500
    await session.commit([statements.write([Parcel(parcel_id=f"{n:03}", code=f"{n}") for n in range(count)])])
    # Each takes the code that the row before has just given up: in the order of the keys the first would find it taken.
    moved = [Parcel(parcel_id=f"{n:03}", code=f"{n + 1}") for n in reversed(range(count))]
    await session.commit([statements.write(moved)])

    found = await Reader(database).find(select(Parcel, order=("parcel_id",)))
    assert [row.code for row in found] == [f"{n + 1}" for n in range(count)]
    await session.close()
