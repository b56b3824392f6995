"""Migrations: Alembic revisions per service, the engine's own chain in front of each.

`tables/migrations/versions/` holds the engine's tables, `tables/<service>/migrations/versions/` those of a service. Both chains
run in one transaction, under a lock, so that two workers that start together do it once. Alembic is used as a library: there is
no `env.py`; and only where there is something to do, as it comes with 9 MB of templates and highlighting.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

from reptidex.errors import ReptidexError
from reptidex.tables import (
    answers,
    dead_letters,
    effects,
    inbox,
    outbox,
    positions,
    projection,
    said_before,
    timers,
    versions,
)
from reptidex.tables.database import Database
from reptidex.tables.row import METADATA

ENGINE = "engine"
ENGINE_TABLES = (
    answers, dead_letters, effects, inbox, outbox, positions, projection, said_before, timers, versions,
)  # fmt: skip
"""The modules with the engine's own tables: imported, they stand in `METADATA`."""

HERE = Path(__file__).parent
LOCK_TIMEOUT_S = 30
_LOCK_NUMBER = 0x72787264
"""The number of PostgreSQL's advisory lock that migrations take."""


_NUMBER = re.compile(r"[0-9]+")


class MigrationError(ReptidexError):
    """The schema cannot be brought to where the code needs it."""


def load_models(service: str) -> sa.MetaData:
    """Import every module with rows of a service, and return its tables."""
    if service != ENGINE and _folder(service).is_dir():
        package = importlib.import_module(f"reptidex.tables.{service}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    return METADATA.setdefault(service, sa.MetaData())


def _folder(chain: str) -> Path:
    return HERE if chain == ENGINE else HERE / chain


def scripts(chain: str) -> ScriptDirectory | None:
    """Return the revisions of a chain; None where it has none yet."""
    folder = _folder(chain) / "migrations"
    versions_folder = folder / "versions"
    if not versions_folder.is_dir() or not any(versions_folder.glob("*.py")):
        return None
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(folder), version_locations=[str(versions_folder)])


def context(connection: sa.Connection, chain: str, **options: Any) -> MigrationContext:
    """Return Alembic's view of a database for one chain."""
    settings = {
        "version_table": f"schema_of_{chain}",
        "compare_type": _same_type,
        "render_as_batch": connection.dialect.name == "sqlite",
        **options,
    }
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection, opts=settings)


def _same_type(_context: Any, _inspected: Any, _metadata: Any, inspected: Any, wanted: Any) -> bool | None:
    """Say whether two column types differ: by what they are called in the database at hand."""
    dialect = _context.dialect
    names = (inspected.compile(dialect=dialect), wanted.dialect_impl(dialect).compile(dialect=dialect))
    known = {"VARCHAR": "TEXT", "DOUBLE": "DOUBLE PRECISION", "FLOAT": "DOUBLE PRECISION"}
    left, right = (known.get(name, name) for name in names)
    return bool(left != right)


async def migrate(database: Database, service: str) -> list[str]:
    """Bring a service's database to the newest schema and return the revisions applied.

    A service without revisions gets its tables from its rows as they are. Raises `MigrationError`, `UnavailableError`.
    """
    load_models(service)
    async with aclosing(await database.connect()) as connection:
        return await connection.run_sync(_migrate, service)


def newest(chain: str) -> str:
    """Return the newest revision of a chain, as the name of its file says; empty where it has none."""
    found = sorted((_folder(chain) / "migrations" / "versions").glob("[0-9]*.py"))
    return _NUMBER.match(found[-1].name)[0] if found else ""  # type: ignore[index]


def _is_newest(connection: sa.Connection, chain: str) -> bool:
    table = sa.table(f"schema_of_{chain}", sa.column("version_num"))
    if not newest(chain) or not sa.inspect(connection).has_table(table.name):
        return False
    return list(connection.execute(sa.select(table.c.version_num)).scalars()) == [newest(chain)]


def _migrate(connection: sa.Connection, service: str) -> list[str]:
    if all(_is_newest(connection, chain) for chain in (ENGINE, service)):
        return []
    connection.rollback()
    _lock(connection)
    try:
        applied = [revision for chain in (ENGINE, service) for revision in _upgrade(connection, chain)]
        _commit(connection)
    except MigrationError:
        connection.rollback()
        raise
    except Exception as problem:
        connection.rollback()
        raise MigrationError(f"the schema of {service} cannot be migrated: {problem}") from problem
    return applied


def _lock(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'")
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})")


def _commit(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("COMMIT")
    connection.commit()


def _upgrade(connection: sa.Connection, chain: str) -> Iterable[str]:
    from alembic.operations import Operations

    script = scripts(chain)
    if script is None:
        METADATA[chain].create_all(connection)
        return []
    applied: list[str] = []

    def steps(revision: Any, _: MigrationContext) -> list[Any]:
        todo: list[Any] = script._upgrade_revs("heads", revision)
        applied.extend(f"{chain} {step.revision.revision}" for step in todo)
        return todo

    view = context(connection, chain, fn=steps)
    with Operations.context(view):
        view.run_migrations()
    return applied


async def differences(database: Database, service: str) -> list[Any]:
    """Return how the database differs from what the rows of a service and the engine say; empty where it does not."""
    from alembic.autogenerate import compare_metadata

    wanted = sa.MetaData()
    for metadata in (METADATA[ENGINE], load_models(service)):
        for table in metadata.tables.values():
            table.to_metadata(wanted)

    def compare(connection: sa.Connection) -> list[Any]:
        bookkeeping = {f"schema_of_{ENGINE}", f"schema_of_{service}"}

        def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
            return not (kind == "table" and name in bookkeeping)

        return list(compare_metadata(context(connection, service, include_object=ours), wanted))

    async with database.engine.connect() as connection:
        return await connection.run_sync(compare)
