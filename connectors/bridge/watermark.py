"""How far a partition may be committed: up to the first record that is not settled yet."""

import time
from collections import deque


class Watermark:
    """The records of one partition that were taken and not yet settled, in their order.

    Offsets may have gaps (compaction, transactions), so records are counted by what was taken, not by number.
    """

    __slots__ = ("_settled", "_taken", "bytes", "committed", "lost", "position")

    def __init__(self, position: int) -> None:
        self._taken: deque[tuple[int, float, int]] = deque()
        self._settled: set[int] = set()
        self.position = position
        """The offset that may be committed: that of the first record not settled, or the one after the last."""
        self.committed = position
        self.lost = False
        """The partition has gone to another member of the group: nothing of it is sent any more."""
        self.bytes = 0

    def take(self, offset: int, size: int = 0) -> None:
        """Note a record that was taken from the log."""
        self._taken.append((offset, time.monotonic(), size))
        self.bytes += size

    def settle(self, offset: int) -> None:
        """Note that a record is acknowledged, or kept as a dead letter."""
        self._settled.add(offset)
        while self._taken and self._taken[0][0] in self._settled:
            first, _, size = self._taken.popleft()
            self._settled.discard(first)
            self.bytes -= size
            self.position = first + 1

    @property
    def pending(self) -> int:
        """How many records wait at or above the mark, settled or not."""
        return len(self._taken)

    @property
    def age_s(self) -> float:
        """How long the record that holds the mark has been there; 0 where none does."""
        return time.monotonic() - self._taken[0][1] if self._taken else 0.0
