"""From where a worker reads a topic-partition that it has taken over, and what it says where the log is not as it left it.

A log that ends before our position, or has another record where our last one stood, is either a new one, or the one that we know
with its end cut off (an older copy was put in its place; an unclean election of a leader). What tells them apart is whether it
holds records from before the last one that we handled. A new one is read from its beginning. Of the other some was handled
already: nobody but `reptidex restored` knows where to go on, so the worker ends.
"""

import logging
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from reptidex.errors import ReptidexError
from reptidex.tables.positions import Position, TopicPartition, Witness

log = logging.getLogger(__name__)

CUT_OFF = 73
"""The exit status of a worker whose log has lost what the worker has handled."""


class CutOffError(ReptidexError):
    """The log is the one that was read, but its end was cut off, and may have grown again."""

    exit_status = CUT_OFF

    def __init__(self, service: str, at: TopicPartition, position: int, witness: Witness, found: str) -> None:
        moment = datetime.fromtimestamp(witness.time / 1000, UTC).isoformat(timespec="milliseconds")
        super().__init__(
            f"{at[0]} {at[1]}: we have handled all before {position}, the last of {moment}, but {found}, and the log holds"
            " records from before that: an older copy of it was put in its place, or its end was cut off."
            f" `reptidex restored {service}` finds from where to go on"
        )


def witness_of(record: Any, now: datetime) -> Witness | None:
    """Return what a record is known by; None where it has no time of its own, as what stands for an unreadable one.

    A time that is still to come is the clock of a stranger: later than `now` it tells nothing.
    """
    if record.timestamp <= 0:
        return None
    digest = crc32(record.value or b"", crc32(record.key or b""))
    return Witness(record.offset, min(record.timestamp, int(now.timestamp() * 1000)), digest)


def awaited(position: Position | None, earliest: int, end: int) -> Witness | None:
    """Return what has to stand just before a position, where the log should still have it."""
    witness = position.witness if position is not None else None
    known = position is not None and witness is not None and witness.offset == position.next_offset - 1
    return witness if known and witness is not None and earliest <= witness.offset < end else None


def contradicts(witness: Witness, record: Any) -> bool:
    """Say whether a record stands where another one was. One further on does not: compaction may have taken the witness."""
    return record.offset == witness.offset and crc32(record.value or b"", crc32(record.key or b"")) != witness.digest


def is_new(witness: Witness | None, first_time: int | None) -> bool:
    """Say whether all that a log holds is later than what was handled; `first_time` is that of its first record, if any."""
    return witness is None or first_time is None or first_time > witness.time


def start_at(
    service: str,
    positions: MutableMapping[TopicPartition, Position],
    at: TopicPartition,
    earliest: int,
    end: int,
    first_time: int | None,
) -> int:
    """Return the offset to go on from; `first_time` is the time of the log's first record, asked for where it ends before that.

    Raises `CutOffError`.
    """
    known = positions.get((at[0], at[1]))
    if known is None:
        return earliest
    if known.next_offset > end:
        begin_anew(service, positions, at, earliest, first_time, f"the log ends at {end}")
        return earliest
    note_loss(at, known.next_offset, earliest)
    return max(known.next_offset, earliest)


def begin_anew(
    service: str,
    positions: MutableMapping[TopicPartition, Position],
    at: TopicPartition,
    first: int,
    first_time: int | None,
    found: str,
) -> None:
    """Go on at the first offset of a log that has taken the place of the one we knew.

    Raises `CutOffError` where it holds what is as old as what we have handled, and nothing is changed.
    """
    known = positions[at[0], at[1]]
    witness = known.witness
    if witness is not None and not is_new(witness, first_time):
        raise CutOffError(service, at, known.next_offset, witness, found)
    told = "%s/%d: %s, and our position is %d: the log has been replaced, and is read from %d"
    log.error(told, at[0], at[1], found, known.next_offset, first)
    positions[at[0], at[1]] = Position(first, {})


def note_loss(at: TopicPartition, position: int, earliest: int) -> None:
    """Say so where the log has forgotten records that have not been handled."""
    if earliest > position:
        told = (
            "%s/%d: offsets %d to %d are gone from the log and were never handled; retention was shorter than the wait"
        )
        log.error(told, at[0], at[1], position, earliest - 1)
