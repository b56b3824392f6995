"""Idempotent producers, and batches that no client would send."""

import asyncio
import time
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from reptidex.probe.clients import make_topic, producer, read_values
from reptidex.probe.registry import Target, probe, require

_DUPLICATE_SEQUENCE, _OUT_OF_ORDER = 46, 45
_COUNT = 1000


@probe("idempotent_producer")
async def idempotent_producer(target: Target) -> None:
    """Does an idempotent producer keep its order?"""
    topic = await make_topic(target, "idem")
    async with producer(target, enable_idempotence=True) as client:
        for number in range(_COUNT):
            await client.send(topic, b"%d" % number, partition=0)
        await client.flush()
    found = await read_values(target, topic)
    require(found == [b"%d" % number for number in range(_COUNT)], f"{len(found)} records, or another order")


@probe("idempotent_dedupe_raw")
async def repeats_and_gaps(target: Target) -> str:
    """Is a repeated batch dropped and a gap in the sequence refused?"""
    topic = await make_topic(target, "idr")
    producer_id, epoch = await _producer_id(target)
    answers = [
        await _send(target, topic, _batch(values, producer_id, epoch, sequence))
        for values, sequence in (((b"a", b"b"), 0), ((b"a", b"b"), 0), ((b"c",), 2), ((b"gap",), 9))
    ]
    codes = [answer[1] for answer in answers]
    found = await read_values(target, topic)
    right = codes[0] == 0 and codes[1] in (0, _DUPLICATE_SEQUENCE) and codes[3] == _OUT_OF_ORDER
    require(right and found == [b"a", b"b", b"c"], f"errors {codes}, log {found}")
    return f"errors {codes}"


@probe("corrupt_batch_rejected")
async def corrupt_batch(target: Target) -> str:
    """Is a batch with a wrong checksum refused?"""
    topic = await make_topic(target, "crc")
    batch = bytearray(_batch((b"hello-corrupt",)))
    batch[-3] ^= 0xFF
    answer = await _send(target, topic, bytes(batch))
    require(answer[1] != 0, "a batch with a wrong checksum was taken")
    return f"error {answer[1]}"


def _batch(values: tuple[bytes, ...], producer_id: int = -1, epoch: int = -1, sequence: int = -1) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, False, producer_id, epoch, sequence, 1 << 20)
    for delta, value in enumerate(values):
        builder.append(delta, int(time.time() * 1000), None, value, [])
    return bytes(builder.build())


async def _producer_id(target: Target) -> tuple[int, int]:
    client = AIOKafkaProducer(bootstrap_servers=target.bootstrap, enable_idempotence=True)
    await client.start()
    try:
        manager = client._txn_manager
        while not manager.has_pid():
            await asyncio.sleep(0.05)
        return manager.producer_id, manager.producer_epoch
    finally:
        await client.stop()


async def _send(target: Target, topic: str, batch: bytes) -> Any:
    client = AIOKafkaClient(bootstrap_servers=target.bootstrap)
    await client.bootstrap()
    try:
        client.add_topic(topic)
        await client.force_metadata_update()
        node = client.cluster.leader_for_partition(TopicPartition(topic, 0))
        await client.ready(node)
        answer = await client.send(node, ProduceRequest(None, -1, 5000, [(topic, [(0, batch)])]))
        return answer.topics[0][1][0]
    finally:
        await client.close()
