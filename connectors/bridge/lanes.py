"""What waits for one SNS topic: a lane for each key, batches across the lanes, and lanes that wait after a failure.

A lane has one call under way at most, and a failed entry goes back to its front, so later events of the same key never
overtake it. A call carries one entry of a lane: of two, the first might fail and the second not. Only where a lane is hot
and the topic a standard one, on which AWS promises no order, does it carry more.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable

from reptidex.connectors.bridge.entries import Entry
from reptidex.connectors.bridge.limits import BATCH_ENTRIES, SNS_BYTES

HOT = 100
"""A lane in which so many wait would fall behind with one entry a call."""
LINGER_S = 0.005
"""An entry waits so long for others to fill its batch."""


class _Lane:
    __slots__ = ("busy", "entries")

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque()
        self.busy = False
        """Under way, or waiting for its next attempt."""


class TopicQueue:
    """The entries of one topic."""

    def __init__(self, arn: str, *, fifo: bool, clock: Callable[[], float]) -> None:
        self.arn, self.fifo = arn, fifo
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}
        self._ready: deque[str] = deque()
        self._waiting: list[tuple[float, str]] = []
        self._fresh = 0
        """Entries in lanes that are ready."""
        self._since = 0.0
        self.listed = False
        """Whether the pump has it on its list."""
        self.not_before = 0.0
        """After throttling the whole topic pauses until then."""

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self._lanes

    def put(self, entry: Entry) -> None:
        """Let an entry wait behind those of its lane."""
        lane = self._lanes.get(entry.lane)
        if lane is None:
            lane = self._lanes[entry.lane] = _Lane()
        if not lane.busy:
            if not lane.entries:
                self._make_ready(entry.lane)
            self._fresh += 1
        lane.entries.append(entry)

    def _make_ready(self, key: str) -> None:
        if not self._ready:
            self._since = self._clock()
        self._ready.append(key)

    def due(self, now: float, *, hurry: bool = False) -> float | None:
        """Return when a batch can be taken: where that is not after `now`, one is there. None: until something comes.

        In a `hurry` nothing lingers.
        """
        while self._waiting and self._waiting[0][0] <= now:
            self._free(heapq.heappop(self._waiting)[1])
        if not self._ready:
            return max(self._waiting[0][0], self.not_before) if self._waiting else None
        full = len(self._ready) >= BATCH_ENTRIES or (not self.fifo and self._fresh >= HOT)
        ripe = now if full or hurry else self._since + LINGER_S
        return max(ripe, self.not_before)

    def take(self) -> list[Entry]:
        """Take a batch: at most ten, within the bytes of one call; from lanes in the order in which they became ready."""
        batch: list[Entry] = []
        room = SNS_BYTES
        while self._ready and len(batch) < BATCH_ENTRIES:
            key = self._ready[0]
            lane = self._lanes[key]
            taken, single = 0, self.fifo or len(lane.entries) < HOT
            while lane.entries and len(batch) < BATCH_ENTRIES and not (taken and single):
                entry = lane.entries[0]
                if not entry.wanted():
                    lane.entries.popleft().settle()
                    self._fresh -= 1
                    continue
                lonely = entry.alone or entry.payload is not None
                if batch if lonely else entry.size > room:
                    break
                batch.append(lane.entries.popleft())
                room = 0 if lonely else room - entry.size
                taken += 1
            if not taken and lane.entries:
                break  # the next one needs a call of its own
            self._ready.popleft()
            self._fresh -= taken
            if taken:
                self._fresh -= len(lane.entries)
                lane.busy = True
            else:
                del self._lanes[key]
        self._since = self._clock()
        return batch

    def done(self, keys: Iterable[str]) -> None:
        """Let lanes go on after a call in which none of their entries failed."""
        for key in keys:
            self._free(key)

    def back(self, entries: Iterable[Entry], due: float) -> None:
        """Put failed entries of one lane back to its front, in their order; the lane goes on when they are due."""
        failed = list(entries)
        self._lanes[failed[0].lane].entries.extendleft(reversed(failed))
        heapq.heappush(self._waiting, (due, failed[0].lane))

    def _free(self, key: str) -> None:
        lane = self._lanes[key]
        lane.busy = False
        if lane.entries:
            self._fresh += len(lane.entries)
            self._make_ready(key)
        else:
            del self._lanes[key]
