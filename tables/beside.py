"""Where the next generation of a projection is built: tables of its own, beside the live ones.

On SQLite they are a file of their own, so that the building shares nothing with the live worker, not even the lock of those who
write. On PostgreSQL they are a schema of their own in the same database, where the tables have their proper names and can change
places with the live ones.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from reptidex.tables.database import Database, SecondWorkerError
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.projection import BuildRow, Part, ReplayError
from reptidex.tables.query import Query
from reptidex.tables.row import METADATA, Row
from reptidex.tables.statements import RowStatements
from reptidex.tables.store import Changes, RowChanges, Store

PATIENCE_S = 600
"""A statement may take this long: some go over whole tables."""
ENGINE = "engine"


class Beside(Database):
    """The database of a generation that is being built."""

    name: str
    parts: Sequence[Part]
    live: Database
    _claim: AsyncConnection | None = None
    """On PostgreSQL, the connection that holds the lock of this place; a SQLite file is claimed as a worker's is."""

    @classmethod
    async def at(cls, live: Database, name: str, parts: Sequence[Part]) -> "Beside":
        """Open the place for a projection's next generation, and make it where it is not there.

        Raises `ReplayError` where another process builds there.
        """
        url, claim = live.engine.url, None
        try:
            if live.shared:
                claim = await _claim(live, name)
                place = cls.open(_text(url), worker=False, schema=next_schema(name), patience_s=PATIENCE_S)
            else:
                place = cls.open(_text(url.set(database=str(next_file(live, name)))))
        except SecondWorkerError as problem:
            raise _busy(name) from problem
        place.name, place.parts, place.live, place._claim = name, parts, live, claim
        await place._make()
        return place

    async def close(self) -> None:
        """Close every connection, and let others build here."""
        await super().close()
        await self._release()

    async def throw_away(self) -> None:
        """Leave nothing of it, and only then let others build here."""
        lock, self._lock = self._lock, None
        await super().close()
        await throw_away(self.live, self.name)
        if lock is not None:
            lock.close()
        await self._release()

    async def _release(self) -> None:
        if self._claim is not None:
            await self._claim.invalidate()
            await self._claim.close()
            self._claim = None

    async def _make(self) -> None:
        tables = [part.row.sql for part in self.parts]
        async with self.engine.connect() as connection:
            await connection.run_sync(METADATA[ENGINE].create_all)
            await connection.run_sync(BuildRow.sql.metadata.create_all, tables=[BuildRow.sql])
            for table in tables:
                await connection.run_sync(table.metadata.create_all, tables=[table])
            await connection.commit()

    def statements(self, row: type[Row]) -> RowStatements:
        """Return the compiled statements of a row class. Raises `ReplayError` for one that is not of the projection."""
        if not (row is BuildRow or row.sql.metadata is METADATA[ENGINE] or row in {part.row for part in self.parts}):
            raise ReplayError(f"an agent of {self.name} asks for {row.__name__}, which is not of the projection")
        return super().statements(row)


class QuietStore(Store):
    """Writes what a replay may write: rows of the projection, letters, positions; no outbox, effects, timers, answers."""

    def __init__(self, beside: Beside) -> None:
        super().__init__(beside)
        self._written = {part.row for part in beside.parts} | {DeadLetterRow}

    async def find(self, query: Query[Any], flush: RowChanges, *, lock: bool) -> list[Row]:
        """Return the rows of a query."""
        return await super().find(query, self._quiet(flush), lock=lock)

    async def commit(self, changes: Changes) -> None:
        """Commit a unit."""
        await super().commit(msgspec.structs.replace(changes, outbox=(), rows=self._quiet(changes.rows)))

    def _quiet(self, rows: RowChanges) -> RowChanges:
        return {cls: changed for cls, changed in rows.items() if cls in self._written}


def next_schema(name: str) -> str:
    """Return the schema (and the ending of the file) in which a generation is built."""
    return f"next_{name}"


def last_schema(name: str) -> str:
    """Return the schema to which the tables of the generation before go, to be dropped."""
    return f"last_{name}"


def next_file(live: Database, name: str) -> Path:
    """Return the SQLite file in which a generation is built."""
    return Path(f"{live.engine.url.database}.{next_schema(name)}")


def is_there(live: Database) -> bool:
    """Say whether there is a database at all: SQLite would make an empty one by looking."""
    return live.shared or Path(live.engine.url.database or "").exists()


async def is_under_way(live: Database, name: str) -> bool:
    """Say whether a generation is being built, or was left by a replay that was killed."""
    if not live.shared:
        return next_file(live, name).exists()
    async with live.engine.connect() as connection:
        ask = sa.text("SELECT count(*) FROM pg_namespace WHERE nspname = :name")
        return bool((await connection.execute(ask, {"name": next_schema(name)})).scalar())


async def throw_away(live: Database, name: str) -> None:
    """Leave nothing of a generation that was built, nor of the one before that was replaced."""
    if not live.shared:
        for ending in ("", "-wal", "-shm", "-journal", ".lock"):
            Path(f"{next_file(live, name)}{ending}").unlink(missing_ok=True)
        return
    async with live.engine.connect() as connection:
        for schema in (last_schema(name), next_schema(name)):
            await connection.execute(sa.text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
        await connection.commit()


async def _claim(live: Database, name: str) -> AsyncConnection:
    connection = await live.engine.connect()
    schema = next_schema(name)
    ask = sa.text("SELECT pg_try_advisory_lock(hashtext(:place))")
    if not (await connection.execute(ask, {"place": schema})).scalar():
        await connection.close()
        raise _busy(name)
    await connection.execute(sa.text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
    await connection.commit()
    return connection


def _text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def _busy(name: str) -> ReplayError:
    return ReplayError(f"another replay of {name} is at work; wait for it, or stop it: it can be resumed")
