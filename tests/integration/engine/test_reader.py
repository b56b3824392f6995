"""Look-ups on both databases: every kind of column, paging that is exact, cursors that are checked."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from reptidex.errors import InvalidError, NotFoundError
from reptidex.tables.database import Database
from reptidex.tables.driver import DataRefusedError
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.tables.row import Row, stored
from tests.chaos.engine.postgres import Cluster

NOW = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)


class Weight(msgspec.Struct, frozen=True):
    grams: int
    at: datetime


@stored("lizards", key="lizard_id", service="reading", unique=(("code",),))
class Lizard(Row, frozen=True, kw_only=True):
    lizard_id: str
    code: str
    sex: Literal["m", "f"] = "f"
    born: date | None = None
    seen: datetime | None = None
    length: float = 1.5
    calm: bool = True
    photo: bytes = b""
    eggs: int = 0
    weights: list[Weight] = []
    morph: dict[str, str] | None = None


class Paging(msgspec.Struct):
    cursor: str | None = None
    limit: int = 50


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path}/reading.db"
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.database(f"reading_{abs(hash(str(tmp_path))) % 10**9}")
    database = Database.open(url, worker=False)
    await database.create("reading")
    yield database
    await database.close()


async def write(database: Database, *rows: Row) -> None:
    session = await database.session()
    try:
        await session.commit([database.statements(Lizard).write(rows)])
    finally:
        await session.close()


async def test_every_kind_of_column_comes_back_as_it_was_written(database: Database) -> None:
    row = Lizard(
        lizard_id="a",
        code="x",
        sex="m",
        born=date(2020, 2, 29),
        seen=NOW,
        length=0.1,
        calm=False,
        photo=b"\x00\xff",
        eggs=2**40,
        weights=[Weight(12, NOW)],
        morph={"albino": "het"},
    )
    bare = Lizard(lizard_id="b", code="y")
    await write(database, row, bare)
    reader = Reader(database)

    assert (await reader.get(Lizard, "a"), await reader.get(Lizard, "b")) == (row, bare)


async def test_pages_hold_every_row_once_in_order_whatever_is_equal_or_missing(database: Database) -> None:
    seen = [None, NOW, NOW, NOW + timedelta(days=1), None, NOW - timedelta(days=1), NOW]
    await write(database, *[Lizard(lizard_id=f"l{n}", code=str(n), seen=at, eggs=n % 2) for n, at in enumerate(seen)])
    reader = Reader(database)
    for order in ((), ("seen",), ("-seen",), ("-eggs", "seen"), ("eggs", "-lizard_id")):
        query, collected, cursor = select(Lizard, order=order), list[Lizard](), None
        while True:
            rows, cursor = await reader.page(query, Paging(cursor, 2))
            collected += rows
            if cursor is None:
                break

        assert collected == await reader.find(query), order
        assert len(collected) == len(seen)


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "WyJhIl0", "bnVsbA==", "%%%"])
async def test_a_cursor_that_is_not_ours_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(InvalidError):
        await Reader(database).page(select(Lizard), Paging(cursor))


@pytest.mark.parametrize(
    ("order", "place"),
    [
        ("lizard_id", ["l\0"]),
        ("eggs", [1 << 63, "l1"]),
        ("length", ["NaN", "l1"]),
        ("seen", ["2026-01-01T00:00:00", "l1"]),
        ("seen", ["0001-01-01T00:00:00+14:00", "l1"]),
        ("seen", ["2026-01-01T00:00:00Z"]),
    ],
)
async def test_a_cursor_with_a_place_that_no_row_has_is_refused(
    database: Database, order: str, place: list[Any]
) -> None:
    names = list(dict.fromkeys((order, "lizard_id")))
    forged = base64.urlsafe_b64encode(msgspec.json.encode([names, place])).decode().rstrip("=")

    with pytest.raises(InvalidError, match="does not belong to this list"):
        await Reader(database).page(select(Lizard, order=(order,)), Paging(forged))


async def test_a_query_finds_by_its_conditions_and_counts_without_its_limit(database: Database) -> None:
    await write(database, *[Lizard(lizard_id=f"l{n}", code=str(n), eggs=n, calm=n % 2 == 0) for n in range(10)])
    query = select(Lizard, Lizard.c.eggs.in_([1, 2, 3, 4]), Lizard.c.calm, order=("-eggs",), limit=1)
    reader = Reader(database)

    assert [row.eggs for row in await reader.find(query)] == [4]
    assert await reader.count(query) == 2


async def test_what_is_not_there_is_said_so(database: Database) -> None:
    with pytest.raises(NotFoundError):
        await Reader(database).need(Lizard, "nobody")


async def test_data_that_break_a_constraint_are_refused_and_nothing_of_them_stays(database: Database) -> None:
    await write(database, Lizard(lizard_id="a", code="x"))
    with pytest.raises(DataRefusedError):
        await write(database, Lizard(lizard_id="c", code="z"), Lizard(lizard_id="b", code="x"))

    assert [row.lizard_id for row in await Reader(database).find(select(Lizard))] == ["a"]


async def test_a_look_up_sees_every_commit_that_the_loop_has_been_told_of(database: Database) -> None:
    reader, told = Reader(database), 0
    await write(database, Lizard(lizard_id="l", code="c"))

    async def look() -> None:
        while told < 200:
            before = told
            assert (await reader.need(Lizard, "l")).eggs >= before
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(look())
        session = await database.session()
        for eggs in range(1, 201):
            row = Lizard(lizard_id="l", code="c", eggs=eggs)
            await session.commit([database.statements(Lizard).write([row])])
            told = eggs
        await session.close()
