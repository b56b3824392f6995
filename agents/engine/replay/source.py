"""The log as a replay reads it: every partition from a given offset, and none beyond what the live service has handled."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import aiokafka
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition as Kafka

from reptidex.agents.engine.driver.client import check_tasks
from reptidex.agents.engine.driver.fetching import fetched
from reptidex.errors import UnavailableError
from reptidex.tables.positions import TopicPartition

FETCH_BYTES = 1024 * 1024
LOOK_S = 1.0
LONGEST_WAIT_MS = 200
"""The log may hold a fetch so long: the end is moved on while one is under way."""

Offsets = Mapping[TopicPartition, int]


@contextmanager
def _asking() -> Iterator[None]:
    """Tell of a log that cannot be asked by `UnavailableError`."""
    try:
        yield
    except KafkaError as problem:
        raise UnavailableError("the log", repr(problem)) from problem


class Source:
    """A consumer of its own, in no group: nobody's offsets are touched.

    Whatever asks the log raises `UnavailableError`.
    """

    def __init__(self, bootstrap: str, topics: Iterable[str], partitions: int) -> None:
        self._all = [Kafka(topic, partition) for topic in sorted(topics) for partition in range(partitions)]
        self._bootstrap = bootstrap
        self._consumer: Any = None
        self.next: dict[TopicPartition, int] = {}
        """Where the next record of each partition is read from."""
        self._ends: dict[TopicPartition, int] = {}

    async def open(self) -> None:
        """Connect."""
        self._consumer = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id="repti-replay",
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=LONGEST_WAIT_MS,
        )
        with _asking():
            await self._consumer.start()
        self._consumer.assign(self._all)
        self._consumer.pause(*self._all)

    async def close(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def beginnings(self) -> dict[TopicPartition, int]:
        """Return the first offset that the log still has, of every partition."""
        with _asking():
            return _plain(await self._consumer.beginning_offsets(self._all))

    async def ends(self) -> dict[TopicPartition, int]:
        """Return the offset after the last one of every partition."""
        with _asking():
            return _plain(await self._consumer.end_offsets(self._all))

    async def offsets_at(self, time: datetime) -> dict[TopicPartition, int]:
        """Return the first offset written at or after a time; the end where there is none."""
        asked = dict.fromkeys(self._all, int(time.timestamp() * 1000))
        with _asking():
            found, ends = await self._consumer.offsets_for_times(asked), await self.ends()
        return {(tp.topic, tp.partition): at.offset if at else ends[tp.topic, tp.partition] for tp, at in found.items()}

    def begin(self, at: Offsets) -> None:
        """Read from these offsets."""
        self.next = dict(at)
        for (topic, partition), offset in at.items():
            self._consumer.seek(Kafka(topic, partition), offset)

    def until(self, ends: Offsets) -> None:
        """Read up to, and without, these offsets; nothing of partitions that are not named."""
        self._ends = dict(ends)
        for (topic, partition), at in self.next.items():
            tp = Kafka(topic, partition)
            if at < self._ends.get((topic, partition), 0):
                if tp in self._consumer.paused():
                    self._consumer.seek(tp, at)
                    self._consumer.resume(tp)
            else:
                self._consumer.pause(tp)

    @property
    def left(self) -> int:
        """How many offsets lie before the ends."""
        return sum(max(0, end - self.next.get(at, end)) for at, end in self._ends.items())

    async def read(self, most: int) -> dict[TopicPartition, Sequence[Any]]:
        """Return the next records; none where they are slow in coming."""
        with _asking():
            check_tasks(self._consumer)
            fetcher, active = self._consumer._fetcher, self._consumer.assignment() - self._consumer.paused()
            with fetcher._subscriptions.fetch_context():
                batches = (await fetched(fetcher, active, LOOK_S, most)).records
            if not batches:
                await self._pass_gaps()
        found = {(tp.topic, tp.partition): records for tp, records in batches.items()}
        return {at: mine for at, records in found.items() if (mine := self._bounded(at, records))}

    def _bounded(self, at: TopicPartition, records: Sequence[Any]) -> Sequence[Any]:
        end = self._ends.get(at, 0)
        mine = records if records[-1].offset < end else [record for record in records if record.offset < end]
        self.next[at] = min(records[-1].offset + 1, end)
        if self.next[at] >= end:
            self._consumer.pause(Kafka(*at))
        return mine

    async def _pass_gaps(self) -> None:
        """Step over offsets that hold no record (marks of transactions, what compaction took)."""
        for at, end in self._ends.items():
            if self.next.get(at, end) < end:
                self.next[at] = min(max(self.next[at], await self._consumer.position(Kafka(*at))), end)


def _plain(offsets: Mapping[Kafka, int]) -> dict[TopicPartition, int]:
    return {(tp.topic, tp.partition): offset for tp, offset in offsets.items()}
