"""From the records of a fetch to inputs: repeats dropped, bytes decoded, unreadable ones set aside."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from reptidex.agents.engine.identity import log_seed, seed_at
from reptidex.agents.engine.inputs import ASKED, MARK, Input, LogRecord, mark_of
from reptidex.agents.engine.poison import unreadable
from reptidex.agents.engine.starting import witness_of
from reptidex.errors import ContractError
from reptidex.streams import codec
from reptidex.streams.contract import command_topic
from reptidex.streams.envelope import AnyEvent
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.inbox import inbox_key
from reptidex.tables.positions import Position, TopicPartition

NUL = "\x00"
LONGEST_NAME = 1000
"""Bytes of a key, id or source: PostgreSQL takes no more than 2,704 of all columns of an index together."""

Fetch = Mapping[TopicPartition, Sequence[Any]]
"""The records of one fetch, by topic-partition: `LogRecord`, or aiokafka's own, which has the same attributes."""


class Intake(msgspec.Struct):
    """The inputs of one unit, and where it leaves the positions."""

    inputs: list[Input]
    """In the order in which they are handled: those that do not come from the log, then the records by topic-partition."""
    positions: dict[TopicPartition, Position]
    unreadable: list[DeadLetterRow]
    strangers: dict[str, Input]
    """Inputs from outside the platform's outboxes, by inbox key: the database knows which of them are repeats."""
    internal: Sequence[Input] = ()
    """Those of the inputs that do not come from the log."""
    by_type: dict[str, list[Input]] = msgspec.field(default_factory=lambda: defaultdict(list))
    """The inputs by name of message, for what is asked once a kind; repeats may be among them."""

    def add(self, name: str, inputs: list[Input]) -> None:
        """Append inputs of one kind."""
        self.inputs += inputs
        self.by_type[name] += inputs

    def leave_out(self, known: Iterable[str]) -> None:
        """Drop the inputs from outside with these inbox keys: they are repeats."""
        if dropped := {id(self.strangers.pop(key)) for key in known if key in self.strangers}:
            self.inputs = [one for one in self.inputs if id(one) not in dropped]


class Reception:
    """Takes in what the log delivers to one service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._commands = command_topic(service)

    def take(
        self, fetch: Fetch, at: Mapping[TopicPartition, Position], internal: Sequence[Input], now: datetime
    ) -> Intake:
        """Turn a fetch into inputs; `at` are the positions before it, left as they are."""
        taken = Intake([], {}, [], {}, internal)
        for one in internal:
            taken.add(one.event.type, [one])
        for (topic, partition), records in fetch.items():
            known = at.get((topic, partition))
            taken.positions[topic, partition] = (
                Position(known.next_offset, dict(known.marks), known.witness) if known else Position(0, {})
            )
            self._take_records(taken, topic, partition, records, now)
        return taken

    def _take_records(self, taken: Intake, topic: str, partition: int, records: Sequence[Any], now: datetime) -> None:
        position = taken.positions[topic, partition]
        marks, next_offset = position.marks, position.next_offset
        is_commands = topic == self._commands
        seed = log_seed(self._service, topic, partition)
        read, schema = codec.reader(topic) if not is_commands else (None, "")
        inputs: list[Input] = []
        # The mark of the record before, where the outbox's name ends in it, and that name with its colon.
        last, cut, prefix, outbox = b"", 0, b"", ""
        for record in records:
            offset = record.offset
            if offset < next_offset:
                continue
            next_offset = offset + 1
            headers = record.headers
            mark: bytes = headers[0][1] or b"" if headers and headers[0][0] == MARK else b""
            # Nearly every record has the next number of the same outbox. Numbers of one length are in order as bytes are.
            if mark > last and len(mark) == len(last) and mark[:cut] == prefix and mark[cut:].isdigit():
                last = mark
            else:
                if outbox:
                    marks[outbox] = int(last[cut:])
                outbox, number, last = mark_of(headers)
                if outbox:
                    cut = last.rindex(b":") + 1
                    prefix = last[:cut]
                    if number <= (seen := marks.get(outbox, 0)):
                        last = b"%b%d" % (prefix, seen)
                        continue
            value, event = record.value, None
            if read is not None:
                try:
                    event = read(value)
                    if event.type != topic or event.dataschema != schema:
                        event = None
                except codec.UNREADABLE:
                    event = None
            if event is None:
                event = self._with_care(taken, LogRecord(topic, partition, offset, record.key, value or b""), now)
                if event is None:
                    continue
            raw_key = record.key
            key = raw_key.decode(errors="replace") if raw_key is not None else event.subject
            one = Input("log", event, topic, partition, offset, key, seed_at(seed, offset), value)
            if is_commands:
                one.asked = _asked(headers)
                if _unstorable(event.id, key, event.actor or "", one.asked):
                    self._refuse(taken, one, now)
                    continue
                taken.add(event.type, [one])
                continue
            if not outbox:
                stranger = inbox_key(event.source, event.id)
                if stranger in taken.strangers:
                    continue
                if _unstorable(event.source, event.id, key):
                    self._refuse(taken, one, now)
                    continue
                taken.strangers[stranger] = one
            inputs.append(one)
        if outbox:
            marks[outbox] = int(last[cut:])
        if next_offset > position.next_offset:
            position.next_offset, position.witness = next_offset, witness_of(records[-1], now)
        taken.add(topic, inputs)

    def _refuse(self, taken: Intake, one: Input, now: datetime) -> None:
        record = LogRecord(one.topic, one.partition, one.offset, one.key.encode(), one.value)
        problem = ContractError(
            f"a name of this {one.event.type} (its key, id, source, actor or request) holds U+0000 or is longer than"
            f" {LONGEST_NAME} bytes, which no database looks for"
        )
        taken.unreadable.append(unreadable(record, problem, now))

    def _with_care(self, taken: Intake, record: LogRecord, now: datetime) -> AnyEvent | None:
        """Decode what is not as most records are: a command, an older version, bytes that break their contract."""
        is_command = record.topic == self._commands
        try:
            event = codec.decode(record.value or b"", None if is_command else record.topic)
            if is_command and event.data.contract.topic != record.topic:
                raise ContractError(f"{event.type} is no command of {self._service}")
        except (ContractError, RecursionError, ValueError) as problem:
            # Whatever bytes do to their decoder (a nesting too deep, a key that is no text), the rest goes on.
            taken.unreadable.append(unreadable(record, problem, now))
            return None
        return event


def _asked(headers: Any) -> str:
    found: str = next((value.decode(errors="replace") for name, value in headers if name == ASKED and value), "")
    return found


def _unstorable(*names: str) -> bool:
    """Say whether one of these is none that every database stores and looks for."""
    # No character takes more than four bytes.
    return any(NUL in name or (len(name) > LONGEST_NAME // 4 and len(name.encode()) > LONGEST_NAME) for name in names)
