"""Effects: acts in the outside world, carried out after the commit of the unit that asked for them."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from reptidex.agents.agent import Carrier
from reptidex.agents.engine.carrying import Attempt, effect_of
from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.internal import effect_done, note
from reptidex.agents.engine.outcome import Outcome
from reptidex.agents.engine.poison import RetryPolicy
from reptidex.agents.engine.unit import UnitRunner
from reptidex.connectors.services.tracing import calling
from reptidex.errors import ReptidexError, UnavailableError
from reptidex.streams.contract import Command
from reptidex.tables.effects import EffectRow
from reptidex.tables.query import select
from reptidex.tables.reader import Reader

log = logging.getLogger(__name__)

AT_ONCE = 16
"""So many effects are under way at a time."""
IN_MEMORY = 5_000
CARRY_S = 60.0
"""An attempt that takes longer has failed."""
FIRST_WAIT = timedelta(milliseconds=500)
LOOK_AGAIN_S = 1.0


class Effects:
    """The effects of one worker, in lanes: those asked for under one key go one after the other."""

    def __init__(
        self,
        runner: UnitRunner,
        reader: Reader,
        carriers: Sequence[Carrier],
        submit: Callable[[Input], "asyncio.Future[None]"],
        ports: Callable[[], Any],
        *,
        clock: Callable[[], datetime],
        longest_wait: timedelta = timedelta(minutes=5),
        step: Callable[[str], None] = lambda point: None,
    ) -> None:
        self._runner, self._reader, self._submit, self._ports = runner, reader, submit, ports
        self._carriers = {carrier.effect.__name__: carrier for carrier in carriers}
        self._clock, self._step = clock, step
        self._backoff = RetryPolicy(first=FIRST_WAIT, longest=longest_wait)
        self._lanes: dict[str, deque[EffectRow]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._known: set[str] = set()
        """The ids of those in memory, and of those that stay in the database until the next start."""
        self._more = False
        """Whether the database holds more than memory does."""
        self._filling = False
        self._meanwhile: list[EffectRow] | None = None
        """While the database is read: what has been asked for since."""
        self._ended: set[str] = set()
        self.waiting = 0
        """Effects in memory that are not done."""
        self.carried = self.failures = 0

    def committed(self, outcome: Outcome) -> None:
        """Hear of effects asked for."""
        for row in outcome.effects:
            if row.attempts:
                continue
            if self._meanwhile is not None:
                self._meanwhile.append(row)
            elif not self._more:  # else it stands in the database behind others, and is read with them
                self._enqueue(row)

    async def load(self) -> None:
        """Take up what is left in the database, as much as memory holds. Raises `UnavailableError`."""
        owned, most = sorted(self._runner.ownership.fences), IN_MEMORY + len(self._known)
        self._meanwhile = []
        try:
            query = select(EffectRow, EffectRow.c.partition.in_(owned), limit=most)
            rows = await self._reader.find(query) if owned else []
            self._more = len(rows) == most
            if not self._more:  # one that was asked for meanwhile may not have been there yet
                rows += self._meanwhile
            for row in rows:
                if row.effect_id not in self._known and row.effect_id not in self._ended:
                    self._enqueue(row)
        finally:
            self._meanwhile = None
            self._ended.clear()

    async def _load_more(self) -> None:
        while self._filling:
            try:
                await self.load()
                self._filling = False
            except UnavailableError as problem:
                log.warning("more effects are looked for again in %.0f s: %s", LOOK_AGAIN_S, problem)
                await asyncio.sleep(LOOK_AGAIN_S)
        self._fill_up()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _enqueue(self, row: EffectRow) -> None:
        lane = self._lanes.get(row.lane)
        self._known.add(row.effect_id)
        self.waiting += 1
        if lane is not None:
            lane.append(row)
            return
        self._lanes[row.lane] = deque([row])
        self._spawn(self._drive(row.lane))

    async def _drive(self, name: str) -> None:
        lane = self._lanes[name]
        try:
            while lane:
                try:
                    await self._see_through(lane[0])
                except asyncio.CancelledError:
                    if (task := asyncio.current_task()) is None or task.cancelling():
                        raise
                    # Nobody has cancelled this task: what it waited for was (a request shared with others, its unit).
                    log.warning("%s was cut off; it is tried again", lane[0].effect_id)
                    await asyncio.sleep(LOOK_AGAIN_S)
                    continue
                self._done(lane.popleft())
        except Exception:
            self.waiting -= len(lane)
            log.exception("%s stays in the database until the next start", lane[0].effect_id)
        del self._lanes[name]
        self._fill_up()

    def _done(self, row: EffectRow) -> None:
        self.waiting -= 1
        self._known.discard(row.effect_id)
        if self._meanwhile is not None:
            self._ended.add(row.effect_id)
        self._fill_up()

    def _fill_up(self) -> None:
        if self._more and not self._filling and self.waiting <= IN_MEMORY // 2:
            self._filling = True
            self._spawn(self._load_more())

    async def _see_through(self, row: EffectRow) -> None:
        """Try one effect until it is done or given up, each failed attempt stored."""
        carrier = self._carriers.get(row.kind)
        if carrier is None:  # a newer version has asked for it; it is that one's to carry out
            raise LookupError(f"nobody here carries out {row.kind}")
        while True:
            wait = (row.due - self._clock()).total_seconds()
            if wait > 0 and row.attempts:
                # No longer than was ever meant, whatever the clock says meanwhile.
                await asyncio.sleep(min(wait, self._backoff.longest.total_seconds()))
            outcome: Command | None
            try:
                outcome = await self._attempt(row, carrier)
                self.carried += 1
            except Exception as problem:
                self.failures += 1
                tried = row.attempts + 1
                again = isinstance(problem, TimeoutError) or (isinstance(problem, ReptidexError) and problem.retriable)
                if again and tried < carrier.attempts:
                    due = self._clock() + self._backoff.wait(tried)
                    row = msgspec.structs.replace(row, attempts=tried, due=due, problem=repr(problem)[:500])
                    log.info("%s %s is tried again at %s: %r", row.kind, row.effect_id, due, problem)
                    await self._submit(note(row, self._clock()))
                    continue
                log.exception("%s %s is given up after %d attempts", row.kind, row.effect_id, tried)
                outcome = self._failed(carrier, row, problem)
            await self._submit(effect_done(self._runner, row, outcome, self._clock()))
            return

    async def _attempt(self, row: EffectRow, carrier: Carrier) -> Command | None:
        async with self._slots:
            self._step("in effects")
            async with asyncio.timeout(CARRY_S):
                attempt = Attempt(row, self._ports())
                with calling(attempt.cause.correlationid or attempt.cause.id, attempt.cause.traceparent or ""):
                    return await carrier.carry(effect_of(row, carrier.effect), attempt)

    def _failed(self, carrier: Carrier, row: EffectRow, problem: Exception) -> Command | None:
        if carrier.failed is None:
            return None
        cause = str(problem) or type(problem).__name__
        return carrier.failed(effect_of(row, carrier.effect), cause)

    async def forget(self) -> None:
        """Drop everything: partitions have come or gone. What was under way is tried again by the next owner."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._lanes.clear()
        self._known.clear()
        self._ended.clear()
        self._more = self._filling = False
        self._meanwhile = None
        self.waiting = 0
