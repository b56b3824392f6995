"""Retention and compaction, by whole segments, in the background."""

import asyncio
from collections.abc import Callable

from reptidex.devlog.clock import Clock
from reptidex.devlog.errors import Refused, StorageFailed
from reptidex.devlog.storage import compaction
from reptidex.devlog.storage.catalog import Topic
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.entries import Rolled, SegmentsReplaced, StartMoved
from reptidex.devlog.storage.partition import Partition
from reptidex.devlog.storage.segment import DamagedSegment
from reptidex.devlog.storage.store import Store

COOLING_ROUNDS = 30


class Maintenance:
    """Give back the space of records that their topic's settings no longer keep."""

    def __init__(self, store: Store, clock: Clock, disk: Disk, report: Callable[[str], None]) -> None:
        self._store = store
        self._clock = clock
        self._disk = disk
        self._report = report
        self._round = 0
        self._waiting: set[str] = set()

    async def run(self) -> None:
        """Look at every partition once."""
        self._round += 1
        for topic in list(self._store.state.topics.values()):
            for partition in list(topic.partitions):
                if partition.segments and partition.offline is None and self._store.offline_cause is None:
                    try:
                        await self._tend(topic, partition)
                    except StorageFailed:
                        raise
                    except Exception as problem:  # noqa: BLE001 - whatever is wrong with it, the others have their turn
                        self._complain(partition, f"no maintenance of {partition}: {problem!r}")

    async def _tend(self, topic: Topic, partition: Partition) -> None:
        self._seal(topic, partition)
        if self._round % COOLING_ROUNDS == 0:
            for segment in partition.segments[:-1]:
                segment.cool()
        if topic.deletes:
            self._retain(topic, partition)
        if topic.compacts:
            await self._compact(topic, partition)

    def _complain(self, partition: Partition, told: str) -> None:
        if str(partition) not in self._waiting:
            self._waiting.add(str(partition))
            self._report(told)

    def _seal(self, topic: Topic, partition: Partition) -> None:
        """Close a segment that is full of age, so that it can be compacted or deleted without a new record coming."""
        now = self._clock.now_ms()
        created = partition.active_created
        idle = partition.next_offset == partition.end and partition.active_size > 0
        if created is not None and idle and now - created >= topic.segment_ms:
            base = partition.reserve_roll(now)
            self._store.submit(Rolled(topic.topic_id, partition.index, base, now))

    def _retain(self, topic: Topic, partition: Partition) -> None:
        start = retained_from(topic, partition, self._clock.now_ms())
        if start > partition.start:
            self._store.submit(StartMoved(partition.topic_id, partition.index, start))

    async def _compact(self, topic: Topic, partition: Partition) -> None:
        now = self._clock.now_ms()
        segments = compaction.sealed(topic, partition, now)
        if not compaction.due(topic, partition, segments, now):
            return
        try:
            self._store.require_space()
            job = compaction.job_for(topic, partition, segments, now)
            for replacement in await asyncio.to_thread(compaction.compact, job):
                self._store.require_space(more=len(replacement.data))
                await asyncio.to_thread(compaction.store, partition, replacement, self._disk)
                self._store.submit(
                    SegmentsReplaced(partition.topic_id, partition.index, replacement.old, replacement.new)
                )
            await self._store.durable()
        except FileNotFoundError:
            return  # retention or a deletion was faster
        except (Refused, OSError) as problem:  # tried again in the next round; the others, and retention, go on
            self._complain(partition, f"no compaction of {partition}: {problem}")
            return
        except DamagedSegment as damage:
            partition.take_offline(str(damage))
        self._waiting.discard(str(partition))
        partition.compacted_to = segments[-1].end


def retained_from(topic: Topic, partition: Partition, now_ms: int) -> int:
    """Return the first offset that `retention.ms` and `retention.bytes` keep."""
    oldest, most = int(topic.setting("retention.ms")), int(topic.setting("retention.bytes"))
    size = sum(segment.size for segment in partition.segments)
    start = partition.start
    for segment in partition.segments:
        if segment.end == segment.base or segment.end > partition.last_stable:
            break  # nothing was ever written to it, or a reader may still need it; what compaction has emptied goes
        expired = oldest >= 0 and segment.max_timestamp < now_ms - oldest
        if not expired and not (most >= 0 and size > most):
            break
        start, size = max(start, segment.end), size - segment.size
    return start
