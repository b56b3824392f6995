"""What a worker tells of itself, for health checks and metrics."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from reptidex.tables.positions import TopicPartition

if TYPE_CHECKING:
    from reptidex.agents.engine.engine import Engine


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
    cached_rows: int
    topics: tuple[PartitionFigures, ...]


class Tally:
    """Counts as they come."""

    def __init__(self) -> None:
        self.units = self.messages = 0

    def unit(self, messages: int) -> None:
        """Count a unit."""
        self.units += 1
        self.messages += messages


def figures_of(
    engine: "Engine", *, ends: Callable[[TopicPartition], int | None], last_unit: float, now: datetime
) -> Figures:
    """Return what an engine has to tell of itself; `last_unit` is when its last unit ended, by the monotonic clock."""
    oldest, runner = engine.relay.oldest, engine.runner
    topics = tuple(
        PartitionFigures(topic=at[0], partition=at[1], position=it.next_offset, end=ends(at) or it.next_offset)
        for at, it in sorted(runner.positions.items())
    )
    lag = sum(each.lag for each in topics)
    return Figures(
        service=engine.service,
        ready=engine.is_ready,
        partitions=tuple(sorted(engine.ownership.fences)),
        lag=lag,
        units=engine.tally.units,
        messages=engine.tally.messages,
        busy_s=engine.busy_s,
        stalled_s=time.monotonic() - last_unit if lag and engine.is_ready else 0.0,
        unsent=engine.relay.backlog,
        oldest_unsent_s=max(0.0, (now - oldest.created).total_seconds()) if oldest else 0.0,
        send_failures=engine.relay.failures,
        effects_waiting=engine.effects.waiting,
        effects_carried=engine.effects.carried,
        effects_failed=engine.effects.failures,
        letters_blocking=sum(runner.blocked.values()),
        cached_rows=len(runner.working),
        topics=topics,
    )
