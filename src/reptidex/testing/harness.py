"""Agents under test: the real unit of work on a SQLite database in memory, without a log.

    harness = await UnitHarness.open([register_animal], Animal, effects=[send_mail])
    [created] = await harness.handle(RegisterAnimal(...), actor="user:…", vivarium_id="…")
    assert (await harness.get(Animal, key)).name == "Kiwi"
    await harness.close()

or, as a context: `async with await UnitHarness.open(...) as harness:`.

Structs are validated when they are read, not when they are made. So all that is said here is read as its readers would, and the
test fails where a contract does not take it: events, commands (set as timers, told by carriers), and what a view, or the test
itself, hands in. It fails at `close` at the latest, whatever a view has made of it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from reptidex.agents.agent import Agent, Carrier, Effect
from reptidex.agents.engine.carrying import Attempt, effect_of
from reptidex.agents.engine.inputs import MARK, Input, LogRecord
from reptidex.agents.engine.internal import effect_done, letter_input, timer_input
from reptidex.agents.engine.outcome import Outcome
from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.routing import Routing
from reptidex.agents.engine.sealing import opened
from reptidex.agents.engine.unit import UnitRunner
from reptidex.errors import ContractError
from reptidex.streams import codec
from reptidex.streams.contract import Message
from reptidex.streams.envelope import AnyEvent, enveloped, sequence_text
from reptidex.tables.answers import Problem, RefusedError
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.effects import EffectRow
from reptidex.tables.query import Query, select
from reptidex.tables.reader import Reader
from reptidex.tables.row import METADATA, Row
from reptidex.tables.store import Store
from reptidex.tables.timers import TimerRow

R = TypeVar("R", bound=Row)
A = TypeVar("A", bound=msgspec.Struct)

BEGINNING = datetime(2026, 1, 1, 12, tzinfo=UTC)
PARTITIONS = 4


class UnitHarness:
    """A service's agents, ready to be handed messages."""

    def __init__(self, database: Database, runner: UnitRunner, carriers: Sequence[Carrier], now: datetime) -> None:
        self.database, self.runner, self.now = database, runner, now
        self.read = Reader(database)
        self.events: list[AnyEvent] = []
        """Every event published so far, with its envelope."""
        self._carriers = {carrier.effect: carrier for carrier in carriers}
        self._outcomes: list[Outcome] = []
        self._offsets: dict[tuple[str, int], int] = {}
        self._count = 0
        self.breaches: list[str] = []
        """What was said so far that its own contract does not take; none may be left when the harness is closed."""
        self.answer: bytes = b""
        """The JSON that the last command was answered with."""

    @classmethod
    async def open(
        cls,
        agents: Sequence[Agent],
        *models: type[Row],
        carriers: Sequence[Carrier] = (),
        now: datetime = BEGINNING,
    ) -> "UnitHarness":
        """Make a database with the tables of these rows' services (and of the agents' `prefetch`), and a worker on it.

        The service is that of the agents' modules (`reptidex.agents.<service>`), else that of the first model or command.
        """
        service = _service_of(agents, models)
        database = Database.open("sqlite+aiosqlite:///:memory:", worker=False, readers=1)
        metadata = {row.sql.metadata for row in (*models, *(row for agent in agents for row in agent.prefetch))}
        await database.create(*[name for name, each in METADATA.items() if each in metadata or name == service])
        store = Store(database)
        ownership = Ownership(PARTITIONS, shared=False)
        ownership.take(await store.take_over(range(PARTITIONS)))
        outcomes: list[Outcome] = []
        harness: UnitHarness
        runner = UnitRunner(
            service, Routing(agents), store, ownership, clock=lambda: harness.now, committed=outcomes.append
        )
        harness = cls(database, runner, carriers, now)
        harness._outcomes = outcomes
        return harness

    async def close(self) -> None:
        """Throw the database away. Raises `AssertionError` where anything was said that its own contract does not take."""
        await self.runner.store.close()
        await self.database.close()
        assert not self.breaches, f"these contracts were broken: {self.breaches}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def handle(
        self,
        message: Message,
        *,
        actor: str | None = None,
        vivarium_id: str | None = None,
        correlation_id: str | None = None,
        sequence: int | None = None,
        message_id: str | None = None,
        at: datetime | None = None,
    ) -> list[Any]:
        """Have a message handled in a unit of its own, and return the events (payloads) that were published.

        Raises the handler's own `DomainError` where a command is refused (`RefusedError` where a repeat is answered from what
        is stored). A message that fails for another reason is in `letters()`. `sequence` is the version of the aggregate
        that an event tells of.
        """
        envelopes = await self.handle_envelope(
            self.envelope(
                message,
                actor=actor,
                vivarium_id=vivarium_id,
                correlation_id=correlation_id,
                sequence=sequence,
                message_id=message_id,
                at=at,
            )
        )
        return [each.data for each in envelopes]

    def envelope(
        self,
        message: Message,
        *,
        actor: str | None = None,
        vivarium_id: str | None = None,
        correlation_id: str | None = None,
        sequence: int | None = None,
        message_id: str | None = None,
        at: datetime | None = None,
    ) -> AnyEvent:
        """Put a message into the envelope that it would have on the log."""
        self._count += 1
        name = message_id or f"00000000-0000-7000-8000-{self._count:012x}"
        envelope = enveloped(
            message,
            name,
            at or self.now,
            correlationid=correlation_id or name,
            actor=actor,
            vivariumid=vivarium_id,
        )
        if sequence is None:
            return envelope
        return msgspec.structs.replace(envelope, sequence=sequence_text(sequence))

    async def handle_envelope(self, envelope: AnyEvent) -> list[AnyEvent]:
        """Have an envelope handled as it comes from the log, and return what was published, with envelopes."""
        topic, key = envelope.data.contract.topic, envelope.subject
        partition = self.runner.ownership.partition_of(key)
        offset = self._offsets.get((topic, partition), 0)
        self._offsets[topic, partition] = offset + 1
        headers = (
            () if envelope.data.contract.kind == "command" else ((MARK, f"harness:{partition}:{self._count}".encode()),)
        )
        record = LogRecord(topic, partition, offset, key.encode(), codec.encode(envelope), headers)
        outcome = await self._run({(topic, partition): [record]})
        answer = outcome.answers.get(envelope.id)
        if answer is not None:
            self.answer = answer.body
            if envelope.id in outcome.refusals:
                raise outcome.refusals[envelope.id]
            if answer.problem:
                raise RefusedError(msgspec.json.decode(answer.problem, type=Problem))
        return self._published(outcome)

    async def ask(self, command: Message, answer: type[A], **context: Any) -> A:
        """Have a command handled and return its answer. Raises like `handle`."""
        await self.handle(command, **context)
        return msgspec.json.decode(self.answer, type=answer)

    async def _run(self, fetch: Any, internal: Sequence[Input] = ()) -> Outcome:
        del self._outcomes[:]
        await self.runner.run(fetch, internal)
        outcome = self._outcomes[-1]
        for letter in outcome.letters:
            if letter.state == "unreadable":
                self.breaches.append(letter.cause)
                raise ContractError(letter.cause)
        for row in outcome.timers.values():
            if row is not None:
                self._read(row.command)
        for one in internal:
            if one.kind == "effect" and one.value:
                self._read(one.value)
        return outcome

    def _read(self, raw: bytes, name: str | None = None) -> AnyEvent:
        """Read what was said. Raises `ContractError`."""
        try:
            return codec.decode(raw, name)
        except ContractError as problem:
            self.breaches.append(str(problem))
            raise

    def _published(self, outcome: Outcome) -> list[AnyEvent]:
        said = [record for batch in outcome.batches for sealed in batch.sealed for record in opened(sealed)]
        events = [self._read(record.value, record.type) for record in said if record.type != "deadletter"]
        self.events += events
        return events

    async def get(self, row: type[R], key: str) -> R | None:
        """Return the row with this key, as committed."""
        return await self.read.get(row, key)

    async def find(self, query: Query[R]) -> list[R]:
        """Return the rows of a query, as committed."""
        return await self.read.find(query)

    async def stored(self) -> list[Row]:
        """Return every row of the service's own tables, by table and key; the engine's own, which forget by age, are left out."""
        mine = [row for row in _subclasses(Row) if getattr(row, "sql", None) is not None]
        mine = [row for row in mine if row.sql.metadata is METADATA.get(self.runner.service)]
        found: list[Row] = []
        for row in sorted(mine, key=lambda each: str(each.sql.name)):
            found += await self.read.find(select(row, order=(row.key_field,)))
        return found

    async def put(self, *rows: Row) -> None:
        """Write rows as a given, without a message."""
        for row in rows:
            self.runner.working.put(row)
        await self._run({})

    @property
    async def effects(self) -> list[Any]:
        """The effects that wait to be carried out (`await harness.effects`)."""
        rows = await self.read.find(select(EffectRow))
        kinds = {cls.__name__: cls for cls in _subclasses(Effect)}
        return [effect_of(row, kinds[row.kind]) for row in rows]

    @property
    async def timers(self) -> dict[str, datetime]:
        """The timers that are set (`await harness.timers`): when each is due."""
        return {row.name: row.due for row in await self.read.find(select(TimerRow))}

    async def letters(self) -> list[DeadLetterRow]:
        """Return the messages that could not be handled."""
        return await self.read.find(select(DeadLetterRow))

    async def carry_out(self, ports: Any = None, *, attempt: int = 1) -> list[Any]:
        """Carry out the effects that wait, each once, with the carriers given to `open`; return the events that follow.

        They are told that it is this attempt.

        An effect's own error is raised as it is, and its effect stays.
        """
        events: list[Any] = []
        for row in await self.read.find(select(EffectRow)):
            carrier = next(each for cls, each in self._carriers.items() if cls.__name__ == row.kind)
            call = Attempt(msgspec.structs.replace(row, attempts=attempt - 1), ports)
            outcome = await carrier.carry(effect_of(row, carrier.effect), call)
            done = effect_done(self.runner, row, outcome, self.now)
            events += [each.data for each in self._published(await self._run({}, [done]))]
        return events

    async def fail_effects(self, cause: str = "given up") -> list[Any]:
        """Give up the effects that wait, as after their last attempt; return the events that follow."""
        events: list[Any] = []
        for row in await self.read.find(select(EffectRow)):
            carrier = next(each for cls, each in self._carriers.items() if cls.__name__ == row.kind)
            command = carrier.failed(effect_of(row, carrier.effect), cause) if carrier.failed else None
            done = effect_done(self.runner, row, command, self.now)
            events += [each.data for each in self._published(await self._run({}, [done]))]
        return events

    async def _released(self) -> DeadLetterRow | None:
        """Return the first letter that waits behind none any more."""
        letters = await self.read.find(select(DeadLetterRow, order=("letter_id",)))
        held = {_lane(letter) for letter in letters if letter.state in ("retrying", "dead")}
        return next((each for each in letters if each.state == "parked" and _lane(each) not in held), None)

    async def advance(self, to: datetime | None = None, *, by: timedelta | None = None) -> list[Any]:
        """Let time pass: fire the timers and try the letters that come due, in their order; return the events that follow."""
        target = to or self.now + (by or timedelta())
        events: list[Any] = []
        while True:
            timers = await self.read.find(select(TimerRow, TimerRow.c.due <= target, order=("due",), limit=1))
            due = DeadLetterRow.c.due
            waiting = select(DeadLetterRow, DeadLetterRow.c.state == "retrying", due <= target, order=("due",), limit=1)
            letters = await self.read.find(waiting)
            moments = [row.due for row in timers] + [row.due for row in letters if row.due is not None]
            if released := await self._released():
                one = letter_input(self.runner, released)
                events += [each.data for each in self._published(await self._run({}, [one]))]
                continue
            if not moments:
                break
            self.now = max(self.now, min(moments))
            if timers and timers[0].due == min(moments):
                one = timer_input(self.runner, timers[0])
            else:
                one = letter_input(self.runner, letters[0])
            events += [each.data for each in self._published(await self._run({}, [one]))]
        self.now = max(self.now, target)
        return events


def _lane(letter: DeadLetterRow) -> tuple[str, str]:
    return letter.topic, letter.message_key


def _service_of(agents: Sequence[Agent], models: Sequence[type[Row]]) -> str:
    for agent in agents:
        parts = getattr(agent.handle, "__module__", "").split(".")
        if "agents" in parts and len(parts) > parts.index("agents") + 2:
            return parts[parts.index("agents") + 1]
    for model in models:
        return next(name for name, each in METADATA.items() if each is model.sql.metadata)
    return next(message.contract.service for agent in agents for message in agent.hears)


def _subclasses(cls: type[Any]) -> list[type[Any]]:
    direct: list[type[Any]] = cls.__subclasses__()
    return [each for child in direct for each in (child, *_subclasses(child))]
