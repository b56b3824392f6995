"""The hand-over from one generation of a projection to the next, in one transaction.

The switch is a write by somebody who owns no partition, and the fences are made for that (decision 9): it raises `touched` of
every fence, so that a unit which read the old rows commits nothing, forgets what it has in memory and runs again on the new ones.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from reptidex.errors import UnavailableError
from reptidex.tables.beside import Beside, last_schema, next_file, next_schema
from reptidex.tables.carrying_over import take_over
from reptidex.tables.database import Database
from reptidex.tables.positions import TopicPartition
from reptidex.tables.projection import Part, ProjectionRow, ReplayError
from reptidex.tables.row import Row

LOCK_MS = 500
"""So long a switch waits for those who read or write the tables before it tries again later: whoever comes waits behind it."""


class Moment(msgspec.Struct, frozen=True):
    """How far the service has come at one moment."""

    positions: dict[TopicPartition, int]
    letters: dict[str, str]
    """By id of its letter the state of every record that was put away: those are not in its rows."""


async def moment(connection: AsyncConnection) -> Moment:
    """Return how far the service has come, as a connection sees it."""
    positions = await connection.exec_driver_sql("SELECT topic, partition, next_offset FROM positions")
    letters = await connection.exec_driver_sql("SELECT letter_id, state FROM dead_letters WHERE source = 'log'")
    away = {row[0]: row[1] for row in map(tuple, letters)}
    return Moment({(row[0], row[1]): row[2] for row in map(tuple, positions)}, away)


async def current(live: Database) -> Moment:
    """Return how far the service has come now. Raises `UnavailableError`."""
    try:
        async with live.engine.connect() as connection:
            return await moment(connection)
    except sa.exc.DBAPIError as problem:
        raise UnavailableError("the database", str(problem.orig)) from problem


class Standstill:
    """No worker of the service commits anything until it ends."""

    def __init__(self, connection: AsyncConnection, beside: Beside, live: str, now: Moment) -> None:
        self._connection, self._beside, self._live, self.now = connection, beside, live, now
        self.switched = False

    async def switch(self, row: ProjectionRow, rows: Iterable[Row], *, cut: bool) -> None:
        """Put the new generation in the place of the live one, with `rows` beside it.

        Raises `ReplayError` where what has to be carried over contradicts what was built.
        """
        try:
            await self._switch(row, rows, cut=cut)
        except sa.exc.IntegrityError as problem:
            raise ReplayError(f"the rebuilt rows contradict those that are carried over: {problem.orig}") from problem
        self.switched = True

    async def _switch(self, row: ProjectionRow, rows: Iterable[Row], *, cut: bool) -> None:
        run, place = self._connection.execute, "beside" if self._live == "main" else next_schema(self._beside.name)
        for part in self._beside.parts:
            for statement in take_over(part, self._live, place, cut=cut):
                await run(statement)
        for part in self._beside.parts:
            await (self._copy(part, place) if self._live == "main" else self._rename(part, place))
        await run(sa.delete(ProjectionRow.sql).where(ProjectionRow.c.name == row.name))
        for each in (row, *rows):
            await run(sa.insert(each.sql).values(msgspec.structs.asdict(each)))

    async def _copy(self, part: Part, place: str) -> None:
        """Fill the live table from the rebuilt one. Tables of one shape are copied page by page, indexes included."""
        name, columns = part.row.sql.name, [f'"{column.name}"' for column in part.row.sql.columns]
        run = self._connection.exec_driver_sql
        shapes = [await run(f'PRAGMA {schema}.table_info("{name}")') for schema in (place, "main")]
        orders = [[column["name"] for column in shape.mappings()] for shape in shapes]
        await run(f'DELETE FROM main."{name}"')
        if orders[0] == orders[1]:
            await run(f'INSERT INTO main."{name}" SELECT * FROM {place}."{name}"')
        else:
            listed = ", ".join(columns)
            await run(f'INSERT INTO main."{name}" ({listed}) SELECT {listed} FROM {place}."{name}"')

    async def _rename(self, part: Part, place: str) -> None:
        """Let the two tables change places: their indexes and constraints go with them under the names that they have."""
        run, name = self._connection.exec_driver_sql, part.row.sql.name
        await run(f'ALTER TABLE "{self._live}"."{name}" SET SCHEMA "{last_schema(self._beside.name)}"')
        await run(f'ALTER TABLE "{place}"."{name}" SET SCHEMA "{self._live}"')


@asynccontextmanager
async def standstill(live: Database, beside: Beside) -> AsyncIterator[Standstill]:
    """Let nobody commit until this ends; committed at the end where it has switched, else nothing has happened.

    Raises `UnavailableError` where those who are at work do not let it in.
    """
    opening = _postgres(live, beside) if live.shared else _sqlite(live, beside)
    try:
        async with opening as still:
            yield still
    except sa.exc.DBAPIError as problem:
        raise UnavailableError("the database", str(problem.orig)) from problem


@asynccontextmanager
async def _sqlite(live: Database, beside: Beside) -> AsyncIterator[Standstill]:
    async with live.engine.connect() as connection:
        run = connection.exec_driver_sql
        await run("ATTACH DATABASE ? AS beside", (str(next_file(live, beside.name)),))
        await run("BEGIN")
        try:
            # The lock is taken on the live file alone: the rebuilt one is still being written.
            await run("UPDATE main.fences SET touched = touched + 1")
            still = Standstill(connection, beside, "main", await moment(connection))
            yield still
            await run("COMMIT" if still.switched else "ROLLBACK")
        except BaseException:
            with suppress(sa.exc.DBAPIError):
                await run("ROLLBACK")
            raise


@asynccontextmanager
async def _postgres(live: Database, beside: Beside) -> AsyncIterator[Standstill]:
    async with live.engine.connect() as connection, connection.begin() as transaction:
        run = connection.exec_driver_sql
        schema = str((await run("SELECT current_schema()")).scalar())
        for setting, value in (("lock_timeout", f"{LOCK_MS}ms"), ("statement_timeout", "0")):
            await run(f"SET LOCAL {setting} = '{value}'")
        await run("SET LOCAL idle_in_transaction_session_timeout = 0")
        await run(f'CREATE SCHEMA IF NOT EXISTS "{last_schema(beside.name)}"')
        # First the tables, then the fences, as every worker does; so nobody waits for somebody who waits for him.
        await run(f"LOCK TABLE {', '.join(_quoted(beside.parts, schema))} IN ACCESS EXCLUSIVE MODE")
        await run("SELECT 1 FROM fences ORDER BY partition FOR UPDATE")
        await run("UPDATE fences SET touched = touched + 1")
        still = Standstill(connection, beside, schema, await moment(connection))
        yield still
        if not still.switched:
            await transaction.rollback()


def _quoted(parts: Sequence[Part], schema: str) -> list[str]:
    return [f'"{schema}"."{name}"' for name in sorted(part.row.sql.name for part in parts)]
