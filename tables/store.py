"""The writing side of a service's database: what a unit of work reads beforehand, and its commit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from reptidex.errors import FencedError
from reptidex.tables import outbox as outboxes
from reptidex.tables.database import Database
from reptidex.tables.driver import Lookup, Session, Step
from reptidex.tables.inbox import inbox
from reptidex.tables.outbox import Batch, outbox
from reptidex.tables.positions import (
    Fence,
    Position,
    TopicPartition,
    Witness,
    fences,
    guard_sql,
    guard_values,
    positions,
    take_over_sql,
    touch_sql,
)
from reptidex.tables.query import Query
from reptidex.tables.row import Row
from reptidex.tables.said_before import IDS
from reptidex.tables.statements import Statements, compile_query

FEW = 32
"""So many rows are read on the loop's thread, where they can be: more might hold it up, should they come from the disk."""
RowKey = tuple[type[Row], str]
RowChanges = Mapping[type[Row], Mapping[str, Row | None]]


class Wanted(msgspec.Struct):
    """What a unit asks for before its handlers run."""

    rows: dict[type[Row], list[str]] = {}
    locked: dict[type[Row], list[str]] = {}
    """Keys that other workers may write too: their rows stay locked until the commit."""
    inbox: list[str] = []


class Found(msgspec.Struct):
    """What was there."""

    rows: dict[type[Row], dict[str, Row]]
    inbox: set[str]


class Changes(msgspec.Struct, kw_only=True):
    """Everything that one unit commits."""

    now: datetime
    stamp: int
    rows: RowChanges = {}
    fresh: frozenset[RowKey] | set[RowKey] = frozenset()
    """Rows of foreign keys that were not there when they were read: they must not be there now either."""
    outbox: Sequence[Batch] = ()
    positions: Mapping[TopicPartition, Position] = {}
    inbox: Iterable[str] = ()
    fences: Sequence[Fence] = ()
    touched: Sequence[int] = ()


