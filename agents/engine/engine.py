"""The engine of one worker: units of work, and what follows from them, in one place."""

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from reptidex.agents.agent import Agent, Carrier
from reptidex.agents.engine.asking import Asker
from reptidex.agents.engine.effects import Effects
from reptidex.agents.engine.figures import Figures, Tally, figures_of
from reptidex.agents.engine.group import GroupOffsets
from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.intake import Fetch
from reptidex.agents.engine.letters import Letters
from reptidex.agents.engine.outcome import Outcome
from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.pipeline import Pipeline
from reptidex.agents.engine.pruning import keep_pruned
from reptidex.agents.engine.relay import Relay
from reptidex.agents.engine.routing import Routing
from reptidex.agents.engine.starting import begin_anew
from reptidex.agents.engine.timers import Timers
from reptidex.agents.engine.unit import UnitRunner
from reptidex.errors import FencedError, UnavailableError
from reptidex.settings import Settings
from reptidex.tables.database import Database
from reptidex.tables.driver import LostRaceError
from reptidex.tables.positions import Position, TopicPartition
from reptidex.tables.reader import Reader
from reptidex.tables.store import Store

log = logging.getLogger(__name__)

FENCED = 70
"""The exit status of a worker whose partitions another has taken over."""
INTERNAL_AT_ONCE = 500
DRAIN_S = 1.0
"""So long a worker that has to give partitions up waits for the log to take what they have said."""


def wall_clock() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)


def _no_step(point: str) -> None:
    """Do nothing at a named point."""


