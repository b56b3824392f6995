"""The rebuilt rows against the live ones, stretch by stretch, at one and the same position in the log."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from reptidex.tables.beside import Beside
from reptidex.tables.database import Database
from reptidex.tables.projection import Part
from reptidex.tables.switch import Moment, moment

STRETCH = 2000
EXAMPLES = 20


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One row that is not alike."""

    table: str
    key: str
    kind: str
    """`only live`, `only rebuilt` or `differs`."""
    columns: dict[str, tuple[Any, Any]] = {}
    """Of a row that differs: by column, the live value and the rebuilt one."""


class Comparison(msgspec.Struct, kw_only=True):
    """How two generations compare."""

    rows: int = 0
    """Live rows that were looked at."""
    only_live: int = 0
    only_rebuilt: int = 0
    differing: int = 0
    kept: int = 0
    """Rows of which the log no longer tells: only live, and kept by a switch."""
    examples: list[Difference] = []

    @property
    def alike(self) -> bool:
        """Whether a switch would change nothing."""
        return not (self.only_live or self.only_rebuilt or self.differing)

    def note(self, difference: Difference, *, cut: bool) -> None:
        """Count a difference, and keep the first few. Of what is `cut` off, rows that are only live are no difference."""
        match difference.kind:
            case "only live" if cut:
                self.kept += 1
                return
            case "only live":
                self.only_live += 1
            case "only rebuilt":
                self.only_rebuilt += 1
            case _:
                self.differing += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(difference)


class Snapshot:
    """The live database as it was at one moment. Nobody is kept waiting by it."""

    def __init__(self, connection: AsyncConnection, now: Moment) -> None:
        self.connection, self.now = connection, now

    async def compare(
        self, beside: Beside, *, cut: bool, looked_at: Callable[[int], None] = lambda rows: None
    ) -> Comparison:
        """Compare every part, the columns that are carried left out. `looked_at` hears of progress, in rows."""
        found = Comparison()
        async with beside.engine.connect() as rebuilt:
            for part in beside.parts:
                async for live, new in _stretches(part, self.connection, rebuilt):
                    found.rows += len(live)
                    looked_at(len(live))
                    for difference in _differences(part, live, new):
                        found.note(difference, cut=cut)
        return found


@asynccontextmanager
async def snapshot(live: Database) -> AsyncIterator[Snapshot]:
    """Look at the live database as it is now, for as long as this is open."""
    async with live.engine.connect() as connection:
        if live.shared:
            await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        else:
            await connection.exec_driver_sql("BEGIN")
        try:
            yield Snapshot(connection, await moment(connection))
        finally:
            if not live.shared:
                await connection.exec_driver_sql("ROLLBACK")
            await connection.rollback()


Rows = dict[str, tuple[Any, ...]]


async def _stretches(part: Part, live: AsyncConnection, rebuilt: AsyncConnection) -> AsyncIterator[tuple[Rows, Rows]]:
    """Yield the rows of both sides between two keys, until both have no more. Only the database compares keys."""
    columns, key = _compared(part), part.row.sql.c[part.row.key_field]
    wanted = sa.select(key, *columns).order_by(key)
    if part.told is not None:
        wanted = wanted.where(part.told(part.row.sql.c))
    after: str | None = None
    while True:
        behind = wanted if after is None else wanted.where(key > after)
        page = [tuple(row) for row in await live.execute(behind.limit(STRETCH))]
        until = page[-1][0] if len(page) == STRETCH else None
        same = behind if until is None else behind.where(key <= until)
        new = [tuple(row) for row in await rebuilt.execute(same)]
        yield {row[0]: row[1:] for row in page}, {row[0]: row[1:] for row in new}
        if until is None:
            return
        after = until


def _compared(part: Part) -> list[Any]:
    return [c for c in part.row.sql.columns if c.name != part.row.key_field and c.name not in part.carried]


def _differences(part: Part, live: Rows, new: Rows) -> Iterator[Difference]:
    table, names = str(part.row.sql.name), [column.name for column in _compared(part)]
    for key, row in live.items():
        other = new.pop(key, None)
        if other is None:
            yield Difference(table=table, key=key, kind="only live")
        elif row != other:
            unlike = {n: (a, b) for n, a, b in zip(names, row, other, strict=True) if a != b}
            yield Difference(table=table, key=key, kind="differs", columns=unlike)
    for key in new:
        yield Difference(table=table, key=key, kind="only rebuilt")
