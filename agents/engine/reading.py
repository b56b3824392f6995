"""What a unit asks of the database: beforehand for all of its messages at once, and what its handlers ask on their way."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from reptidex.agents.engine.intake import Intake
from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.routing import Routing
from reptidex.agents.engine.work import SEEN
from reptidex.agents.engine.working_set import Missing, WorkingSet
from reptidex.errors import ReptidexError
from reptidex.tables.answers import AnswerRow
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.effects import EffectRow
from reptidex.tables.query import Query
from reptidex.tables.row import Row
from reptidex.tables.store import Found, RowKey, Store, Wanted
from reptidex.tables.versions import VersionRow

ENGINE_ROWS: frozenset[type[Row]] = frozenset({AnswerRow, DeadLetterRow, EffectRow})
"""Rows that belong to the partition of the message that caused them: nobody else writes them, nobody needs them twice."""

Barrier = Callable[[], Awaitable[None]]
"""Waits for the commit of the unit before; raises what it failed with."""


class Reading:
    """The reading of one unit, into the working set.

    With a `barrier` the unit is handled while the one before is being committed: rows come by another connection, to which that
    commit may not be visible yet. Nothing is missed by it, since what that unit wrote is in memory and not asked for.
    """

    def __init__(self, store: Store, working: WorkingSet, ownership: Ownership, barrier: Barrier | None) -> None:
        self._store, self._working, self._ownership, self._barrier = store, working, ownership, barrier
        self.broken: ReptidexError | None = None
        """The database's own failure during this unit: no fault of the message at hand."""
        self.absent: set[RowKey] = set()
        """Rows of other workers' keys that were not there."""

    async def prefetch(self, intake: Intake, routing: Routing, *, handled: bool = True) -> None:
        """Read every row that the handlers say they will ask for, and drop the inputs that the inbox knows.

        Where nothing is to be `handled`, only what the engine itself asks for: what a message names may be what is refused.
        """
        keys: dict[type[Row], list[str]] = defaultdict(list)
        for one in intake.internal:
            keys[type(one.ref)].append(one.ref.key)
        for name, inputs in intake.by_type.items():
            route = routing.route(name)
            if route.speaks:
                keys[VersionRow] += [one.key for one in inputs]
            if route.is_command:
                keys[AnswerRow] += [one.event.id for one in inputs if one.kind in SEEN]
            for row, key_of, many in route.prefetch if handled else ():
                found = [key_of(one.event.data) for one in inputs]
                keys[row] += [key for each in found for key in each] if many else found
        unknown = {row: self._working.unknown(row, each) for row, each in keys.items()}
        wanted = self._wanted({row: each for row, each in unknown.items() if each})
        wanted.inbox = list(intake.strangers)
        if not (wanted.rows or wanted.locked or wanted.inbox):
            return
        found_rows = await self._load(wanted)
        intake.leave_out(found_rows.inbox)

    def _wanted(self, keys: dict[type[Row], list[str]]) -> Wanted:
        if self._ownership.sole:
            return Wanted(rows=keys)
        wanted, owns = Wanted(rows={}, locked={}), self._ownership.owns_key
        for row, every in keys.items():
            for key in every:
                mine = row in ENGINE_ROWS or owns(key)
                (wanted.rows if mine else wanted.locked).setdefault(row, []).append(key)
        return wanted

    async def _load(self, wanted: Wanted) -> Found:
        found = await self._load_quietly(wanted)
        for borrowed, asked in ((False, wanted.rows), (True, wanted.locked)):
            for row, keys in asked.items():
                rows = found.rows.get(row, {})
                self._working.remember_all(row, keys, rows)
                if borrowed:
                    self._working.borrow(row, keys)
                    self.absent.update((row, key) for key in keys if key not in rows)
        return found

    async def fetch(self, row: type[Row], key: str) -> Row | None:
        """Return a row that was not prefetched."""
        await self._load(self._wanted({row: [key]}))
        return cast("Row | None", self._working.peek(row, key))

    async def fetch_many(self, row: type[Row], keys: Sequence[str]) -> None:
        """Remember rows that were not prefetched, and which of them are not there."""
        await self._load(self._wanted({row: list(keys)}))

    async def find(self, query: Query[Any]) -> list[Any]:
        """Return the rows of a query, what this unit has written included."""
        await self._wait_for_the_unit_before()
        blind = self._working.blind()
        if blind:
            found = await self._load_quietly(Wanted(rows=blind))
            for row, keys in blind.items():
                for key in keys:
                    self._working.base(row, key, found.rows.get(row, {}).get(key))
        try:
            lock = not self._ownership.sole
            self._touch(flushed := self._working.flush())
            rows = await self._store.find(query, flushed, lock=lock)
        except ReptidexError as problem:
            self.broken = problem
            raise
        result: list[Any] = []
        for each in rows:
            known = self._working.peek(query.row, each.key)
            if isinstance(known, Missing):
                self._working.remember(query.row, each.key, each)
                if not (query.row in ENGINE_ROWS or self._ownership.owns_key(each.key)):
                    self._working.borrow(query.row, [each.key])
                known = each
            result.append(known)
        return result

    async def _wait_for_the_unit_before(self) -> None:
        if self._barrier is None:
            return
        try:
            await self._barrier()
        except ReptidexError as problem:
            self.broken = problem
            raise
        self._barrier = None

    async def _load_quietly(self, wanted: Wanted) -> Found:
        try:
            return await self._store.load(wanted, aside=self._barrier is not None)
        except ReptidexError as problem:
            self.broken = problem
            raise

    def _touch(self, flushed: Any) -> None:
        # What is in the open transaction already is there now: written again it replaces itself.
        self.absent.difference_update((cls, key) for cls, rows in flushed.items() for key in rows)
