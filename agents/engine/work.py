"""The unit of work as a handler sees it: the `Unit` of `agents/agent.py`."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, Protocol, TypeVar, cast

import msgspec

from reptidex.agents.agent import Effect
from reptidex.agents.engine.identity import Place, id_at, place_of
from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.sealing import Header, Outgoing, type_header
from reptidex.agents.engine.working_set import MISSING, WorkingSet
from reptidex.errors import ContractError, ForeignContractError, NotFoundError
from reptidex.streams import codec
from reptidex.streams.contract import Command, Event
from reptidex.streams.envelope import AnyEvent, CloudEvent, circumstances_of, enveloped, sequence_text
from reptidex.tables.effects import EffectRow
from reptidex.tables.query import Query
from reptidex.tables.row import Row
from reptidex.tables.timers import TimerRow
from reptidex.tables.versions import VersionRow

R = TypeVar("R", bound=Row)

_encode = msgspec.json.Encoder().encode

SEEN = frozenset({"log", "letter"})
"""The kinds of input whose ids are known outside the service."""
LARGEST = 1_000_000
"""Bytes in one event: what every log takes by default."""


class _Form(NamedTuple):
    """What of an event's envelope its class decides."""

    name: str
    service: str
    topic: str
    schema: str
    key_of: Any
    has_vivarium: bool
    header: Header


_forms: dict[type[Event], _Form] = {}


def _form(cls: type[Event]) -> _Form:
    contract = cls.contract
    key_of, has_vivarium = attrgetter(contract.key), "vivarium_id" in cls.__struct_fields__
    header = type_header(contract.name)
    form = _Form(contract.name, contract.service, contract.topic, contract.schema, key_of, has_vivarium, header)
    _forms[cls] = form
    return form


class Rows(Protocol):
    """Where rows come from that are not in memory."""

    async def fetch(self, row: type[Row], key: str) -> Row | None:
        """Return a row of the database, and remember it."""

    async def fetch_many(self, row: type[Row], keys: Sequence[str]) -> None:
        """Remember the rows of the database with these keys, and which are not there."""

    async def find(self, query: Query[Any]) -> list[Any]:
        """Return the rows of a query, what the unit has written included."""


