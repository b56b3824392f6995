"""From where a worker reads a topic-partition that it has taken over, and what it says where the log is not as it left it."""

import logging
from collections.abc import MutableMapping

from reptidex.tables.positions import Position, TopicPartition

log = logging.getLogger(__name__)


def start_at(positions: MutableMapping[TopicPartition, Position], at: TopicPartition, earliest: int, end: int) -> int:
    """Return the offset to go on from. A log that ends before the position is another log: it is read from its beginning."""
    known = positions.get((at[0], at[1]))
    if known is None:
        return earliest
    if known.next_offset > end:
        replaced(positions, at, known.next_offset, earliest)
        return earliest
    note_loss(at, known.next_offset, earliest)
    return max(known.next_offset, earliest)


def note_loss(at: TopicPartition, position: int, earliest: int) -> None:
    """Say so where the log has forgotten records that have not been handled."""
    if earliest > position:
        told = (
            "%s/%d: offsets %d to %d are gone from the log and were never handled; retention was shorter than the wait"
        )
        log.error(told, at[0], at[1], position, earliest - 1)


def replaced(
    positions: MutableMapping[TopicPartition, Position], at: TopicPartition, position: int, first: int
) -> None:
    """Go on at the first offset of a log that has taken the place of the one we knew."""
    told = "%s/%d has less than our position %d: the log has been replaced, and is read from %d"
    log.error(told, at[0], at[1], position, first)
    positions[at[0], at[1]] = Position(first, {})
