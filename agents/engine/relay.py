"""The relay: what units have committed to their outboxes, sent to the log in order.

One batch per topic-partition is under way at a time. The client keeps the order of what it retries, but not past a batch that
it has given up; and a record that overtook an earlier one of its outbox would make every reader drop the earlier one. Batches
come sealed (`sealing.py`) and go out as they are.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka.producer.message_accumulator import BatchBuilder

from reptidex.tables.outbox import Batch, Sealed

log = logging.getLogger(__name__)

BACKLOG, BACKLOG_BYTES = 50_000, 64 * 1024 * 1024
"""So many records, or so much of them, may wait in memory; then units pause until the log has taken half of them."""
RETRY_FIRST_S, RETRY_LONGEST_S = 0.1, 2.0

TopicPartition = tuple[str, int]


class Parcel:
    """A batch of an outbox on its way: acknowledged once every sealed part of it is."""

    __slots__ = ("batch", "missing")

    def __init__(self, batch: Batch) -> None:
        self.batch, self.missing = batch, len(batch.sealed)


class _Ready(BatchBuilder):
    """What the client takes for a batch builder: one that is filled and closed, its bytes being there already."""

    def __init__(self, sealed: Sealed) -> None:
        self._buffer, self._relative_offset, self._closed = sealed.records, sealed.count, True


class _Road:
    """What goes to one topic-partition."""

    __slots__ = ("busy", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[tuple[Sealed, Parcel]] = deque()
        self.busy = False


class Relay:
    """Sends for one worker. `mark_relayed(outbox partition, number)` hears how far the log has acknowledged."""

    def __init__(
        self,
        producer: Callable[[], Any],
        mark_relayed: Callable[[int, int], None],
        *,
        step: Callable[[str], None] = lambda point: None,
    ) -> None:
        self._producer, self._mark_relayed, self._step = producer, mark_relayed, step
        self._roads: dict[TopicPartition, _Road] = defaultdict(_Road)
        self._parcels: dict[int, deque[Parcel]] = defaultdict(deque)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ebb = asyncio.Event()
        self._ebb.set()
        self.backlog = 0
        """Records not acknowledged yet."""
        self._bytes = 0
        self.sent = 0
        self.failures = 0

    @property
    def oldest(self) -> Batch | None:
        """The oldest batch that the log has not acknowledged whole."""
        heads = [parcels[0].batch for parcels in self._parcels.values() if parcels]
        return min(heads, key=lambda batch: batch.created, default=None)

    def offer(self, batches: Iterable[Batch]) -> None:
        """Send batches, each outbox in its order, after whatever was offered before."""
        roads: dict[TopicPartition, _Road] = {}
        for batch in batches:
            parcel = Parcel(batch)
            self._parcels[batch.partition].append(parcel)
            for sealed in batch.sealed:
                at = (sealed.topic, sealed.partition)
                road = roads[at] = self._roads[at]
                road.waiting.append((sealed, parcel))
                self.backlog += sealed.count
                self._bytes += len(sealed.records)
        if self.backlog > BACKLOG or self._bytes > BACKLOG_BYTES:
            self._ebb.clear()
        for at, road in roads.items():
            if not road.busy:
                self._start(at, road)

    def _start(self, at: TopicPartition, road: _Road) -> None:
        road.busy = True
        task = asyncio.get_running_loop().create_task(self._drive(at, road))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drive(self, at: TopicPartition, road: _Road) -> None:
        try:
            while road.waiting:
                await self._send(at, road)
        finally:
            road.busy = False

    async def _send(self, at: TopicPartition, road: _Road) -> None:
        """Send the next batch until the log has it."""
        wait, sealed = RETRY_FIRST_S, road.waiting[0][0]
        while True:
            try:
                acknowledged = await self._producer().send_batch(_Ready(sealed), at[0], partition=at[1])
                self._step("in relay")
                await acknowledged
                break
            except Exception as problem:  # noqa: BLE001 - nothing else would send it, and all behind it would wait for good
                # aiokafka asserts that the topic's partition is known (it is not while the log is away); uvloop answers a write
                # to a connection that closes with a `RuntimeError`.
                self.failures += 1
                said = "the log does not take %d records for %s; again in %.1f s: %r"
                log.warning(said, sealed.count, at, wait, problem)
                await asyncio.sleep(wait)
                wait = min(wait * 2, RETRY_LONGEST_S)
        self._acknowledge(road)

    def _acknowledge(self, road: _Road) -> None:
        sealed, parcel = road.waiting.popleft()
        parcel.missing -= 1
        self.backlog -= sealed.count
        self._bytes -= len(sealed.records)
        self.sent += sealed.count
        self._step("after relay")
        for partition, parcels in self._parcels.items():
            last = 0
            while parcels and not parcels[0].missing:
                last = parcels.popleft().batch.last
            if last:
                self._mark_relayed(partition, last)
        if self.backlog < BACKLOG // 2 and self._bytes < BACKLOG_BYTES // 2:
            self._ebb.set()

    async def ebb(self) -> None:
        """Wait while too much is under way."""
        await self._ebb.wait()

    async def drain(self, within: float) -> bool:
        """Wait until everything is acknowledged, for a while. Returns whether it is."""
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=within)
        return not self.backlog

    async def reset(self) -> None:
        """Forget everything: the outboxes go to another worker, which reads them from the database."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._roads.clear()
        self._parcels.clear()
        self.backlog = self._bytes = 0
        self._ebb.set()
