"""What the consumer group knows of our positions. Its offsets follow the database, never lead it."""

from collections.abc import Collection, Mapping
from typing import Any

from faust.types import TP

from reptidex.errors import ReptidexError
from reptidex.tables.positions import Position, TopicPartition

BEHIND = 72
"""The exit status of a worker whose database is older than what its service has worked off."""


class BehindError(ReptidexError):
    """The database was restored from a backup, or has lost what it had committed.

    What it said now would carry numbers that readers have seen, and they would drop it (`restoring.py`).
    """

    exit_status = BEHIND

    def __init__(self, service: str, at: TopicPartition, reached: int, before: int) -> None:
        super().__init__(
            f"the database stands at {reached} of {at[0]} {at[1]}, where {before} was reached before: it was restored from a"
            f" backup, or has lost what it had committed (`reptidex restored {service}` prepares it)"
        )


def check_not_behind(
    service: str,
    positions: Mapping[TopicPartition, Position],
    committed: Mapping[Any, Any],
    ends: Mapping[Any, int],
) -> None:
    """Raise `BehindError` where the group has been told more than the database knows.

    `committed` are the group's offsets, which follow the database; beyond the end of a log that was replaced they say nothing.
    """
    for tp, told in committed.items():
        at = (tp.topic, tp.partition)
        reached = positions[at].next_offset if at in positions else 0
        if reached < told.offset <= ends.get(tp, 0):
            raise BehindError(service, at, reached, told.offset)


class GroupOffsets:
    """The offsets that the group has been told, for topics that we listen to."""

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = topics
        self._told: dict[TopicPartition, int] = {}

    def untold(self, positions: Mapping[TopicPartition, Position]) -> dict[Any, int]:
        """Return the positions that the group has not been told."""
        told, topics = self._told, self._topics
        return {
            TP(*at): position.next_offset
            for at, position in positions.items()
            if told.get(at) != position.next_offset and at[0] in topics
        }

    def told(self, offsets: Mapping[Any, int]) -> None:
        """Hear that the group has been told."""
        self._told.update({(at[0], at[1]): offset for at, offset in offsets.items()})

    def forget(self) -> None:
        """Forget all of it: partitions come or go."""
        self._told.clear()
