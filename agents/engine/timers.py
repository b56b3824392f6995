"""Timers: commands handled at their time, once, by the owner of their partition."""

import asyncio
import heapq
import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.internal import timer_input
from reptidex.agents.engine.outcome import Outcome
from reptidex.agents.engine.unit import UnitRunner
from reptidex.errors import ContractError, UnavailableError
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.tables.timers import TimerRow

log = logging.getLogger(__name__)

AT_ONCE = 1000
"""So many due timers are taken up at a time."""


class Timers:
    """The timers of one worker. Those due soon are in memory; the rest are looked for now and then."""

    def __init__(
        self,
        runner: UnitRunner,
        reader: Reader,
        submit: Callable[[Input], "asyncio.Future[None]"],
        *,
        clock: Callable[[], datetime],
        shared: bool,
    ) -> None:
        self._runner, self._reader, self._submit, self._clock = runner, reader, submit, clock
        # In a shared database another worker may set a timer that is ours to fire; in any, the switch of a replay may.
        self._glance = timedelta(seconds=1 if shared else 5)
        self._soon: list[tuple[datetime, str]] = []
        self._known: dict[str, TimerRow] = {}
        self._handed_in: dict[str, TimerRow] = {}
        """Those that wait for a unit. It may be long in coming, and every look would hand them in once more."""
        self._wake = asyncio.Event()
        self._looked: datetime | None = None

    def committed(self, outcome: Outcome) -> None:
        """Hear of timers set and cancelled."""
        if not outcome.timers:
            return
        horizon = self._clock() + self._glance * 2
        for name, row in outcome.timers.items():
            if row is None:
                self._known.pop(name, None)
            elif row.due <= horizon and row.partition in self._runner.ownership.fences:
                self._note(row)
        self._wake.set()

    def _note(self, row: TimerRow) -> None:
        if self._known.get(row.name) != row and self._handed_in.get(row.name) != row:
            self._known[row.name] = row
            heapq.heappush(self._soon, (row.due, row.name))

    def forget(self) -> None:
        """Forget everything: partitions have come or gone."""
        self._soon.clear()
        self._known.clear()
        self._handed_in.clear()
        self._looked = None
        self._wake.set()

    async def run(self) -> None:
        """Fire timers until cancelled."""
        while True:
            self._wake.clear()
            now = self._clock()
            owned = self._runner.ownership.fences
            # A last look that lies ahead was taken before the clock was put back.
            if owned and (self._looked is None or not timedelta() <= now - self._looked < self._glance):
                try:
                    await self._look(now, owned)
                except UnavailableError as problem:
                    log.warning("timers are looked for again in a second: %s", problem)
            while self._soon and self._soon[0][0] <= now:
                due, name = heapq.heappop(self._soon)
                row = self._known.get(name)
                if row is not None and row.due == due:
                    del self._known[name]
                    self._fire(row)
            pause = self._glance if self._looked else timedelta(seconds=1)
            if self._soon:
                pause = min(pause, self._soon[0][0] - self._clock())
            try:
                async with asyncio.timeout(max(0.0, pause.total_seconds())):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _fire(self, row: TimerRow) -> None:
        try:
            done = self._submit(timer_input(self._runner, row))
        except ContractError:
            log.exception("timer %s holds no command of ours; it stays in the database", row.name)
            return
        self._handed_in[row.name] = row

        def free(_: "asyncio.Future[None]") -> None:
            if self._handed_in.get(row.name) is row:
                del self._handed_in[row.name]

        done.add_done_callback(free)

    async def _look(self, now: datetime, owned: Collection[int]) -> None:
        column = TimerRow.c
        rows = await self._reader.find(
            select(
                TimerRow,
                column.partition.in_(sorted(owned)),
                column.due <= now + self._glance * 2,
                order=("due",),
                limit=AT_ONCE,
            )
        )
        for row in rows:
            self._note(row)
        # Where there were more than fit, what is left is looked for as soon as these are done.
        self._looked = now if len(rows) < AT_ONCE else None