class Store:
    """One worker's writing connection. `step` (tests only) is called between the last statement and the COMMIT."""

    def __init__(self, database: Database, *, step: Callable[[str], None] | None = None) -> None:
        self.database, self._step = database, step
        self._session: Session | None = None
        dialect = database.dialect
        self._positions = Statements(positions, dialect)
        self._outbox = Statements(outbox, dialect)
        self._inbox = Statements(inbox, dialect)
        self._fences = Statements(fences, dialect)
        self._guard, self._touch, self._take = guard_sql(dialect), touch_sql(dialect), take_over_sql(dialect)
        self._encode = msgspec.json.Encoder().encode

    async def session(self) -> Session:
        """Return the writing connection; opened again where it was lost."""
        if self._session is not None and not self._session.alive:
            await self._session.close()
            self._session = None
        if self._session is None:
            self._session = await self.database.session()
        return self._session

    async def close(self) -> None:
        """Give the connection up."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def load(self, wanted: Wanted, *, aside: bool = False) -> Found:
        """Read what a unit needs, in one round trip where the database allows it.

        With `aside` by a connection for look-ups, while this one is at work: nothing that it has not committed is seen.
        """
        asked: list[tuple[Any, Lookup]] = []
        for row, keys in wanted.rows.items():
            asked.append((row, self.database.statements(row).lookup(keys)))
        for row in sorted(wanted.locked, key=lambda each: each.sql.name):
            asked.append((row, self.database.statements(row).lookup(sorted(wanted.locked[row]), lock=True)))
        if wanted.inbox:
            asked.append((inbox, self._inbox.lookup(wanted.inbox)))
        found = Found({}, set())
        lookups = [lookup for _, lookup in asked]
        glance = self.database.glance
        # What stands in an open transaction only this connection sees; else a few rows are found faster on this very thread.
        few = len(wanted.inbox) + sum(map(len, wanted.rows.values())) <= FEW
        quick = few and not wanted.locked and (aside or not self.busy)
        seen = [glance.rows(lookup) for lookup in lookups] if glance is not None and quick else [None]
        if None not in seen:
            results: Sequence[Any] = seen
        elif aside:
            async with self.database.reading() as reader:
                results = await reader.fetch(lookups)
        else:
            session = await self.session()
            results = await session.fetch(lookups, begin=bool(wanted.locked))
        for (what, _), values in zip(asked, results, strict=True):
            if what is inbox:
                found.inbox = {each[0] for each in values}
            else:
                build = self.database.statements(what).build
                rows = found.rows.setdefault(what, {})
                for each in values:
                    there = build(tuple(each))
                    rows[there.key] = there
        return found

    async def find(self, query: Query[Any], flush: RowChanges, *, lock: bool) -> list[Row]:
        """Return the rows of a query, after the unit's own writes have been put into the open transaction."""
        lookup = compile_query(query, self.database.dialect, lock=lock)
        session = await self.session()
        steps = self._row_steps(flush, frozenset())
        if steps or lock:
            [values] = await session.write(steps, [lookup])
        else:
            [values] = await session.fetch([lookup])
        build = self.database.statements(query.row).build
        return [build(tuple(each)) for each in values]

    async def commit(self, changes: Changes) -> None:
        """Commit a unit, all or nothing.

        Raises `LostRaceError` where a fence is not as it is known (`check_fences` tells what happened), `DataRefusedError`,
        `UnavailableError`.
        """
        steps = self._row_steps(changes.rows, changes.fresh)
        if changes.outbox:
            encode = self._outbox.encode
            steps.append(Step(self._outbox.insert, [encode(outboxes.values(each)) for each in changes.outbox]))
        if changes.positions:
            rows = [(*at, *self._values(position)) for at, position in changes.positions.items()]
            steps.append(Step(self._positions.upsert, rows))
        if seen := [self._inbox.encode((each, changes.now)) for each in changes.inbox]:
            steps.append(Step(self._inbox.insert, seen))
        if changes.touched:
            steps.append(Step(self._touch, [(partition,) for partition in sorted(changes.touched)]))
        if changes.fences:
            rows = [guard_values(fence, changes.stamp) for fence in sorted(changes.fences, key=lambda f: f.partition)]
            steps.append(Step(self._guard, rows, hits=len(rows)))
        session = await self.session()
        if self._step is not None:
            await session.write(steps)
            self._step("in tx")
            steps = []
        await session.commit(steps)

    def _values(self, position: Position) -> tuple[int, str, str | None]:
        witness = self._encode(position.witness).decode() if position.witness else None
        return position.next_offset, self._encode(position.marks).decode(), witness

    def _row_steps(self, rows: RowChanges, fresh: frozenset[RowKey] | set[RowKey]) -> list[Step]:
        steps: list[Step] = []
        # By name of table, then by key: two workers lock in the same order.
        for cls in sorted(rows, key=lambda each: each.sql.name) if len(rows) > 1 else rows:
            statements, changed = self.database.statements(cls), rows[cls]
            there = [row for row in changed.values() if row is not None]
            if len(there) < len(changed):
                steps.append(statements.remove(sorted(key for key, row in changed.items() if row is None)))
            if fresh:
                new = [row for row in there if (cls, row.key) in fresh]
                there = [row for row in there if (cls, row.key) not in fresh]
                if new:
                    steps.append(statements.write(new, new=True))
            if there:
                steps.append(statements.write(there))
        return steps

    @property
    def busy(self) -> bool:
        """Whether a transaction is open."""
        return self._session is not None and self._session.open

    async def rollback(self) -> None:
        """Undo what has been put into the open transaction."""
        if self._session is not None and self._session.open:
            await self._session.rollback()

    async def fences(self, partitions: Sequence[int], *, settled: bool = False) -> dict[int, Fence]:
        """Return the fences of partitions as they stand; `settled` waits for whoever is about to change one of them."""
        if not partitions:
            return {}
        names, mine = self._fences.names, ", ".join(map(str, partitions))
        settling = " ORDER BY partition FOR UPDATE" if settled and self.database.shared else ""
        values = await self._all(f"SELECT {', '.join(names)} FROM fences WHERE partition IN ({mine}){settling}")
        return {fence.partition: fence for fence in (Fence(**dict(zip(names, each, strict=True))) for each in values)}

    async def check_fences(self, held: Sequence[Fence], *, settled: bool = False) -> dict[int, Fence]:
        """Return the fences as they stand. Raises `FencedError` where another worker has taken one of them over."""
        current = await self.fences([fence.partition for fence in held], settled=settled)
        for fence in held:
            now = current[fence.partition]
            if now.epoch != fence.epoch:
                raise FencedError(fence.partition, fence.epoch, now.epoch)
        return current

    async def was_committed(self, changes: Changes) -> bool:
        """Say whether a commit whose answer was lost went through: its stamp then stands in its fences.

        The server may still be at it (waiting for its disk, or for a standby) when its client has given it up: it holds the
        fences so long.
        """
        current = await self.check_fences(changes.fences, settled=True)
        return bool(current) and all(each.stamp == changes.stamp for each in current.values())

    async def take_over(self, partitions: Sequence[int]) -> dict[int, Fence]:
        """Raise the epochs of partitions: whoever held them can commit no more. Returns the fences now held."""
        session = await self.session()
        if partitions:
            await session.commit([Step(self._take, [(partition,) for partition in sorted(partitions)])])
        return await self.fences(partitions)

    async def positions(self, partitions: Sequence[int]) -> dict[TopicPartition, Position]:
        """Return where to go on in the topics of these partition numbers."""
        values = await self._all("SELECT topic, partition, next_offset, marks, witness FROM positions")
        mine = set(partitions)
        marks, witness = msgspec.json.Decoder(dict[str, int]).decode, msgspec.json.Decoder(Witness).decode
        return {
            (topic, partition): Position(next_offset, marks(told), witness(last) if last else None)
            for topic, partition, next_offset, told, last in values
            if partition in mine
        }

    async def unsent(self, fence: Fence) -> list[Batch]:
        """Return what an outbox holds that the log may not have seen, oldest first."""
        session = await self.session()
        [values] = await session.fetch([outboxes.unsent(self.database.dialect, fence.partition, fence.relayed)])
        return [outboxes.batch(self._outbox.decode(tuple(each))) for each in values]

    async def said_before(self) -> frozenset[str]:
        """Return the ids of what was said before a restore, and must not be said again."""
        return frozenset(each[0] for each in await self._all(IDS.sql))

    async def _all(self, sql: str) -> list[tuple[Any, ...]]:
        session = await self.session()
        [values] = await session.fetch([Lookup(sql)])
        return values
