"""One unit of work: take in, prefetch, handle, commit. Everything of a unit is committed together, or none of it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast

from reptidex.agents.engine.handling import Handling
from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.intake import Fetch, Intake, Reception
from reptidex.agents.engine.outcome import Lane, Outcome
from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.poison import RetryPolicy
from reptidex.agents.engine.routing import NOBODY, Routing
from reptidex.agents.engine.sealing import seal
from reptidex.agents.engine.work import Work
from reptidex.agents.engine.working_set import MISSING, WorkingSet, _Missing
from reptidex.errors import ReptidexError, UnavailableError
from reptidex.tables.answers import AnswerRow
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.driver import DataRefusedError, LostRaceError
from reptidex.tables.effects import EffectRow
from reptidex.tables.outbox import Batch
from reptidex.tables.positions import Fence, Position, TopicPartition
from reptidex.tables.query import Query
from reptidex.tables.row import Row
from reptidex.tables.store import Changes, Found, RowKey, Store, Wanted
from reptidex.tables.timers import TimerRow
from reptidex.tables.versions import VersionRow

log = logging.getLogger(__name__)

ENGINE_ROWS: frozenset[type[Row]] = frozenset({AnswerRow, DeadLetterRow, EffectRow})
"""Rows that belong to the partition of the message that caused them: nobody else writes them, nobody needs them twice."""
TRANSIENT: frozenset[type[Row]] = frozenset({*ENGINE_ROWS, TimerRow})

RETRY_FIRST_S, RETRY_LONGEST_S = 0.05, 5.0


class UnitRunner:
    """Runs the units of one worker, one after the other."""

    def __init__(
        self,
        service: str,
        routing: Routing,
        store: Store,
        ownership: Ownership,
        *,
        clock: Callable[[], datetime],
        retries: RetryPolicy = RetryPolicy(),
        committed: Callable[[Outcome], None] = lambda outcome: None,
        step: Callable[[str], None] = lambda point: None,
    ) -> None:
        self.service, self.routing, self.store, self.ownership = service, routing, store, ownership
        self.working = WorkingSet(transient=TRANSIENT)
        self.positions: dict[TopicPartition, Position] = {}
        self.blocked: dict[Lane, int] = {}
        """How many letters of each lane keep later messages waiting."""
        self.retries, self.clock = retries, clock
        self._committed, self._step = committed, step
        self._reception = Reception(service)
        self._stamp = 0
        self._broken: ReptidexError | None = None
        self._absent: set[RowKey] = set()

    async def run(self, fetch: Fetch, internal: Sequence[Input] = ()) -> int:
        """Run one unit and return how many messages it handled.

        Waits out a database that cannot be reached. Data that the database refuses are isolated: the unit is run again
        message by message, and the one at fault becomes a dead letter. Raises `FencedError`.
        """
        try:
            return await self._until_committed(fetch, internal, None)
        except DataRefusedError as refused:
            singles: list[tuple[Fetch, Sequence[Input]]] = [({}, [one]) for one in internal]
            singles += [({at: [record]}, ()) for at, records in fetch.items() for record in records]
            if len(singles) == 1:
                return await self._until_committed(fetch, internal, refused)
            log.warning("the database refuses a unit of %d messages; each is run on its own: %s", len(singles), refused)
            return sum([await self.run(*single) for single in singles])

    async def _until_committed(self, fetch: Fetch, internal: Sequence[Input], refused: DataRefusedError | None) -> int:
        wait, last = RETRY_FIRST_S, None
        while True:
            self._stamp += 1
            try:
                if last is not None and await self.store.was_committed(last[0]):
                    return self._settle(*last)
                last = None
                prepared = await self._prepare(fetch, internal, refused)
                last = prepared
                self._step("before commit")
                await self.store.commit(prepared[0])
                return self._settle(*prepared)
            except LostRaceError:
                last = None
                await self._abandon()
                for partition, fence in (await self._current_fences()).items():
                    self.ownership.fences[partition].touched = fence.touched
                log.info("another worker wrote rows of ours; the unit is run again")
            except UnavailableError as problem:
                log.warning("the unit waits %.2f s: %s", wait, problem)
                await self._abandon()
                await asyncio.sleep(wait)
                wait = min(wait * 2, RETRY_LONGEST_S)
            except BaseException:
                await self._abandon()
                raise

    async def _current_fences(self) -> dict[int, Fence]:
        held = list(self.ownership.fences.values())
        return await self.store.check_fences(held)

    async def _prepare(
        self, fetch: Fetch, internal: Sequence[Input], refused: DataRefusedError | None
    ) -> tuple[Changes, Intake, Handling, Outcome]:
        self._broken = None
        self._absent.clear()
        now = self.clock()
        owned = self.ownership.fences
        fetch = {at: records for at, records in fetch.items() if at[1] in owned}
        internal = [one for one in internal if one.partition in owned]
        intake = self._reception.take(fetch, self.positions, internal, now)
        await self._prefetch(intake)
        self._step("in handler")
        work = Work(self.service, self.working, self.ownership, self)
        handling = Handling(self, work, now)
        await handling.handle(intake, refused)
        changes = self._changes(intake, work, now)
        return changes, intake, handling, handling.outcome(changes, self.working.written())

    # -- reading -----------------------------------------------------------------------------------------------------

    async def _prefetch(self, intake: Intake) -> None:
        keys: dict[type[Row], dict[str, None]] = defaultdict(dict)
        peek, route_of, known_of = self.working.peek, self.routing.route, self.working.known
        name, route, versions = "", NOBODY, known_of(VersionRow)
        for one in intake.inputs:
            if one.ref is not None:
                keys[type(one.ref)][one.ref.key] = None
            event = one.event
            if event.type != name:
                name = event.type
                route = route_of(name)
                prefetch = [(*each, known_of(each.row)) for each in route.prefetch]
            if not route.needs_rows:
                continue
            key = one.key
            if route.speaks and key not in versions and peek(VersionRow, key) is MISSING:
                keys[VersionRow][key] = None
            if route.is_command and one.kind == "log":
                keys[AnswerRow][event.id] = None
            for row, key_of, many, known in prefetch:
                found = key_of(event.data)
                for key in found if many else (found,):
                    if key is not None and key not in known and peek(row, key) is MISSING:
                        keys[row][key] = None
        wanted = self._wanted({row: list(each) for row, each in keys.items()})
        wanted.inbox = list(intake.strangers)
        if not (wanted.rows or wanted.locked or wanted.inbox):
            return
        found_rows = await self._load(wanted)
        if found_rows.inbox:
            dropped = {id(intake.strangers.pop(key)) for key in found_rows.inbox}
            intake.inputs = [one for one in intake.inputs if id(one) not in dropped]
            intake.repeats += len(dropped)

    def _wanted(self, keys: dict[type[Row], list[str]]) -> Wanted:
        if self.ownership.sole:
            return Wanted(rows=keys)
        wanted, owns = Wanted(rows={}, locked={}), self.ownership.owns_key
        for row, every in keys.items():
            for key in every:
                mine = row in ENGINE_ROWS or owns(key)
                (wanted.rows if mine else wanted.locked).setdefault(row, []).append(key)
        return wanted

    async def _load(self, wanted: Wanted) -> Found:
        try:
            found = await self.store.load(wanted)
        except ReptidexError as problem:
            self._broken = problem
            raise
        for borrowed, asked in ((False, wanted.rows), (True, wanted.locked)):
            for row, keys in asked.items():
                rows = found.rows.get(row, {})
                for key in keys:
                    there = rows.get(key)
                    self.working.remember(row, key, there, borrowed=borrowed)
                    if borrowed and there is None:
                        self._absent.add((row, key))
        return found

    async def fetch(self, row: type[Row], key: str) -> Row | None:
        """Return a row that was not prefetched."""
        await self._load(self._wanted({row: [key]}))
        return cast("Row | None", self.working.peek(row, key))

    async def find(self, query: Query[Any]) -> list[Any]:
        """Return the rows of a query, what this unit has written included."""
        blind = self.working.blind()
        if blind:
            found = await self._load_quietly(Wanted(rows=blind))
            for row, keys in blind.items():
                for key in keys:
                    self.working.base(row, key, found.rows.get(row, {}).get(key))
        try:
            lock = not self.ownership.sole
            self._touch(flushed := self.working.flush())
            rows = await self.store.find(query, flushed, lock=lock)
        except ReptidexError as problem:
            self._broken = problem
            raise
        result: list[Any] = []
        for each in rows:
            known = self.working.peek(query.row, each.key)
            if isinstance(known, _Missing):
                borrowed = not (query.row in ENGINE_ROWS or self.ownership.owns_key(each.key))
                self.working.remember(query.row, each.key, each, borrowed=borrowed)
                known = each
            result.append(known)
        return result

    async def _load_quietly(self, wanted: Wanted) -> Found:
        try:
            return await self.store.load(wanted)
        except ReptidexError as problem:
            self._broken = problem
            raise

    def _touch(self, flushed: Any) -> None:
        # What is in the open transaction already is there now: written again it replaces itself.
        self._absent.difference_update((cls, key) for cls, rows in flushed.items() for key in rows)

    @property
    def broken(self) -> ReptidexError | None:
        """The database's own failure during this unit: no fault of the message at hand."""
        return self._broken

    # -- committing --------------------------------------------------------------------------------------------------

    def _changes(self, intake: Intake, work: Work, now: datetime) -> Changes:
        involved = {partition for _, partition in intake.positions} | set(work.outgoing)
        involved |= {one.partition for one in intake.inputs}
        guarded = [_copy(fence) for fence in self.ownership.guarded(involved)]
        batches = []
        for fence in guarded:
            if said := work.outgoing.get(fence.partition):
                first, fence.sent = fence.sent + 1, fence.sent + len(said)
                sealed = seal(self.service, fence.partition, first, said, now)
                batches.append(Batch(fence.partition, first, fence.sent, now, sealed))
        touched: set[int] = set()
        if not self.ownership.sole:
            written, owns = self.working.written(), self.ownership.owns_key
            keys = (key for cls, rows in written.items() if cls not in ENGINE_ROWS for key in rows)
            touched = {self.ownership.partition_of(key) for key in keys if not owns(key)}
        return Changes(
            now=now,
            stamp=self._stamp,
            rows={cls: rows for cls, rows in self.working.dirty.items() if rows},
            fresh=self._absent,
            outbox=batches,
            positions=intake.positions,
            inbox=list(intake.strangers),
            fences=guarded,
            touched=sorted(touched),
        )

    def _settle(self, changes: Changes, intake: Intake, handling: Handling, outcome: Outcome) -> int:
        for fence in changes.fences:
            if held := self.ownership.fences.get(fence.partition):
                held.sent = fence.sent
        self.positions.update(intake.positions)
        for lane, change in handling.blocking.items():
            count = self.blocked.get(lane, 0) + change
            if count > 0:
                self.blocked[lane] = count
            else:
                self.blocked.pop(lane, None)
        self.working.settle()
        self._step("after commit")
        self._committed(outcome)
        return len(intake.inputs)

    async def _abandon(self) -> None:
        self.working.drop()
        try:
            await self.store.rollback()
        except UnavailableError:
            log.warning("the open transaction could not be undone; the database undoes it with the connection")

    async def write_marks(self) -> None:
        """Write down how far the relay has come, outside any unit. Raises `UnavailableError`, `LostRaceError`."""
        held = [_copy(fence) for fence in self.ownership.fences.values()]
        if held and not self.store.busy:
            self._stamp += 1
            await self.store.commit(Changes(now=self.clock(), stamp=self._stamp, fences=held))

    def forget(self) -> None:
        """Forget what is in memory: partitions have come or gone."""
        self.working.drop()
        self.positions.clear()
        self.blocked.clear()


def _copy(fence: Fence) -> Fence:
    return Fence(fence.partition, fence.epoch, fence.touched, fence.stamp, fence.sent, fence.relayed)
