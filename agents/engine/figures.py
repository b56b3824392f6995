"""What a worker tells of itself, for health checks and metrics."""

from collections import deque
from typing import Any

import msgspec

UNITS_REMEMBERED = 512


class PartitionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One topic-partition."""

    topic: str
    partition: int
    position: int
    end: int
    """The end of the log, as far as it is known."""

    @property
    def lag(self) -> int:
        """How many records have not been handled."""
        return max(0, self.end - self.position)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A worker at one moment."""

    service: str
    ready: bool
    """Whether it has its partitions."""
    partitions: tuple[int, ...]
    lag: int
    units: int
    messages: int
    unit_seconds: tuple[float, ...]
    """How long the last units took."""
    busy_s: float
    """For how long the unit at work has been at work, or its last try while the database is away; 0 where none is."""
    stalled_s: float
    """For how long records have waited without any being handled; 0 where none waits."""
    unsent: int
    """Records in the outbox that the log has not acknowledged."""
    oldest_unsent_s: float
    send_failures: int
    effects_waiting: int
    effects_carried: int
    effects_failed: int
    letters_blocking: int
    lanes_blocked: int
    cached_rows: int
    topics: tuple[PartitionFigures, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


class Tally:
    """Counts as they come."""

    def __init__(self) -> None:
        self.units = self.messages = 0
        self.durations: deque[float] = deque(maxlen=UNITS_REMEMBERED)

    def unit(self, messages: int, seconds: float) -> None:
        """Count a unit."""
        self.units += 1
        self.messages += messages
        self.durations.append(seconds)
