"""Units one after the other, the commit of one while the next is being handled.

SQLite writes in its own thread without the GIL, and PostgreSQL elsewhere: a worker that waited for them would stand still for a
third of its time. So a unit's commit is left under way, and the next unit is handled on top of what this one wrote, in memory.
Nothing of the next is committed before this one is: if this commit fails, the next unit is thrown away and both are run again,
one by one. Only one commit is under way at a time, and nothing leaves the worker (relay, answers, effects, the group's offsets)
before its commit.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.intake import Fetch
from reptidex.agents.engine.prepared import Prepared
from reptidex.agents.engine.unit import UnitRunner
from reptidex.errors import ReptidexError

log = logging.getLogger(__name__)


class UnderWay:
    """A commit that has been begun."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.began = time.monotonic()
        self.ended = asyncio.Event()
        self.problem: BaseException | None = None


class Pipeline:
    """Runs the units of one worker. Its methods are called by one task at a time; only the commit goes on beside them."""

    def __init__(
        self,
        runner: UnitRunner,
        *,
        done: Callable[[int], None],
        start: Callable[[Any], None],
        turn: Callable[[], Any],
    ) -> None:
        """`done` hears of committed units: how many messages. `start` starts a task. `turn` is run by one where a commit has
        failed: it waits until no unit is at work, and calls `settled`."""
        self._runner, self._done, self._start, self._turn = runner, done, start, turn
        self._under_way: UnderWay | None = None

    @property
    def began(self) -> float | None:
        """When the commit under way was begun, by `time.monotonic`."""
        under_way = self._under_way  # the watchdog asks from another thread
        return under_way.began if under_way is not None else None

    async def run(self, fetch: Fetch, internal: Sequence[Input] = ()) -> None:
        """Run a unit up to its commit, which may still be under way at the end. Raises what `UnitRunner.run` raises."""
        runner, prepared = self._runner, None
        if internal or self._under_way is None or not self._under_way.prepared.plain or not runner.ownership.sole:
            await self.settled()
        else:
            before = self._under_way
            try:
                prepared = await runner.prepare(fetch, (), ahead=before.prepared, barrier=lambda: self._barrier(before))
            except ReptidexError as problem:
                log.debug("a unit is run again once the one before it is committed: %r", problem)
            except BaseException:
                runner.working.drop()
                raise
            if not await self.settled() or prepared is None:
                # What failed, or stood on what failed, is forgotten; below the unit has its first try of its own.
                await runner.abandon()
                prepared = None
        if prepared is None:
            try:
                prepared = await runner.prepare(fetch, internal)
            except ReptidexError as problem:
                self._done(await runner.run(fetch, internal, failed=(None, problem)))
                return
            except BaseException:
                await runner.abandon()
                raise
        self._under_way = under_way = UnderWay(prepared)
        self._start(self._commit(under_way))

    async def settled(self) -> bool:
        """Wait for the commit under way, and see a failed one through. Returns whether it went well at the first try."""
        under_way = self._under_way
        if under_way is None:
            return True
        await under_way.ended.wait()
        problem = under_way.problem
        if problem is None:
            return True
        self._under_way = None
        if not isinstance(problem, ReptidexError):
            raise problem
        prepared = under_way.prepared
        count = await self._runner.run(prepared.fetch, prepared.internal, failed=(prepared, problem))
        self._done(count)
        return False

    def forget(self) -> None:
        """Let go of the commit under way: whether it goes through is up to the fences, what follows from it to the next owner."""
        self._under_way = None

    async def _commit(self, under_way: UnderWay) -> None:
        try:
            await self._runner.commit(under_way.prepared)
            if self._under_way is under_way:
                count = self._runner.settle(under_way.prepared)
                self._under_way = None
                self._done(count)
        except BaseException as problem:
            under_way.problem = problem
            if not isinstance(problem, ReptidexError):
                raise
        finally:
            under_way.ended.set()
        if under_way.problem is not None:
            await self._turn()

    async def _barrier(self, before: UnderWay) -> None:
        """Wait for the unit before, where a handler asks what memory alone cannot tell."""
        await before.ended.wait()
        if before.problem is not None:
            raise before.problem