class Engine:
    """Everything between a service's log and its database."""

    def __init__(
        self,
        service: str,
        settings: Settings,
        database: Database,
        agents: Sequence[Agent],
        carriers: Sequence[Carrier],
        *,
        producer: Callable[[], Any],
        ports: Callable[[], Any] = lambda: None,
        clock: Callable[[], datetime] = wall_clock,
        step: Callable[[str], None] | None = None,
        die: Callable[[int], None] = os._exit,
    ) -> None:
        self.service, self.settings, self.database = service, settings, database
        self.routing = Routing(agents)
        self.topics = frozenset(self.routing.topics(service))
        self.store, self.reader = Store(database, step=step), Reader(database)
        step = step or _no_step
        self.ownership = Ownership(settings.partitions, shared=database.shared)
        self.runner = UnitRunner(
            service, self.routing, self.store, self.ownership, clock=clock, committed=self._committed, step=step
        )
        self.pipeline = Pipeline(self.runner, done=self._unit_done, start=self._spawn, turn=self._turn)
        self.relay = Relay(producer, self._relayed, step=step)
        self.asker = Asker(
            service, producer, self.ownership, self.reader, clock=clock, deadline_s=settings.answer_deadline_s
        )
        self.timers = Timers(self.runner, self.reader, self.submit, clock=clock, shared=database.shared)
        self.effects = Effects(
            self.runner,
            self.reader,
            carriers,
            self.submit,
            ports,
            clock=clock,
            longest_wait=timedelta(seconds=settings.effect_retry_longest_s),
            step=step,
        )
        self.letters = Letters(self.runner, self.reader, self.submit, resync=self._resync, clock=clock)
        self.step = step
        """Called at named points of the work; tests end the process there."""
        self._clock, self._die = clock, die
        self._lock = asyncio.Lock()
        self._internal: deque[tuple[Input, asyncio.Future[None]]] = deque()
        self._work = asyncio.Event()
        self._ready = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._commits: set[asyncio.Task[None]] = set()
        self.group = GroupOffsets(self.topics)
        self._ends: Callable[[TopicPartition], int | None] = lambda at: None
        self.appetite = settings.unit_records
        self.tally = Tally()
        self._unit_began: float | None = None
        self._last_unit = time.monotonic()

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self, ends: Callable[[TopicPartition], int | None]) -> None:
        """Start the tasks beside the agent. `ends` tells the end of a topic-partition, where it is known."""
        self._ends = ends
        loop = asyncio.get_running_loop()
        for task in (
            self._pump(),
            self.timers.run(),
            self.letters.run(),
            keep_pruned(self.store, self._alone, self._clock),
        ):
            self._tasks.append(loop.create_task(self._guarded(task)))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Wait until no unit is at work and none is being committed, and keep it so."""
        async with self._lock:
            await self.pipeline.settled()
            yield

    async def _turn(self) -> None:
        async with self._alone():
            pass

    async def _guarded(self, task: Any) -> None:
        try:
            await task
        except asyncio.CancelledError:
            raise
        except FencedError as problem:
            self._fenced(problem)
        except Exception:
            log.exception("a part of the engine has failed; the worker stops")
            self._die(FENCED + 1)

    async def stop(self, within: float) -> None:
        """Finish the unit at work, send what is in the outbox, as far as time allows, and let go of the database."""
        end = time.monotonic() + within
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        try:
            async with asyncio.timeout(max(0.1, end - time.monotonic())):
                await self._lock.acquire()
                await self.pipeline.settled()
        except TimeoutError:
            log.warning("a unit is still at work; it is undone and run again by the next worker")
        for task in self._commits:
            task.cancel()
        await self.effects.forget()
        await self._empty_outboxes(max(0.1, end - time.monotonic()))
        await self.relay.reset()
        await self.store.close()

    async def _empty_outboxes(self, within: float) -> None:
        """Wait a while for the log to take what is said, and note how far it has: what is not noted is sent again."""
        await self.relay.drain(within)
        try:
            await self.runner.write_marks()
        except (UnavailableError, LostRaceError) as problem:
            log.warning("the last marks are not written; the next worker sends a little again: %s", problem)

    @property
    def is_ready(self) -> bool:
        """Whether the worker has its partitions."""
        return self._ready.is_set()

    async def wait_ready(self) -> None:
        """Wait until the worker has its partitions."""
        await self._ready.wait()

    # -- partitions come and go --------------------------------------------------------------------------------------

    async def on_revoked(self) -> None:
        """Finish the unit at work, then own nothing."""
        self._ready.clear()
        try:
            async with asyncio.timeout(self.settings.session_timeout_s * 0.6), self._alone():
                await self._empty_outboxes(DRAIN_S)
                await self._let_go()
        except TimeoutError:
            log.error("the unit at work does not end; its commit is left to the fences")
            await self._let_go()

    async def _let_go(self) -> None:
        self.ownership.take({})
        self.pipeline.forget()
        self.runner.forget()
        self.timers.forget()
        self.letters.forget()
        self.group.forget()
        while self._internal:
            self._internal.popleft()[1].cancel()
        await self.effects.forget()
        await self.relay.reset()

    async def on_assigned(self, partitions: set[int]) -> dict[TopicPartition, Position]:
        """Take partitions over: raise their epochs, send what the predecessor left, take up timers, effects, letters.

        Returns the positions to go on from. Waits out a database that cannot be reached.
        """
        wait = 0.1
        while True:
            try:
                async with self._alone():
                    await self._let_go()
                    self.step("on assignment")
                    await self._take_over(sorted(partitions))
                return self.runner.positions
            except UnavailableError as problem:
                log.warning("partitions %s are taken over in %.1f s: %s", sorted(partitions), wait, problem)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 5.0)

    async def _take_over(self, partitions: Sequence[int]) -> None:
        self.ownership.take(await self.store.take_over(partitions))
        self.runner.positions = await self.store.positions(partitions)
        self.runner.said_before = await self.store.said_before()
        self.runner.blocked = await self.letters.blocked()
        for fence in self.ownership.fences.values():
            left = await self.store.unsent(fence)
            if left:
                log.info("%d batches of partition %d are sent (again)", len(left), fence.partition)
            self.relay.offer(left)
        await self.effects.load()
        self.timers.forget()

    async def begin_anew(self, at: TopicPartition, first: int, first_time: int | None, found: str) -> None:
        """Go on at the first offset of a log that is not the one that we have read. Raises `CutOffError`."""
        async with self._alone():
            if at in self.runner.positions:
                begin_anew(self.service, self.runner.positions, at, first, first_time, found)

    def ready(self) -> None:
        """Say that the partitions are assigned and sought."""
        self._last_unit = time.monotonic()
        self._ready.set()

    # -- units -------------------------------------------------------------------------------------------------------

    def _adapt(self, count: int) -> None:
        """Let the next unit be twice as large while full ones keep coming."""
        if count >= self.appetite:
            self.appetite = min(self.appetite * 2, self.settings.unit_backlog_records)
        elif count < self.appetite // 4:
            self.appetite = max(self.settings.unit_records, self.appetite // 2)

    async def take(self, fetch: Fetch) -> None:
        """Run the unit of one fetch."""
        plain = {(at[0], at[1]): records for at, records in fetch.items()}
        self._adapt(sum(map(len, plain.values())))
        try:
            async with self._lock:
                await self._unit(plain)
        except FencedError as problem:
            self._fenced(problem)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("a unit of work has failed for a reason that no retry mends; the worker stops")
            self._die(FENCED + 1)

    async def _unit(self, fetch: Fetch) -> None:
        await self.relay.ebb()
        internal = [self._internal.popleft() for _ in range(min(len(self._internal), INTERNAL_AT_ONCE))]
        self._unit_began = time.monotonic()
        self.step("before unit")
        try:
            await self.pipeline.run(fetch, [one for one, _ in internal])
            if internal or self.runner.blocked:
                await self.pipeline.settled()
        except BaseException:
            for _, future in internal:
                future.cancel()
            raise
        finally:
            self._unit_began = None
        for _, future in internal:
            if not future.done():
                future.set_result(None)
        if self.runner.blocked:
            self.letters.heard({(record.key or b"").decode() for records in fetch.values() for record in records})

    def _unit_done(self, messages: int) -> None:
        self._last_unit = time.monotonic()
        self.tally.unit(messages)

    def submit(self, one: Input) -> "asyncio.Future[None]":
        """Have an internal message handled in the next unit; the future tells of its commit."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._internal.append((one, future))
        self._work.set()
        return future

    async def _pump(self) -> None:
        """Run units of internal messages alone, while no fetch takes them along."""
        while True:
            await self._work.wait()
            async with self._lock:
                if self._internal:
                    await self._unit({})
            if not self._internal:
                self._work.clear()

    def _committed(self, outcome: Outcome) -> None:
        if outcome.batches:
            self.relay.offer(outcome.batches)
        self.asker.committed(outcome)
        self.effects.committed(outcome)
        self.timers.committed(outcome)
        self.letters.committed(outcome)

    def _relayed(self, partition: int, number: int) -> None:
        if fence := self.ownership.fences.get(partition):
            fence.relayed = max(fence.relayed, number)

    def _fenced(self, problem: FencedError) -> None:
        self.end(problem, FENCED)

    def end(self, problem: Exception, status: int) -> None:
        """End the process at once, and say why."""
        log.critical("%s; this process ends at once", problem)
        for handler in logging.getLogger().handlers:
            handler.flush()
        self._die(status)

    async def _resync(self) -> None:
        async with self._alone():
            self.runner.blocked = await self.letters.blocked()

    # -- figures -----------------------------------------------------------------------------------------------------

    @property
    def busy_s(self) -> float:
        """For how long the unit at work, or its last try while the database is away, has been at work; 0 where none is.

        The watchdog asks from a thread of its own, so nothing is gone through here that the loop may change meanwhile.
        """
        began = self._unit_began or self.pipeline.began
        return time.monotonic() - max(began, self.runner.attempted) if began else 0.0

    def figures(self) -> Figures:
        """Return what the worker has to tell of itself."""
        return figures_of(self, ends=self._ends, last_unit=self._last_unit, now=self._clock())
