"""SQLite through aiosqlite: a whole script of statements runs in one hop to the connection's thread."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from typing import TypeVar

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from reptidex.errors import UnavailableError
from reptidex.tables.driver import UNMIGRATED, DataRefusedError, Lookup, LostRaceError, Session, Step, Values

T = TypeVar("T")

BUSY_TIMEOUT_MS = 10_000
"""How long a write waits for another process (the command line, a back-up) to let go of the file."""


class SqliteSession(Session):
    """One SQLite connection. The driver stands in autocommit mode, so that BEGIN and COMMIT are ours."""

    def __init__(self, connection: AsyncConnection, driver: aiosqlite.Connection) -> None:
        self._connection = connection
        self._driver = driver
        self._open = False

    @classmethod
    async def over(cls, connection: AsyncConnection) -> "SqliteSession":
        """Take over a connection of an engine for good."""
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        assert isinstance(driver, aiosqlite.Connection)
        return cls(connection, driver)

    @property
    def open(self) -> bool:
        return self._open

    @property
    def alive(self) -> bool:
        return True

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        # aiosqlite offers one hop per statement; its own hand-over of a function to the thread takes the script whole.
        try:
            result: T = await self._driver._execute(work, self._driver._conn)  # type: ignore[no-untyped-call]
        except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError) as problem:
            await self.rollback()
            raise DataRefusedError(f"SQLite refuses the data: {problem}") from problem
        except LostRaceError:
            await self.rollback()
            raise
        except (sqlite3.OperationalError, ValueError) as problem:
            await self.rollback()
            behind = str(problem).startswith(("no such table", "no such column"))
            raise UnavailableError("the database", f"{problem}{UNMIGRATED if behind else ''}") from problem
        return result

    async def fetch(self, lookups: Sequence[Lookup], *, begin: bool = False) -> list[list[Values]]:
        begin = begin and not self._open

        def work(connection: sqlite3.Connection) -> list[list[Values]]:
            if begin:
                connection.execute("BEGIN IMMEDIATE")
            return [connection.execute(sql, values).fetchall() for sql, values in lookups]

        self._open = self._open or begin
        return await self._run(work)

    async def write(self, steps: Sequence[Step], lookups: Sequence[Lookup] = ()) -> list[list[Values]]:
        begin, self._open = not self._open, True

        def work(connection: sqlite3.Connection) -> list[list[Values]]:
            if begin:
                connection.execute("BEGIN IMMEDIATE")
            _run_steps(connection, steps)
            return [connection.execute(sql, values).fetchall() for sql, values in lookups]

        return await self._run(work)

    async def commit(self, steps: Sequence[Step]) -> None:
        begin, self._open = not self._open, True

        def work(connection: sqlite3.Connection) -> None:
            if begin:
                connection.execute("BEGIN IMMEDIATE")
            _run_steps(connection, steps)
            connection.execute("COMMIT")

        await self._run(work)
        self._open = False

    async def rollback(self) -> None:
        self._open = False

        def work(connection: sqlite3.Connection) -> None:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

        try:
            await self._driver._execute(work, self._driver._conn)  # type: ignore[no-untyped-call]
        except (sqlite3.Error, ValueError) as problem:
            raise UnavailableError("the database", str(problem)) from problem

    async def close(self) -> None:
        await self._connection.close()


class Glance:
    """Look-ups by key on the loop's own thread: the hop to another takes several times as long as finding one row.

    Nothing here waits: a reader of a file in WAL mode is held up by nobody, and where the file is locked all the same (a repair,
    a change of its schema) the look-up is for another connection to make.

    The look-ups of one turn of the loop see one snapshot, as opening one takes as long as finding a row. It is given up by the
    next callback of the loop, which stands before everything that the loop is told of later: who has been told of a commit, or
    sends a request after its answer, sees it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._snapshot = False

    def rows(self, lookup: Lookup) -> list[Values] | None:
        """Return the rows of a look-up; None where it cannot be made now, and here."""
        try:
            connection = self._connection or self._open()
            if not self._snapshot:
                asyncio.get_running_loop().call_soon(self._end)
                connection.execute("BEGIN")
                self._snapshot = True
            return connection.execute(*lookup).fetchall()
        except sqlite3.Error:
            return None

    def _open(self) -> sqlite3.Connection:
        self._connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, cached_statements=512)
        self._connection.execute("PRAGMA query_only=ON")
        return self._connection

    def _end(self) -> None:
        self._snapshot = False
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


WIDTHS = (4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1)
"""So many rows are written by one statement, largest first."""
MOST_VALUES = 32_000
"""SQLite takes so many parameters in one statement (`SQLITE_MAX_VARIABLE_NUMBER` is 32,766 by default)."""


def _run_steps(connection: sqlite3.Connection, steps: Sequence[Step]) -> None:
    for sql, rows, hits in steps:
        if hits is None and len(rows) > 1 and VALUES in sql:
            _write_wide(connection, sql, rows)
            continue
        done = connection.execute(sql, rows[0]) if len(rows) == 1 else connection.executemany(sql, rows)
        if hits is not None and done.rowcount != hits:
            raise LostRaceError(sql, hits, done.rowcount)


VALUES, UPSERT = " VALUES (", " ON CONFLICT "


def _write_wide(connection: sqlite3.Connection, sql: str, rows: Sequence[Values]) -> None:
    """Insert many rows by few statements.

    The driver takes the GIL back after each statement that it runs. Row by row it would wait for the loop's thread, which
    handles the next unit, once a row: fifty times what the writing costs (measured). Where a row may be written twice, a number
    of rows that falls a little short of a width is filled up to it with the last one.
    """
    begin, columns = 0, len(rows[0])
    twice = UPSERT in sql
    for width in WIDTHS:
        while width * columns <= MOST_VALUES and begin < len(rows):
            left = len(rows) - begin
            if left < width and not (twice and left > width * 3 // 4):
                break
            some = rows[begin : begin + width]
            if left < width:
                some = [*some, *[rows[-1]] * (width - left)]
            connection.execute(_wide(sql, columns, width), list(chain.from_iterable(some)))
            begin += width


@lru_cache(maxsize=512)
def _wide(sql: str, columns: int, count: int) -> str:
    """Return an INSERT for so many rows at once."""
    row = "(" + ", ".join("?" * columns) + ")"
    before, values, after = sql.partition(VALUES + row[1:])
    assert values, sql
    return before + " VALUES " + ", ".join([row] * count) + after
