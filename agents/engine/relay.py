"""The relay: what units have committed to their outboxes, sent to the log in order.

One batch per topic-partition is under way at a time. The client keeps the order of what it retries, but not past a batch that
it has given up; and a record that overtook an earlier one of its outbox would make every reader drop the earlier one.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from aiokafka.errors import KafkaError

from reptidex.agents.engine.inputs import MARK
from reptidex.streams.codec import CONTENT_TYPE
from reptidex.tables.outbox import Batch, Outgoing

log = logging.getLogger(__name__)

BACKLOG = 50_000
"""So many records may wait in memory; then units pause until the log has taken half of them."""
RETRY_FIRST_S, RETRY_LONGEST_S = 0.1, 2.0
_CONTENT_TYPE = ("content-type", CONTENT_TYPE.encode())

TopicPartition = tuple[str, int]


@lru_cache(maxsize=1024)
def _type_header(name: str) -> tuple[str, bytes]:
    return ("ce_type", name.encode())


class Parcel:
    """A batch of an outbox on its way: acknowledged once every record of it is."""

    __slots__ = ("batch", "missing")

    def __init__(self, batch: Batch) -> None:
        self.batch, self.missing = batch, len(batch.messages)


class _Road:
    """What goes to one topic-partition."""

    __slots__ = ("busy", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[tuple[Outgoing, int, Parcel]] = deque()
        self.busy = False


class Relay:
    """Sends for one worker. `mark_relayed(outbox partition, number)` hears how far the log has acknowledged."""

    def __init__(
        self,
        service: str,
        producer: Callable[[], Any],
        mark_relayed: Callable[[int, int], None],
        *,
        step: Callable[[str], None] = lambda point: None,
    ) -> None:
        self._service, self._producer, self._mark_relayed, self._step = service.encode(), producer, mark_relayed, step
        self._roads: dict[TopicPartition, _Road] = defaultdict(_Road)
        self._parcels: dict[int, deque[Parcel]] = defaultdict(deque)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ebb = asyncio.Event()
        self._ebb.set()
        self.backlog = 0
        """Records not acknowledged yet."""
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
            self.backlog += parcel.missing
            number = batch.first
            for message in batch.messages:
                at = (message.topic, message.partition)
                road = roads.get(at)
                if road is None:
                    road = roads[at] = self._roads[at]
                road.waiting.append((message, number, parcel))
                number += 1
        if self.backlog > BACKLOG:
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
        wait, count = RETRY_FIRST_S, 0
        while True:
            try:
                producer = self._producer()
                builder, count = self._fill(producer.create_batch(), road)
                acknowledged = await producer.send_batch(builder, at[0], partition=at[1])
                self._step("in relay")
                await acknowledged
                break
            except (KafkaError, AssertionError, OSError) as problem:
                # aiokafka asserts that the topic's partition is known: it is not while the log is away.
                self.failures += 1
                log.warning("the log does not take %d records for %s; again in %.1f s: %r", count, at, wait, problem)
                await asyncio.sleep(wait)
                wait = min(wait * 2, RETRY_LONGEST_S)
        self._acknowledge(road, count)

    def _fill(self, builder: Any, road: _Road) -> tuple[Any, int]:
        count, append = 0, builder.append
        service = self._service
        for message, number, parcel in road.waiting:
            headers = [
                (MARK, b"%b:%d:%d" % (service, parcel.batch.partition, number)),
                _CONTENT_TYPE,
                ("ce_id", message.id.encode()),
                _type_header(message.type),
            ]
            if message.traceparent:
                headers.append(("traceparent", message.traceparent.encode()))
            if append(timestamp=None, key=message.key, value=message.value, headers=headers) is None:
                break
            count += 1
        return builder, count

    def _acknowledge(self, road: _Road, count: int) -> None:
        take = road.waiting.popleft
        for _ in range(count):
            take()[2].missing -= 1
        self.backlog -= count
        self.sent += count
        self._step("after relay")
        for partition, parcels in self._parcels.items():
            last = 0
            while parcels and not parcels[0].missing:
                last = parcels.popleft().batch.last
            if last:
                self._mark_relayed(partition, last)
        if self.backlog < BACKLOG // 2:
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
        self.backlog = 0
        self._ebb.set()
