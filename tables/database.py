"""A service's database: opened once, one connection that writes, a few that read."""

import asyncio
import fcntl
import os
import sqlite3
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any, Self

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from reptidex.errors import ReptidexError, SettingsError, UnavailableError
from reptidex.tables.checkpointing import Checkpointing
from reptidex.tables.driver import Session
from reptidex.tables.row import METADATA, Row
from reptidex.tables.sqlite import BUSY_TIMEOUT_MS, Glance, SqliteSession
from reptidex.tables.statements import RowStatements

DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")
READERS = 4
PAGE_BYTES = 8192
CHECKPOINT_PAGES = 4000
"""SQLite moves its journal into the file when it has grown to 32 MB: a page that many units change is moved once."""
WORKER_CHECKPOINT_PAGES = 4 * CHECKPOINT_PAGES
"""A worker has a thread for that; only where it falls behind does a commit do it."""
STATEMENT_TIMEOUT_S = 30
LOCK_TIMEOUT_S = 10


class SecondWorkerError(ReptidexError):
    """Another worker already has this SQLite file."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"another worker already works on {path}: SQLite serves one worker per service."
            " Stop that worker, or give the service a PostgreSQL database to run several"
        )
        self.path = path


class Database:
    """Connections to one database. `shared` says whether other workers may write to it too (PostgreSQL)."""

    def __init__(
        self,
        engine: AsyncEngine,
        lock: IO[str] | None,
        readers: int,
        *,
        glance: Glance | None = None,
        checkpointing: Checkpointing | None = None,
    ) -> None:
        self.engine, self.dialect = engine, engine.dialect
        self.shared = engine.dialect.name == "postgresql"
        self.glance = glance
        """Look-ups by key without leaving the loop's thread, where the database is a file."""
        self._lock, self._checkpointing = lock, checkpointing
        self._idle: deque[Session] = deque()
        self._free = asyncio.Semaphore(readers)
        self._rows: dict[type[Row], RowStatements] = {}

    @classmethod
    def open(
        cls,
        url: str,
        *,
        synchronous: str = "NORMAL",
        worker: bool = True,
        readers: int = READERS,
        schema: str = "",
        patience_s: int = STATEMENT_TIMEOUT_S,
        create: bool = True,
    ) -> Self:
        """Open the database of a SQLAlchemy URL. A `worker` claims a SQLite file for itself.

        `schema` is where PostgreSQL looks for tables, if not where the role always does; `patience_s` how long it may take
        over a statement. Without `create` a SQLite file that is not there stays so.

        Raises `SecondWorkerError` where another worker has claimed it, `UnavailableError` where there is no file and none is to
        be made, `SettingsError` for a URL of another kind.
        """
        parsed = _parsed(url)
        if parsed.get_backend_name() != "sqlite":
            return cls(_postgres(parsed, readers, schema, patience_s), None, readers)
        if not parsed.database or parsed.database == ":memory:":
            return cls(_sqlite(parsed, synchronous, CHECKPOINT_PAGES), None, readers)
        if not create and not Path(parsed.database).exists():
            raise UnavailableError("the database", f"there is no file {parsed.database}")
        # Nobody else on this machine is to read what people wrote.
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        glance = Glance(parsed.database)
        if not worker:
            return cls(_sqlite(parsed, synchronous, CHECKPOINT_PAGES), None, readers, glance=glance)
        lock = _claim(parsed.database)
        engine = _sqlite(parsed, synchronous, WORKER_CHECKPOINT_PAGES)
        return cls(engine, lock, readers, glance=glance, checkpointing=Checkpointing(parsed.database))

    def statements(self, row: type[Row]) -> RowStatements:
        """Return the compiled statements of a row class."""
        known = self._rows.get(row)
        if known is None:
            known = self._rows[row] = RowStatements(row, self.dialect)
        return known

    async def connect(self) -> AsyncConnection:
        """Open a bare connection; the caller closes it. Raises `UnavailableError`."""
        try:
            return await self.engine.connect()
        except _unreachable(shared=self.shared) as problem:
            cause = problem.orig if isinstance(problem, sa.exc.DBAPIError) else problem
            raise UnavailableError("the database", f"{cause or type(problem).__name__}") from problem

    async def session(self) -> Session:
        """Open a connection of one's own; the caller closes it. Raises `UnavailableError`."""
        connection = await self.connect()
        if not self.shared:
            return await SqliteSession.over(connection)
        from reptidex.tables.postgres import PostgresSession  # with asyncpg: 4 MB that a worker on SQLite does without

        return await PostgresSession.over(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """Borrow a connection for look-ups."""
        async with self._free:
            session = await self._idle_session() or await self.session()
            try:
                yield session
            except BaseException:
                await session.close()
                raise
            self._idle.append(session)

    async def _idle_session(self) -> Session | None:
        """Return a connection that nobody uses; those that the server has ended meanwhile are given up."""
        while self._idle:
            session = self._idle.pop()
            if session.alive:
                return session
            await session.close()
        return None

    async def create(self, *services: str) -> None:
        """Create the tables of these services and the engine's own, as the row classes say. For tests and benchmarks."""
        tables = [
            table
            for service in ("engine", *services)
            if service in METADATA
            for table in METADATA[service].sorted_tables
        ]
        script = ";\n".join(_definition(table, self.dialect.name) for table in tables)
        async with self.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await (driver.execute(script) if self.shared else driver.executescript(script))

    async def close(self) -> None:
        """Close every connection and let the file go."""
        while self._idle:
            await self._idle.pop().close()
        if self.glance is not None:
            self.glance.close()
        if self._checkpointing is not None:
            await asyncio.to_thread(self._checkpointing.close)
            self._checkpointing = None
        await self.engine.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


@cache
def _definition(table: sa.Table, dialect: str) -> str:
    """Return the statements that make a table with its indexes, where there is none."""
    made: list[ExecutableDDLElement] = [CreateTable(table, if_not_exists=True)]
    made += [CreateIndex(each, if_not_exists=True) for each in table.indexes]
    return ";\n".join(str(each.compile(dialect=sa.dialects.registry.load(dialect)())) for each in made)


def _unreachable(*, shared: bool) -> tuple[type[Exception], ...]:
    ours = (OSError, TimeoutError, sqlite3.Error, sa.exc.DBAPIError)
    if not shared:
        return ours
    from reptidex.tables.postgres import UNREACHABLE

    return (*ours, *UNREACHABLE)


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as problem:
        # The text stays unsaid: it may hold a password.
        raise SettingsError("a database URL cannot be read; it looks like sqlite+aiosqlite:///file.db") from problem
    if parsed.drivername not in DRIVERS:
        raise SettingsError(
            f"a database URL begins with {' or '.join(f'{each}://' for each in DRIVERS)}, not {parsed.drivername}://"
        )
    return parsed


def _sqlite(url: sa.URL, synchronous: str, checkpoint_pages: int) -> AsyncEngine:
    # One shared connection where the database is nothing but that connection.
    memory = not url.database or url.database == ":memory:"
    pool = {"poolclass": sa.StaticPool} if memory else {"poolclass": sa.NullPool}
    engine = create_async_engine(url, connect_args={"isolation_level": None, "cached_statements": 512}, **pool)

    @sa.event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute(f"PRAGMA page_size={PAGE_BYTES}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}")
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def _postgres(url: sa.URL, readers: int, schema: str, patience_s: int) -> AsyncEngine:
    timeouts = {
        "statement_timeout": str(patience_s * 1000),
        "lock_timeout": str(LOCK_TIMEOUT_S * 1000),
        # A frozen worker must not keep its successor waiting for the rows that it had locked.
        "idle_in_transaction_session_timeout": str(LOCK_TIMEOUT_S * 1000),
        "application_name": "reptidex",
    }
    if schema:
        timeouts["search_path"] = schema
    arguments = {"server_settings": timeouts, "command_timeout": patience_s + 5, "timeout": 10}
    # JSON comes as text: `StructJson` decodes it straight into its type.
    options = {"pool_size": readers + 2, "pool_pre_ping": True, "json_deserializer": str}
    return create_async_engine(url, connect_args=arguments, **options)


def _claim(database: str) -> IO[str]:
    path = f"{database}.lock"
    handle = open(path, "a+")  # noqa: SIM115 - held for the life of the process
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        handle.close()
        raise SecondWorkerError(database) from problem
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
