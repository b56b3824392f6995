"""From the records of a fetch to inputs: repeats dropped, bytes decoded, unreadable ones set aside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from reptidex.agents.engine.identity import log_seed, seed_at
from reptidex.agents.engine.inputs import ASKED, Input, Kind, LogRecord, mark_of
from reptidex.agents.engine.poison import unreadable
from reptidex.errors import ContractError
from reptidex.streams import codec
from reptidex.streams.contract import command_topic
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.inbox import inbox_key
from reptidex.tables.positions import Position, TopicPartition

Fetch = Mapping[TopicPartition, Sequence[Any]]
"""The records of one fetch, by topic-partition: `LogRecord`, or aiokafka's own, which has the same attributes."""


class Intake(msgspec.Struct):
    """The inputs of one unit, and where it leaves the positions."""

    inputs: list[Input]
    positions: dict[TopicPartition, Position]
    unreadable: list[DeadLetterRow]
    strangers: dict[str, Input]
    """Inputs from outside the platform's outboxes, by inbox key: the database knows which of them are repeats."""
    repeats: int = 0


class Reception:
    """Takes in what the log delivers to one service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._commands = command_topic(service)

    def take(
        self, fetch: Fetch, at: Mapping[TopicPartition, Position], internal: Sequence[Input], now: datetime
    ) -> Intake:
        """Turn a fetch into inputs; `at` are the positions before it, left as they are."""
        taken = Intake(list(internal), {}, [], {})
        for (topic, partition), records in fetch.items():
            known = at.get((topic, partition))
            next_offset, marks = (known.next_offset, known.marks) if known else (0, {})
            taken.positions[topic, partition] = Position(next_offset, dict(marks))
            self._take_records(taken, topic, partition, records, now)
        return taken

    def _take_records(self, taken: Intake, topic: str, partition: int, records: Sequence[Any], now: datetime) -> None:
        position = taken.positions[topic, partition]
        marks, inputs = position.marks, taken.inputs
        is_commands = topic == self._commands
        name = None if is_commands else topic
        seed = log_seed(self._service, topic, partition)
        kind: Kind = "log"
        decode, add = codec.decode, inputs.append
        for record in records:
            offset = record.offset
            if offset < position.next_offset:
                continue
            position.next_offset = offset + 1
            outbox, number = mark_of(record.headers)
            if outbox:
                if number <= marks.get(outbox, 0):
                    taken.repeats += 1
                    continue
                marks[outbox] = number
            try:
                event = decode(record.value or b"", name)
                if is_commands and event.data.contract.topic != topic:
                    raise ContractError(f"{event.type} is no command of {self._service}")
            except (ContractError, RecursionError, ValueError) as problem:
                # Whatever bytes do to their decoder (a nesting too deep, a key that is no text), the rest goes on.
                plain = LogRecord(topic, partition, offset, record.key, record.value)
                taken.unreadable.append(unreadable(plain, problem, now))
                continue
            raw_key = record.key
            key = raw_key.decode(errors="replace") if raw_key is not None else event.subject
            one = Input(kind, event, topic, partition, offset, key, seed_at(seed, offset), record.value)
            if is_commands:
                one.asked = _asked(record.headers)
            elif not outbox:
                seen = inbox_key(event.source, event.id)
                if seen in taken.strangers:
                    taken.repeats += 1
                    continue
                taken.strangers[seen] = one
            add(one)


def _asked(headers: Any) -> str:
    found: str = next((value.decode(errors="replace") for name, value in headers if name == ASKED and value), "")
    return found
