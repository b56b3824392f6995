"""Reading: by offset, by time, from the middle of a batch, and how soon a record arrives."""

import asyncio
import random
import time

from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from reptidex.probe.clients import consumer, make_topic, producer, read, write
from reptidex.probe.registry import Failed, Target, probe, require

_FIRST_MS = 1_700_000_000_000
_ROUNDS = 100


@probe("timestamp_lookup")
async def by_time(target: Target) -> None:
    """Is the first record at or after a time found?"""
    topic = await make_topic(target, "ts")
    async with producer(target) as client:
        for number in range(20):
            await client.send_and_wait(topic, b"%d" % number, partition=0, timestamp_ms=_FIRST_MS + number * 1000)
    partition = TopicPartition(topic, 0)
    async with consumer(target) as client:
        found = (await client.offsets_for_times({partition: _FIRST_MS + 7500}))[partition]
        nothing = (await client.offsets_for_times({partition: _FIRST_MS + 99_999_999}))[partition]
        begin, end = await client.beginning_offsets([partition]), await client.end_offsets([partition])
    require(found is not None and (found.offset, found.timestamp) == (8, _FIRST_MS + 8000), found)
    require(nothing is None and begin[partition] == 0 and end[partition] == 20, f"{nothing} {begin} {end}")


@probe("unknown_topic_offset_out_of_range")
async def out_of_range(target: Target) -> str:
    """Is an offset beyond the end refused?"""
    topic = await make_topic(target, "oor")
    await write(target, topic, b"1")
    async with consumer(target, auto_offset_reset="none") as client:
        partition = TopicPartition(topic, 0)
        client.assign([partition])
        client.seek(partition, 500)
        try:
            found = await asyncio.wait_for(client.getmany(timeout_ms=4000), 8)
        except OffsetOutOfRangeError:
            return "OFFSET_OUT_OF_RANGE"
    raise Failed(f"no error; got {found}")


@probe("fetch_mid_batch")
async def middle_of_a_batch(target: Target) -> None:
    """Can reading begin in the middle of a batch?"""
    topic = await make_topic(target, "mid")
    async with producer(target, linger_ms=200) as client:
        for number in range(50):
            await client.send(topic, b"%d" % number, partition=0)
        await client.flush()
    partition, first = TopicPartition(topic, 0), {}
    async with consumer(target) as client:
        client.assign([partition])
        for offset in (1, 25, 49):
            client.seek(partition, offset)
            records = (await client.getmany(timeout_ms=4000)).get(partition, [])
            first[offset] = records[0].offset if records else None
    require(first == {1: 1, 25: 25, 49: 49}, first)


@probe("long_poll_latency")
async def long_poll(target: Target) -> str:
    """Does a waiting fetch end when a record arrives?"""
    topic, latencies = await make_topic(target, "lp"), []
    async with consumer(target, fetch_max_wait_ms=5000) as reader, producer(target, acks="all") as writer:
        reader.assign([TopicPartition(topic, 0)])
        await reader.getmany(timeout_ms=500)
        for number in range(_ROUNDS):
            await asyncio.sleep(random.random() * 0.03)
            began = time.perf_counter()
            waiting = asyncio.ensure_future(reader.getone())
            await writer.send_and_wait(topic, b"%d" % number, partition=0)
            await asyncio.wait_for(waiting, 8)
            latencies.append((time.perf_counter() - began) * 1000)
    latencies.sort()
    return f"written to read: median {latencies[_ROUNDS // 2]:.1f} ms, worst {latencies[-1]:.1f} ms"


@probe("acks0_acks1")
async def weaker_acknowledgements(target: Target) -> None:
    """Do acks=0 and acks=1 work?"""
    topic = await make_topic(target, "acks")
    for acks in (0, 1):
        await write(target, topic, *[b"x"] * 5, acks=acks)
    found = await read(target, topic)
    require(len(found) == 10, f"{len(found)} of 10 records")
