"""What the consumer group knows of our positions. Its offsets follow the database, never lead it."""

from collections.abc import Collection, Mapping
from typing import Any

from faust.types import TP

from reptidex.tables.positions import Position, TopicPartition


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
