"""The handlers of a unit's messages, in order, each message undone on its own where it fails."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from reptidex.agents.engine import poison
from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.intake import Intake
from reptidex.agents.engine.outcome import Lane, Outcome
from reptidex.agents.engine.routing import NOBODY, Route, Routing
from reptidex.agents.engine.work import Work
from reptidex.agents.engine.working_set import WorkingSet
from reptidex.errors import ContractError, DomainError, ReptidexError
from reptidex.tables.answers import AnswerRow, problem_of
from reptidex.tables.dead_letters import BLOCKING, DeadLetterRow
from reptidex.tables.driver import DataRefusedError
from reptidex.tables.effects import EffectRow
from reptidex.tables.row import Row
from reptidex.tables.store import Changes
from reptidex.tables.timers import TimerRow

log = logging.getLogger(__name__)

BREATH = 1024
"""After so many messages whatever else waits for the loop has its turn: what the log sends, its acknowledgements, look-ups."""


class Context(Protocol):
    """What handling needs of the unit around it."""

    service: str
    routing: Routing
    working: WorkingSet
    blocked: dict[Lane, int]
    retries: poison.RetryPolicy


class Health(Protocol):
    """What tells a failure of the database from one of the message at hand."""

    broken: ReptidexError | None


class Handling:
    """The handling of one unit."""

    def __init__(self, unit: Context, work: Work, database: Health, now: datetime) -> None:
        self._unit, self._work, self._database, self._now = unit, work, database, now
        self.blocking: dict[Lane, int] = {}
        """How many letters more (or fewer) keep each lane waiting after this unit."""
        self._stuck: set[Lane] = set()
        self._released: set[Lane] = set()
        self._repeated: dict[str, AnswerRow] = {}
        self._refusals: dict[str, Exception] = {}
        self._handled = 0

    async def handle(self, intake: Intake, refused: DataRefusedError | None) -> None:
        """Run the handlers of every message. With `refused`, the only message is known to be at fault."""
        work, unit = self._work, self._unit
        for letter in intake.unreadable:
            unit.working.put(letter)
            work.outbox(letter.partition).append(poison.obituary(unit.service, letter, self._now))
        route_of, blocked = unit.routing.route, unit.blocked
        name, route = "", NOBODY
        for one in intake.inputs:
            if one.event.type != name:
                name = one.event.type
                route = route_of(name)
            unusual = one.ref is not None or route.is_command or blocked or self.blocking
            if unusual and self._skipped(one, route):
                continue
            work.begin(one)
            self._handled += 1
            if not self._handled % BREATH:
                await asyncio.sleep(0)
            try:
                if refused is not None:
                    raise refused
                if unusual or not route.handlers:
                    await self._handle_one(one, route)
                else:
                    # What `_call` does, without a call: this is the way of nearly every event.
                    message = one.event.data
                    for _, call, speaks in route.handlers:
                        if not speaks:
                            await call(message, work)
                            continue
                        async for event in call(message, work):
                            if not work.published(event):
                                await work.publish(event)
            except Exception as problem:
                if self._database.broken is not None:
                    raise
                work.undo()
                await self._fail(one, route, problem)

    def _skipped(self, one: Input, route: Route) -> bool:
        kind, unit = one.kind, self._unit
        if kind != "log":
            known = unit.working.peek(type(one.ref), one.ref.key)
            if not isinstance(known, Row) or _overtaken(known, one.ref):
                return True
            if kind == "note":
                unit.working.put(one.ref)
                if isinstance(known, DeadLetterRow):
                    self._release(known)
                return True
            if kind == "letter":
                return one.lane in self._stuck or (route.is_command and self._answered(one))
        lane = one.lane
        if (unit.blocked or self.blocking) and unit.blocked.get(lane, 0) + self.blocking.get(lane, 0) > 0:
            self._put_away(one, poison.letter_of(one, self._now))
            return True
        if kind == "log" and route.is_command:
            answered = unit.working.peek(AnswerRow, one.event.id)
            if isinstance(answered, AnswerRow):
                self._repeated[one.event.id] = answered
                return True
        return False

    def _answered(self, one: Input) -> bool:
        """Drop a copy of a command that waited behind the first one, where that has been answered by now.

        A letter with attempts of its own is no copy: if it was answered, then by its failure, and a person has sent it on.
        """
        answered, letter = self._unit.working.peek(AnswerRow, one.event.id), one.ref
        if letter.source != "log" or not isinstance(answered, AnswerRow) or (letter.attempts and answered.problem):
            return False
        self._unit.working.delete(DeadLetterRow, letter.key)
        self._release(letter)
        return True

    async def _handle_one(self, one: Input, route: Route) -> None:
        work = self._work
        if one.ref is not None:
            work.delete(type(one.ref), one.ref.key)
        if not route.handlers and one.event.data is not None:
            raise ContractError(f"no agent of {self._unit.service} hears {one.event.type}")
        await self._call(one, route)
        if route.is_command and one.kind in ("log", "letter"):
            self._answer(one, status=200, body=work.answered)
        if one.kind == "letter":
            self._release(one.ref)

    async def _call(self, one: Input, route: Route) -> None:
        work, message = self._work, one.event.data
        for _, call, speaks in route.handlers:
            if not speaks:
                await call(message, work)
                continue
            async for event in call(message, work):
                if not work.published(event):
                    await work.publish(event)

    async def _fail(self, one: Input, route: Route, problem: Exception) -> None:
        unit = self._unit
        asked = route.is_command and (one.kind == "log" or getattr(one.ref, "source", "") == "log")
        noted = route.died is not None and not asked
        if route.is_command and isinstance(problem, DomainError) and not problem.retriable and not noted:
            if one.ref is not None:
                unit.working.delete(type(one.ref), one.ref.key)
            if asked:
                self._refusals[one.event.id] = problem
                self._answer(one, problem=problem)
            else:
                log.warning("%s, asked for by the service itself, was refused: %s", one.event.type, problem)
            if one.kind == "letter":
                self._release(one.ref)
            return
        letter = poison.failed(one, problem, self._now, unit.retries, told=asked)
        if letter.state == "retrying":
            log.info("%s at %s is tried again at %s: %s", one.event.type, one.place, letter.due, problem)
        else:
            log.error("%s at %s is a dead letter", one.event.type, one.place, exc_info=problem)
            if noted and await self._noted(one, route, problem):
                letter = msgspec.structs.replace(letter, state="failed")
            self._work.say(poison.obituary(unit.service, letter, self._now))
            if asked:
                self._answer(one, problem=problem)
        self._put_away(one, letter)

    async def _noted(self, one: Input, route: Route, problem: Exception) -> bool:
        """Have the service note that a command of its own died; say whether it could."""
        assert route.died is not None
        try:
            await route.died(one.event.data, problem, self._work)
        except Exception as second:
            if self._database.broken is not None:
                raise
            self._work.undo()
            log.error("that %s died could not be noted", one.event.type, exc_info=second)
            return False
        return True

    def _put_away(self, one: Input, letter: DeadLetterRow) -> None:
        if one.ref is not None and not isinstance(one.ref, DeadLetterRow):
            self._unit.working.delete(type(one.ref), one.ref.key)
        self._unit.working.put(letter)
        if letter.state not in BLOCKING:
            if one.kind == "letter":
                self._release(one.ref)
            return
        self._stuck.add(one.lane)
        if one.kind != "letter" or one.ref.state not in BLOCKING:
            self._count(one.lane, +1)

    def _release(self, letter: DeadLetterRow) -> None:
        lane = (letter.topic, letter.message_key)
        if letter.state in BLOCKING:
            self._count(lane, -1)
        self._released.add(lane)

    def _count(self, lane: Lane, change: int) -> None:
        self.blocking[lane] = self.blocking.get(lane, 0) + change

    def _answer(self, one: Input, *, status: int = 0, body: bytes = b"", problem: Exception | None = None) -> None:
        told = problem_of(problem) if problem is not None else None
        self._unit.working.put(
            AnswerRow(
                command_id=one.event.id,
                actor=one.event.actor,
                request_hash=one.asked,
                status=told.status if told else status,
                body=body,
                problem=msgspec.json.encode(told) if told else b"",
                created=self._now,
            )
        )

    def outcome(self, changes: Changes, written: Mapping[type[Row], Mapping[str, Row | None]]) -> Outcome:
        """Return what is left to be done after the commit."""
        answers: dict[str, Any] = {key: row for key, row in written.get(AnswerRow, {}).items() if row is not None}
        effects: list[Any] = [row for row in written.get(EffectRow, {}).values() if row is not None]
        timers: dict[str, Any] = dict(written.get(TimerRow, {}))
        letters: list[Any] = [row for row in written.get(DeadLetterRow, {}).values() if row is not None]
        return Outcome(
            messages=self._handled,
            batches=changes.outbox,
            answers=self._repeated | answers,
            refusals=self._refusals,
            effects=effects,
            timers=timers,
            letters=letters,
            released=frozenset(self._released),
        )


def _overtaken(known: Row, ref: Row) -> bool:
    """Say whether a row is not any more what an input was made for: a timer set anew, a letter that a person has given up."""
    if isinstance(known, TimerRow) and isinstance(ref, TimerRow):
        return known.due != ref.due
    return isinstance(known, DeadLetterRow) and known.state == "discarded"
