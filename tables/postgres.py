"""PostgreSQL through asyncpg: one statement takes all rows of a step as arrays (`unnest`)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from reptidex.errors import UnavailableError
from reptidex.tables.driver import UNMIGRATED, DataRefusedError, Lookup, LostRaceError, Session, Step, Values

REFUSED = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.ProgramLimitExceededError,
    OverflowError,
    ValueError,
)
"""A limit that is exceeded is one of the data: a name too long for an index, JSON nested too deep. `ValueError` is what asyncpg
makes of a value that it cannot encode for its column."""
BEHIND = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)
UNREACHABLE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class PostgresSession(Session):
    """One PostgreSQL connection."""

    def __init__(self, connection: AsyncConnection, driver: Any) -> None:
        self._connection = connection
        self._driver = driver
        self._open = False

    @classmethod
    async def over(cls, connection: AsyncConnection) -> "PostgresSession":
        """Take over a connection of an engine for good."""
        raw = await connection.get_raw_connection()
        return cls(connection, raw.driver_connection)

    @property
    def open(self) -> bool:
        return self._open

    @property
    def alive(self) -> bool:
        return not self._driver.is_closed()

    @asynccontextmanager
    async def _guard(self) -> AsyncIterator[None]:
        try:
            yield
        except REFUSED as problem:
            await self.rollback()
            raise DataRefusedError(f"PostgreSQL refuses the data: {problem}") from problem
        except LostRaceError:
            await self.rollback()
            raise
        except UNREACHABLE as problem:
            await self.rollback()
            behind = UNMIGRATED if isinstance(problem, BEHIND) else ""
            raise UnavailableError("the database", f"{type(problem).__name__}: {problem}{behind}") from problem

    async def _begin(self) -> None:
        if not self._open:
            self._open = True
            await self._driver.execute("BEGIN")

    async def _run(self, steps: Sequence[Step]) -> None:
        for sql, rows, hits in steps:
            tag = await self._driver.execute(sql, *map(list, zip(*rows, strict=True)))
            hit = int(tag.rpartition(" ")[2])
            if hits is not None and hit != hits:
                raise LostRaceError(sql, hits, hit)

    async def fetch(self, lookups: Sequence[Lookup], *, begin: bool = False) -> list[list[Values]]:
        async with self._guard():
            if begin:
                await self._begin()
            return [await self._driver.fetch(sql, *values) for sql, values in lookups]

    async def write(self, steps: Sequence[Step], lookups: Sequence[Lookup] = ()) -> list[list[Values]]:
        async with self._guard():
            await self._begin()
            await self._run(steps)
            return [await self._driver.fetch(sql, *values) for sql, values in lookups]

    async def commit(self, steps: Sequence[Step]) -> None:
        async with self._guard():
            await self._begin()
            await self._run(steps)
            await self._driver.execute("COMMIT")
            self._open = False

    async def rollback(self) -> None:
        was, self._open = self._open, False
        if was and self.alive:
            try:
                await self._driver.execute("ROLLBACK")
            except UNREACHABLE:
                # The connection is of no use any more; the server undoes what it held when it notices.
                self._driver.terminate()

    async def close(self) -> None:
        if self.alive:
            await self._connection.close()
        else:
            await self._connection.invalidate()
