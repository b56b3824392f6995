"""Records that a topic's settings no longer keep: compaction and retention."""

import asyncio
import time

from aiokafka import TopicPartition

from reptidex.probe.clients import consumer, make_topic, producer, read
from reptidex.probe.registry import Target, probe, require

_COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1000",
    "segment.bytes": "16384",
    "delete.retention.ms": "1000",
}
_PATIENCE = 75.0


@probe("compaction_happens", 130)
async def compaction(target: Target) -> str:
    """Are superseded records removed?"""
    topic = await make_topic(target, "cmp", 1, _COMPACTED)
    async with producer(target) as client:
        for round_ in range(100):
            for key in range(10):
                await client.send(topic, b"%d" % round_ * 20, b"k%d" % key, partition=0)
        await client.flush()
        began, counts = time.monotonic(), []
        while True:
            found = await read(target, topic, seconds=5)
            counts.append(len(found))
            if counts[-1] < 600 or time.monotonic() - began > _PATIENCE:
                break
            await asyncio.sleep(2)
            await client.send_and_wait(topic, b"tick", b"tick", partition=0)
    newest = {record.key: record.value for record in found}
    require(counts[-1] < 600, f"{counts[-1]} records still there after {time.monotonic() - began:.0f} s")
    require(newest.get(b"k5") == b"99" * 20, f"k5 is {newest.get(b'k5')!r}")
    return f"{counts[0]} records became {counts[-1]} in {time.monotonic() - began:.0f} s"


@probe("retention_ms", 110)
async def retention(target: Target) -> str:
    """Do old records go?"""
    topic = await make_topic(target, "ret", 1, {"retention.ms": "2000", "segment.ms": "1000"})
    partition, began, start = TopicPartition(topic, 0), time.monotonic(), 0
    async with producer(target) as writer, consumer(target) as reader:
        for _ in range(50):
            await writer.send_and_wait(topic, b"x" * 100, partition=0)
        while not start and time.monotonic() - began < _PATIENCE:
            await asyncio.sleep(1)
            await writer.send_and_wait(topic, b"tick", partition=0)
            start = (await reader.beginning_offsets([partition]))[partition]
    require(start > 0, f"the log still starts at 0 after {_PATIENCE:g} s")
    return f"starts at {start} after {time.monotonic() - began:.0f} s"
