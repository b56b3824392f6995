"""Dead letters that are tried again: those whose time has come, and those that waited behind them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import msgspec

from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.internal import letter_input, note
from reptidex.agents.engine.outcome import Lane, Outcome
from reptidex.agents.engine.unit import UnitRunner
from reptidex.errors import ContractError, UnavailableError
from reptidex.tables.dead_letters import BLOCKING, DeadLetterRow
from reptidex.tables.query import select
from reptidex.tables.reader import Reader

log = logging.getLogger(__name__)

GLANCE_S = 1.0
"""How often the database is asked for letters that a person has sent on."""
AT_ONCE = 200


class Letters:
    """The letters of one worker's partitions."""

    def __init__(
        self,
        runner: UnitRunner,
        reader: Reader,
        submit: Callable[[Input], "asyncio.Future[None]"],
        *,
        resync: Callable[[], Awaitable[None]],
        clock: Callable[[], datetime],
    ) -> None:
        self._runner, self._reader, self._submit, self._clock = runner, reader, submit, clock
        self._resync = resync
        self._wake = asyncio.Event()
        self._next: datetime | None = None
        self._kicked: set[Lane] = set()
        self._busy: set[Lane] = set()

    def committed(self, outcome: Outcome) -> None:
        """Hear of letters written, and of lanes that may go on."""
        for letter in outcome.letters:
            if letter.due is not None and (self._next is None or letter.due < self._next):
                self._next = letter.due
                self._wake.set()
        for lane in outcome.released:
            if lane in self._runner.blocked:
                self._kicked.add(lane)
                self._wake.set()

    def heard(self, keys: Iterable[str]) -> None:
        """Hear that something else has been handled under these keys: what waited for it may be tried now."""
        known = set(keys)
        if lanes := {lane for lane in self._runner.blocked if lane[1] in known} - self._busy:
            self._kicked |= lanes
            self._wake.set()

    def forget(self) -> None:
        """Forget everything: partitions have come or gone."""
        self._kicked.clear()
        self._busy.clear()
        self._next = None

    async def blocked(self) -> dict[Lane, int]:
        """Count the letters that keep others waiting, by lane. Raises `UnavailableError`."""
        counts: dict[Lane, int] = {}
        owned = sorted(self._runner.ownership.fences)
        if owned:
            lanes = (DeadLetterRow.c.topic, DeadLetterRow.c.message_key)
            where = (DeadLetterRow.c.state.in_(BLOCKING), DeadLetterRow.c.partition.in_(owned))
            for topic, key, count in await self._reader.tally(lanes, where):
                counts[topic, key] = count
        return counts

    async def run(self) -> None:
        """Try letters again until cancelled."""
        while True:
            now = self._clock()
            pause = GLANCE_S
            if self._next is not None:
                pause = min(pause, max(0.0, (self._next - now).total_seconds()))
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self._look()
            except UnavailableError as problem:
                log.warning("letters are looked for again in a second: %s", problem)
                await asyncio.sleep(GLANCE_S)

    async def _look(self) -> None:
        column, now, longest = DeadLetterRow.c, self._clock(), self._runner.retries.longest
        owned = sorted(self._runner.ownership.fences)
        if not owned:
            return
        if self._next is not None and self._next <= now:
            self._next = None
        due = select(
            DeadLetterRow,
            column.state == "retrying",
            # None is due later than its longest wait: one that seems so had its time set before the clock was put back.
            (column.due <= now) | (column.due > now + longest),
            column.partition.in_(owned),
            order=("due",),
            limit=AT_ONCE,
        )
        heads = await self._reader.find(due)
        kicked, self._kicked = self._kicked, set()
        if heads or self._runner.blocked:
            # A person may have sent letters on, or discarded them.
            await self._resync()
        for lane in {(head.topic, head.message_key) for head in heads} | kicked:
            if lane not in self._busy:
                await self._try(lane)

    async def _try(self, lane: Lane) -> None:
        """Hand the letters of a lane in, in their order, up to the first that waits for a person."""
        column = DeadLetterRow.c
        where = (column.topic == lane[0], column.message_key == lane[1], column.state.in_(BLOCKING))
        inputs: list[Input] = []
        for letter in await self._reader.find(select(DeadLetterRow, *where, limit=AT_ONCE)):
            if letter.state == "dead":
                break
            try:
                inputs.append(letter_input(self._runner, letter))
            except ContractError as problem:
                log.warning("letter %s still cannot be read: %s", letter.letter_id, problem)
                again = msgspec.structs.replace(letter, state="unreadable", cause=str(problem), due=None)
                inputs.append(note(again, self._clock()))
                break
        if not inputs:
            return
        self._busy.add(lane)
        done = [self._submit(one) for one in inputs]

        def free(_: "asyncio.Future[None]") -> None:
            self._busy.discard(lane)

        done[-1].add_done_callback(free)
