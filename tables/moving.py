"""Moving a service's rows from its SQLite file into a database of another kind, whole or not at all."""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from reptidex.errors import ReptidexError
from reptidex.tables.database import Database
from reptidex.tables.driver import Lookup, Session, Step
from reptidex.tables.migrate import ENGINE, load_models, migrate
from reptidex.tables.row import METADATA
from reptidex.tables.statements import Statements

AT_ONCE = 2000
LEAST = -(2**63)
"""Where the numbers of SQLite's rows begin; an integer that is the key is one, and 0 a partition."""


class MoveError(ReptidexError):
    """The rows cannot be moved there."""


async def move(source: Database, target: Database, service: str, told: Callable[[str, int], None]) -> dict[str, int]:
    """Copy all rows of a service, the engine's own (positions, outbox, timers …) included, and return how many by table.

    Both databases are brought to the newest schema first. The source, a SQLite file that nobody else has open, stays as it is;
    the target gets everything in one transaction. `told` hears of each table and the rows that it has got so far.
    Raises `MoveError` where the target holds rows already, `DataRefusedError` for values that it does not take.
    """
    for database in (source, target):
        await migrate(database, service)
    reading, writing = await source.session(), await target.session()
    try:
        await _check_empty(writing, service)
        moved: dict[str, int] = {}
        for table in _tables(service):
            moved[table.name] = await _copy(table, source, target, reading, writing, told)
        await writing.commit([])
    finally:
        await reading.close()
        await writing.close()
    return moved


def _tables(service: str) -> Iterator[sa.Table]:
    load_models(service)
    for chain in (ENGINE, service):
        yield from METADATA[chain].sorted_tables


async def _check_empty(session: Session, service: str) -> None:
    for table in _tables(service):
        [rows] = await session.fetch([Lookup(f"SELECT 1 FROM {table.name} LIMIT 1")])
        if rows:
            raise MoveError(f"the database of {service} holds {table.name} already: rows are moved into an empty one")


async def _copy(
    table: sa.Table,
    source: Database,
    target: Database,
    reading: Session,
    writing: Session,
    told: Callable[[str, int], None],
) -> int:
    there, here = Statements(table, source.dialect), Statements(table, target.dialect)
    columns = ", ".join(f'"{name}"' for name in there.names)
    page = f"SELECT rowid, {columns} FROM {table.name} WHERE rowid > ? ORDER BY rowid LIMIT {AT_ONCE}"
    count, last = 0, LEAST
    while True:
        [found] = await reading.fetch([Lookup(page, (last,))])
        if not found:
            return count
        rows: list[tuple[Any, ...]] = [here.encode(there.decode(tuple(each)[1:])) for each in found]
        await writing.write([Step(here.insert, rows)])
        count, last = count + len(rows), found[-1][0]
        told(table.name, count)
