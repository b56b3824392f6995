"""A store under test, and batches to write into it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.record.default_records import DefaultRecordBatchBuilder

from reptidex.devlog.storage.batches import read_batch
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.entries import TopicCreated
from reptidex.devlog.storage.partition import Partition
from reptidex.devlog.storage.records import records_of
from reptidex.devlog.storage.store import Store


class ManualClock:
    """A clock that stands still until `advance` is called."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def now_ms(self) -> int:
        return 1_700_000_000_000 + int(self._seconds * 1000)

    def monotonic(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Move both times forward."""
        self._seconds += seconds


class UnsyncedDisk(Disk):
    """Sync nothing, for stores that are only looked at."""

    def sync(self, fd: int) -> None:
        """Return at once."""

    def sync_directory(self, path: Path) -> None:
        """Return at once."""


@dataclass(slots=True)
class Bench:
    """A store under test and what it reported."""

    store: Store
    clock: ManualClock
    path: Path
    reports: list[str] = field(default_factory=list)

    async def topic(self, name: str = "eggs", partitions: int = 1, configs: dict[str, str] | None = None) -> Partition:
        """Create a topic and return its first partition."""
        self.store.submit_topic(TopicCreated(self.store.new_topic_id(), name, partitions, configs or {}))
        await self.store.durable()
        return self.partition(name)

    def partition(self, name: str = "eggs", index: int = 0) -> Partition:
        """Return a partition that must be there."""
        partition = self.store.state.partition(name, index)
        assert partition is not None
        return partition

    async def checkpoint(self) -> bool:
        """Take a checkpoint now."""
        return await self.store.checkpoint()

    def cause(self, name: str = "eggs", index: int = 0) -> str:
        """Return why a partition is offline, or an empty text."""
        return self.partition(name, index).offline or ""

    async def write(self, *values: str, topic: str = "eggs", index: int = 0, data: bytes | None = None) -> int:
        """Append one batch, wait until it is durable, and return its offset."""
        offset = self.append(*values, topic=topic, index=index, data=data)
        await self.store.durable()
        return offset

    def append(self, *values: str, topic: str = "eggs", index: int = 0, data: bytes | None = None) -> int:
        """Append one batch without waiting and return the offset it will have."""
        raw = data if data is not None else make_batch(*values)
        found = self.store.state.topics[topic]
        return self.store.append(found, found.partitions[index], read_batch(raw), raw)

    def values(self, name: str = "eggs", index: int = 0) -> list[str]:
        """Return everything that can be read from a partition."""
        partition, offset, found = self.partition(name, index), self.partition(name, index).start, []
        while data := partition.read(offset, 1 << 20, partition.end):
            while data:
                batch = read_batch(data)
                records = [] if batch.is_control else list(records_of(data[: batch.size]))
                found += [
                    record.value.decode()
                    for record in records
                    if record.offset >= partition.start and record.value is not None
                ]
                offset, data = batch.last_offset + 1, data[batch.size :]
        return found


def make_batch(
    *values: str | None,
    key: str | None = None,
    producer: tuple[int, int, int] = (-1, -1, -1),
    transactional: bool = False,
    timestamp_ms: int = 1_700_000_000_000,
) -> bytes:
    """Build a record batch; `producer` is (id, epoch, base sequence)."""
    builder = DefaultRecordBatchBuilder(2, 0, transactional, *producer, 1 << 24)
    for delta, value in enumerate(values):
        builder.append(delta, timestamp_ms, _bytes(key), _bytes(value), [])
    return bytes(builder.build())


def _bytes(text: str | None) -> bytes | None:
    return text.encode() if text is not None else None


Opener = Callable[..., Awaitable[Bench]]
Crash = Callable[[Bench], Path]
