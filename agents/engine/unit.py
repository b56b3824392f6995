"""One unit of work: take in, prefetch, handle, commit. Everything of a unit is committed together, or none of it."""

import asyncio
import logging
from collections import ChainMap, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, cast

from reptidex.agents.engine.handling import Handling
from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.intake import Fetch, Intake, Reception
from reptidex.agents.engine.outcome import Lane, Outcome
from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.poison import RetryPolicy
from reptidex.agents.engine.prepared import Prepared
from reptidex.agents.engine.routing import Routing
from reptidex.agents.engine.sealing import seal
from reptidex.agents.engine.work import Work
from reptidex.agents.engine.working_set import WorkingSet, _Missing
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

Barrier = Callable[[], Awaitable[None]]
NOTHING = Intake([], {}, [], {})

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
        self._barrier: Barrier | None = None

    async def run(
        self,
        fetch: Fetch,
        internal: Sequence[Input] = (),
        *,
        failed: tuple[Prepared | None, ReptidexError] | None = None,
    ) -> int:
        """Run one unit, its commit included, and return how many messages it handled.

        Waits out a database that cannot be reached. Data that the database refuses are isolated: the unit is run again
        message by message, and the one at fault becomes a dead letter. Raises `FencedError`.
        `failed` is what has become of a first try made elsewhere, and what of it may have been committed all the same.
        """
        try:
            return await self._until_committed(fetch, internal, None, failed)
        except DataRefusedError as refused:
            singles: list[tuple[Fetch, Sequence[Input]]] = [({}, [one]) for one in internal]
            singles += [({at: [record]}, ()) for at, records in fetch.items() for record in records]
            if len(singles) == 1:
                return await self._until_committed(fetch, internal, refused, None)
            log.warning("the database refuses a unit of %d messages; each is run on its own: %s", len(singles), refused)
            return sum([await self.run(*single) for single in singles])

    async def _until_committed(
        self,
        fetch: Fetch,
        internal: Sequence[Input],
        refused: DataRefusedError | None,
        failed: tuple[Prepared | None, ReptidexError] | None,
    ) -> int:
        wait, last, problem = RETRY_FIRST_S, *(failed or (None, None))
        while True:
            try:
                if problem is not None:
                    told, problem = problem, None
                    raise told
                if last is not None and await self.store.was_committed(last.changes):
                    return self.settle(last)
                last = None
                last = await self.prepare(fetch, internal, refused)
                await self.commit(last)
                return self.settle(last)
            except LostRaceError:
                last = None
                await self.abandon()
                for partition, fence in (await self._current_fences()).items():
                    self.ownership.fences[partition].touched = fence.touched
                log.info("another worker wrote rows of ours; the unit is run again")
            except UnavailableError as away:
                log.warning("the unit waits %.2f s: %s", wait, away)
                await self.abandon()
                await asyncio.sleep(wait)
                wait = min(wait * 2, RETRY_LONGEST_S)
            except BaseException:
                await self.abandon()
                raise

    async def _current_fences(self) -> dict[int, Fence]:
        held = list(self.ownership.fences.values())
        return await self.store.check_fences(held)

    async def prepare(
        self,
        fetch: Fetch,
        internal: Sequence[Input] = (),
        refused: DataRefusedError | None = None,
        *,
        ahead: Prepared | None = None,
        barrier: Barrier | None = None,
    ) -> Prepared:
        """Handle a unit up to its commit.

        `ahead` is the unit before where that is still being committed: what it wrote is in memory, where it leaves the log too.
        Handlers that ask what memory cannot tell wait at the `barrier` for its commit.
        """
        self._broken, self._absent, self._barrier = None, set(), barrier
        now = self.clock()
        owned = self.ownership.fences
        fetch = {at: records for at, records in fetch.items() if at[1] in owned}
        internal = [one for one in internal if one.partition in owned]
        before = ahead.intake if ahead is not None else NOTHING
        intake = self._reception.take(fetch, ChainMap(before.positions, self.positions), internal, now)
        intake.leave_out(before.strangers)
        await self._prefetch(intake)
        self._step("in handler")
        work = Work(self.service, self.working, self.ownership, self)
        handling = Handling(self, work, now)
        await handling.handle(intake, refused)
        if barrier is not None:
            await barrier()  # numbers of the outbox go on from those of the unit before
        changes = self._changes(intake, work, now)
        written = self.working.hand_over()
        return Prepared(fetch, internal, intake, handling, changes, written, handling.outcome(changes, written))

    async def commit(self, prepared: Prepared) -> None:
        """Commit a unit. Raises like `Store.commit`."""
        self._step("before commit")
        await self.store.commit(prepared.changes)

    # -- reading -----------------------------------------------------------------------------------------------------

    async def _prefetch(self, intake: Intake) -> None:
        keys: dict[type[Row], list[str]] = defaultdict(list)
        for one in intake.internal:
            keys[type(one.ref)].append(one.ref.key)
        for name, inputs in intake.by_type.items():
            route = self.routing.route(name)
            if route.speaks:
                keys[VersionRow] += [one.key for one in inputs]
            if route.is_command:
                keys[AnswerRow] += [one.event.id for one in inputs if one.kind == "log"]
            for row, key_of, many in route.prefetch:
                found = [key_of(one.event.data) for one in inputs]
                keys[row] += [key for each in found for key in each] if many else found
        unknown = {row: self.working.unknown(row, each) for row, each in keys.items()}
        for each in unknown.values():
            if None in each:
                each.remove(None)
        wanted = self._wanted({row: each for row, each in unknown.items() if each})
        wanted.inbox = list(intake.strangers)
        if not (wanted.rows or wanted.locked or wanted.inbox):
            return
        found_rows = await self._load(wanted)
        intake.leave_out(found_rows.inbox)

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
        found = await self._load_quietly(wanted)
        for borrowed, asked in ((False, wanted.rows), (True, wanted.locked)):
            for row, keys in asked.items():
                rows = found.rows.get(row, {})
                self.working.remember_all(row, keys, rows)
                if borrowed:
                    self.working.borrow(row, keys)
                    self._absent.update((row, key) for key in keys if key not in rows)
        return found

    async def fetch(self, row: type[Row], key: str) -> Row | None:
        """Return a row that was not prefetched."""
        await self._load(self._wanted({row: [key]}))
        return cast("Row | None", self.working.peek(row, key))

    async def find(self, query: Query[Any]) -> list[Any]:
        """Return the rows of a query, what this unit has written included."""
        await self._wait_for_the_unit_before()
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
                self.working.remember(query.row, each.key, each)
                if not (query.row in ENGINE_ROWS or self.ownership.owns_key(each.key)):
                    self.working.borrow(query.row, [each.key])
                known = each
            result.append(known)
        return result

    async def _wait_for_the_unit_before(self) -> None:
        if self._barrier is None:
            return
        try:
            await self._barrier()
        except ReptidexError as problem:
            self._broken = problem
            raise
        self._barrier = None

    async def _load_quietly(self, wanted: Wanted) -> Found:
        try:
            return await self.store.load(wanted, aside=self._barrier is not None)
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
        self._stamp += 1
        involved = {partition for _, partition in intake.positions} | set(work.outgoing)
        involved |= {one.partition for one in intake.internal}
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

    def settle(self, prepared: Prepared) -> int:
        """Take note of a commit, and say what follows from it. Returns how many messages the unit handled."""
        changes, intake = prepared.changes, prepared.intake
        for fence in changes.fences:
            if held := self.ownership.fences.get(fence.partition):
                held.sent = fence.sent
        self.positions.update(intake.positions)
        for lane, change in prepared.handling.blocking.items():
            count = self.blocked.get(lane, 0) + change
            if count > 0:
                self.blocked[lane] = count
            else:
                self.blocked.pop(lane, None)
        self.working.settle(prepared.written)
        self._step("after commit")
        self._committed(prepared.outcome)
        return len(intake.inputs)

    async def abandon(self) -> None:
        """Undo what has been done and not been committed, in memory and in the database."""
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