class Work:
    """One per unit; `begin` turns it to the next message."""

    def __init__(self, service: str, working: WorkingSet, ownership: Ownership, rows: Rows) -> None:
        self._short, self._source = service, f"/repti-{service}"
        self._working, self._ownership, self._rows = working, ownership, rows
        self.outgoing: dict[int, list[Outgoing]] = {}
        self.answered: bytes = b""
        self._input: Input = cast(Input, None)
        self._place: Place = ("", "")
        self._ordinal = self._said = 0
        self._partition = -1
        self._out: list[Outgoing] = []

    # -- the engine's side -------------------------------------------------------------------------------------------

    def begin(self, one: Input) -> None:
        """Turn to the next message."""
        self._input, self.answered = one, b""
        self._ordinal = self._said = 0
        if one.partition != self._partition:
            self._partition = one.partition
            self._out = self.outbox(one.partition)
        self._working.mark()

    def outbox(self, partition: int) -> list[Outgoing]:
        """Return what the unit says on account of a partition."""
        return self.outgoing.setdefault(partition, [])

    def undo(self) -> None:
        """Take back everything that the message at hand has done."""
        self._working.undo()
        self.answered = b""
        if self._said:
            del self._out[-self._said :]
            self._said = 0

    async def publish(self, event: Event) -> None:
        """Give an event its envelope, with the next version of its aggregate, and put it into the outbox."""
        if not self.published(event):
            await self._rows.fetch(VersionRow, event.key)
            self.published(event)

    def published(self, event: Event) -> bool:
        """Publish an event if the version of its aggregate is in memory; say whether it was."""
        one = self._input
        name, service, topic, schema, key_of, has_vivarium, header = _forms.get(type(event)) or _form(type(event))
        if service != self._short:
            raise ForeignContractError(name, f"repti-{service}", f"repti-{self._short}")
        subject = key_of(event)
        version = self._working.next_version(subject)
        if version is None:
            return False
        cause = one.event
        traceparent = cause.traceparent
        event_id = self.new_id()
        value = _encode(
            CloudEvent(
                id=event_id,
                source=self._source,
                type=name,
                subject=subject,
                time=cause.time,
                dataschema=schema,
                sequence=sequence_text(version),
                correlationid=cause.correlationid or cause.id,
                # A timer's or an effect's command is seen by nobody outside: what caused it caused this.
                causationid=cause.id if one.kind in SEEN else cause.causationid or cause.id,
                actor=cause.actor,
                vivariumid=cause.vivariumid or (event.vivarium_id if has_vivarium else None),  # type: ignore[attr-defined]
                traceparent=traceparent,
                data=event,
            )
        )
        if len(value) > LARGEST:
            raise ContractError(f"{name} is {len(value)} bytes long; {LARGEST} are allowed")
        partition = one.partition if subject == one.key else self._ownership.partition_of(subject)
        self._out.append((topic, partition, subject.encode(), value, event_id, header, traceparent))
        self._said += 1
        return True

    def say(self, message: Outgoing) -> None:
        """Put a record that is no event into the outbox of the partition at work."""
        self._out.append(message)
        self._said += 1

    # -- the handler's side ------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self._input.event.time

    @property
    def cause(self) -> AnyEvent:
        return self._input.event

    def belongs_to(self, correlation_id: str) -> None:
        self._input.event = msgspec.structs.replace(self._input.event, correlationid=correlation_id)

    async def get(self, row: type[R], key: str) -> R | None:
        known: Any = self._working.known(row).get(key, MISSING)
        if known is MISSING:
            known = self._working.peek(row, key)
            if known is MISSING:
                known = await self._rows.fetch(row, key)
        return cast("R | None", known)

    async def get_many(self, row: type[R], keys: Iterable[str]) -> dict[str, R]:
        every = list(dict.fromkeys(keys))
        peek = self._working.peek
        if unknown := [key for key in every if peek(row, key) is MISSING]:
            await self._rows.fetch_many(row, unknown)
        found = {key: peek(row, key) for key in every}
        return {key: cast(R, there) for key, there in found.items() if isinstance(there, Row)}

    async def need(self, row: type[R], key: str) -> R:
        found = await self.get(row, key)
        if found is None:
            raise NotFoundError(row.called(), key)
        return found

    async def find(self, query: Query[R]) -> list[R]:
        return cast("list[R]", await self._rows.find(query))

    def put(self, row: Row) -> None:
        self._working.put(row)

    def delete(self, row: type[Row], key: str) -> None:
        self._working.delete(row, key)

    def answer(self, value: msgspec.Struct) -> None:
        self.answered = _encode(value)

    def effect(self, effect: Effect) -> None:
        one = self._input
        cause = msgspec.structs.replace(one.event, data=None)
        self._working.put(
            EffectRow(
                effect_id=self.new_id(),
                partition=one.partition,
                lane=one.key,
                kind=type(effect).__name__,
                body=_encode(effect),
                cause=codec.encode(cause),
                due=one.event.time,
            )
        )

    def timer(self, name: str, at: datetime, command: Command) -> None:
        contract = command.contract
        if at.tzinfo is None:
            raise ValueError(f"the timer {name} is set for a time without its zone")
        if contract.service != self._short:
            raise ForeignContractError(contract.name, f"repti-{contract.service}", f"repti-{self._short}")
        envelope = enveloped(command, self.new_id(), at, **circumstances_of(self._input.event))
        partition = self._ownership.partition_of(command.key)
        self._working.put(TimerRow(name=name, due=at, partition=partition, command=codec.encode(envelope)))

    def cancel_timer(self, name: str) -> None:
        self._working.delete(TimerRow, name)

    def new_id(self) -> str:
        ordinal = self._ordinal
        self._ordinal = ordinal + 1
        one = self._input
        if not ordinal:
            self._place = place_of(one.seed, one.event.time, one.event.id)
        return id_at(self._place, one.seed, ordinal)
