"""Look for damage in the background, so that it is reported soon after the start and not when somebody reads it."""

import asyncio

from reptidex.devlog.storage.partition import Partition
from reptidex.devlog.storage.segment import DamagedSegment
from reptidex.devlog.storage.source import Source
from reptidex.devlog.storage.store import Store

PAUSE = 0.02


async def scrub(store: Store) -> None:
    """Compare every segment with its checksum once, one at a time; a damaged one takes its partition offline."""
    for topic in list(store.state.topics.values()):
        for partition in list(topic.partitions):
            await _scrub(partition)


async def _scrub(partition: Partition) -> None:
    for segment in list(partition.segments):
        if partition.offline is not None:
            return
        if segment.size and not segment.verified:
            # Captured now: bytes added while the thread reads are none of its business.
            source = Source(segment.path, segment.describe())
            try:
                await asyncio.to_thread(source.read)
            except DamagedSegment as damage:
                partition.take_offline(str(damage))
            except FileNotFoundError:
                continue  # retention, compaction or a deletion was faster
            await asyncio.sleep(PAUSE)
