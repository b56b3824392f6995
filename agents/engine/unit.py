"""One unit of work: take in, prefetch, handle, commit. Everything of a unit is committed together, or none of it."""

import asyncio
import logging
import time
from collections import ChainMap
from collections.abc import Callable, Sequence
from datetime import datetime

from reptidex.agents.engine.handling import Handling
from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.intake import Fetch, Intake, Reception
from reptidex.agents.engine.outcome import Lane, Outcome
from reptidex.agents.engine.ownership import LetGoError, Ownership
from reptidex.agents.engine.poison import RetryPolicy
from reptidex.agents.engine.prepared import Prepared
from reptidex.agents.engine.reading import ENGINE_ROWS, Barrier, Reading
from reptidex.agents.engine.routing import Routing
from reptidex.agents.engine.sealing import ID, seal
from reptidex.agents.engine.work import Work
from reptidex.agents.engine.working_set import WorkingSet
from reptidex.errors import ReptidexError, UnavailableError
from reptidex.tables.driver import DataRefusedError, LostRaceError
from reptidex.tables.outbox import Batch
from reptidex.tables.positions import Fence, Position, TopicPartition
from reptidex.tables.row import Row
from reptidex.tables.store import Changes, RowKey, Store
from reptidex.tables.timers import TimerRow

log = logging.getLogger(__name__)

TRANSIENT: frozenset[type[Row]] = frozenset({*ENGINE_ROWS, TimerRow})

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
        self.said_before: frozenset[str] = frozenset()
        """Ids of what is on the log already, though this database was restored to a state from before it was said."""
        self.retries, self.clock = retries, clock
        self._committed, self._step = committed, step
        self._reception = Reception(service)
        self._stamp = 0
        self.attempted = 0.0
        """When a unit that waits for the database was last tried again, by `time.monotonic`."""

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
        wait, raced, doubted = RETRY_FIRST_S, False, False
        last, problem = failed if failed is not None else (None, None)
        while True:
            self.attempted = time.monotonic()
            try:
                if problem is not None:
                    told, problem = problem, None
                    raise told
                if raced:
                    await self._meet_the_fences()
                    raced = False
                if last is not None and await self.store.was_committed(last.changes):
                    return self.settle(last)
                last = None
                last = await self.prepare(fetch, internal, refused)
                await self.commit(last)
                return self.settle(last)
            except LostRaceError:
                last, raced = None, True
                await self.abandon()
                log.info("another worker wrote rows of ours; the unit is run again")
            except DataRefusedError as doubt:
                await self.abandon()
                if refused is not None or doubted or self.ownership.sole:
                    raise
                # What is to be unique may just have been taken by another worker: who looks again sees that.
                last, raced, doubted = None, True, True
                log.info(
                    "the database refuses what another worker may have written first; the unit is run again: %s", doubt
                )
            except LetGoError:
                last = None
                await self.abandon()
                log.info("partitions have gone while a unit was at work; it is run again without them")
            except UnavailableError as away:
                log.warning("the unit waits %.2f s: %s", wait, away)
                await self.abandon()
                await asyncio.sleep(wait)
                wait = min(wait * 2, RETRY_LONGEST_S)
            except BaseException:
                await self.abandon()
                raise

    async def _meet_the_fences(self) -> None:
        """Learn how often others have written rows of ours. Raises `FencedError`, `UnavailableError`."""
        for partition, fence in (await self.store.check_fences(list(self.ownership.fences.values()))).items():
            self.ownership.fences[partition].touched = fence.touched

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
        Handlers that ask what memory cannot tell wait at the `barrier` for its commit. Raises `LetGoError`.
        """
        now = self.clock()
        owned = self.ownership.fences
        fetch = {at: records for at, records in fetch.items() if at[1] in owned}
        internal = [one for one in internal if one.partition in owned]
        self.working.begin()
        before = ahead.intake if ahead is not None else NOTHING
        intake = self._reception.take(fetch, ChainMap(before.positions, self.positions), internal, now)
        intake.leave_out(before.strangers)
        reading = Reading(self.store, self.working, self.ownership, barrier)
        await reading.prefetch(intake, self.routing, handled=refused is None)
        self._step("in handler")
        work = Work(self.service, self.working, self.ownership, reading)
        handling = Handling(self, work, reading, now)
        await handling.handle(intake, refused)
        if barrier is not None:
            await barrier()  # numbers of the outbox go on from those of the unit before
        if self.ownership.fences is not owned:
            # Its rows went with what was in memory, and without the fences nothing would keep its positions from being written.
            raise LetGoError("the partitions of this unit have been given up")
        changes = self._changes(intake, work, reading.absent, now)
        written = self.working.hand_over()
        outcome = handling.outcome(changes, written)
        return Prepared(fetch, internal, intake, handling.blocking, changes, written, outcome)

    async def commit(self, prepared: Prepared) -> None:
        """Commit a unit. Raises like `Store.commit`."""
        self._step("before commit")
        await self.store.commit(prepared.changes)

    # -- committing --------------------------------------------------------------------------------------------------

    def _changes(self, intake: Intake, work: Work, absent: set[RowKey], now: datetime) -> Changes:
        self._stamp += 1
        involved = {partition for _, partition in intake.positions} | set(work.outgoing)
        involved |= {one.partition for one in intake.internal}
        guarded = [_copy(fence) for fence in self.ownership.guarded(involved)]
        batches = []
        for fence in guarded:
            said = work.outgoing.get(fence.partition)
            if said and self.said_before:
                said = [one for one in said if one[ID] not in self.said_before]
            if said:
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
            fresh=absent,
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
        for lane, change in prepared.blocking.items():
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
