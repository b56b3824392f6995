"""Inputs that do not come from the log: timers that are due, outcomes of effects, letters tried again."""

from datetime import datetime
from typing import Any, Protocol

import msgspec

from reptidex.agents.engine.identity import derived_id, log_seed, seed_at, seed_of
from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.ownership import Ownership
from reptidex.streams import codec
from reptidex.streams.contract import Command, command_topic
from reptidex.streams.envelope import AnyEvent, CloudEvent, circumstances_of, enveloped
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.effects import EffectRow
from reptidex.tables.positions import Position, TopicPartition
from reptidex.tables.timers import TimerRow

DONE = "effect.done"
"""The type of an input that only says that an effect is done: no handler hears it."""

_cause_decoder = msgspec.json.Decoder(CloudEvent[Any])


class Place(Protocol):
    """Where internal inputs enter."""

    service: str
    ownership: Ownership
    positions: dict[TopicPartition, Position]


def _behind_the_log(at: Place, partition: int) -> int:
    position = at.positions.get((command_topic(at.service), partition))
    return position.next_offset - 1 if position and position.next_offset else 0


def timer_input(at: Place, row: TimerRow) -> Input:
    """Return the input of a timer that is due: its command, at the time it was set for."""
    event = codec.decode(row.command)
    # Its command's id tells it from one that a handler sets anew under its name for the very same moment.
    name = f"{at.service}/timer/{row.name}/{row.due.isoformat()}/{event.id}"
    return Input(
        "timer",
        event,
        command_topic(at.service),
        row.partition,
        _behind_the_log(at, row.partition),
        event.subject,
        seed_of(name),
        row.command,
        ref=row,
    )


def effect_done(at: Place, row: EffectRow, outcome: Command | None, now: datetime) -> Input:
    """Return the input that ends an effect: the command that tells its outcome, or nothing but the end.

    The command is handled under the partition of the message that asked for the effect, as the effect's row is.
    """
    cause: AnyEvent = _cause_decoder.decode(row.cause)
    name = f"{at.service}/effect/{row.effect_id}"
    if outcome is None:
        event = msgspec.structs.replace(cause, type=DONE, data=None)
        return Input("effect", event, "", row.partition, 0, row.lane, 0, b"", ref=row)
    event = enveloped(outcome, derived_id(name + "/outcome", now), now, **circumstances_of(cause))
    return Input(
        "effect",
        event,
        outcome.contract.topic,
        row.partition,
        _behind_the_log(at, row.partition),
        outcome.key,
        seed_of(name),
        codec.encode(event),
        ref=row,
    )


def note(row: EffectRow | DeadLetterRow, now: datetime) -> Input:
    """Return the input that only writes a row anew: an effect to be tried again, a letter that still cannot be read."""
    event = CloudEvent(id="", source="", type=DONE, subject="", time=now, dataschema="", data=None)
    return Input("note", event, "", row.partition, 0, "", 0, b"", ref=row)


def letter_input(at: Place, row: DeadLetterRow) -> Input:
    """Return the input of a letter that is tried again, in the place that its message had. Raises `ContractError`."""
    name = None if row.topic == command_topic(at.service) else row.topic
    event = codec.decode(row.value, name)
    seed = seed_at(log_seed(at.service, row.topic, row.partition), row.position)
    if row.source != "log":
        seed = int(row.letter_id.rpartition("/")[2], 16)
    return Input("letter", event, row.topic, row.partition, row.position, row.message_key, seed, row.value, ref=row)
