"""What a connection was last told of a topic that had nothing new for it."""

from dataclasses import dataclass

from reptidex.devlog.storage.partition import Pulse


@dataclass(slots=True, frozen=True)
class Quiet:
    """The rows of the last fetch, the state of the topic then, and what was said of each partition at its end.

    While neither changes, the next fetch need not look at the topic's partitions one by one.
    """

    pulse: Pulse
    count: int
    rows: list[tuple[int, int, int]]
    told: dict[int, bytes]

    def still(self, pulse: Pulse, rows: list[tuple[int, int, int]]) -> bool:
        """Tell whether the same was asked of the same, unchanged topic, and all of it had been read."""
        same = pulse is self.pulse and pulse.count == self.count
        return same and len(self.told) == len(rows) and rows == self.rows
