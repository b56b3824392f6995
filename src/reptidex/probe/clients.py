"""The two Kafka clients that the probes use: aiokafka, and librdkafka by confluent-kafka where it is installed."""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from reptidex.probe.registry import Skipped, Target, require

REQUEST_TIMEOUT_MS = 15_000


@contextlib.asynccontextmanager
async def admin(target: Target) -> AsyncIterator[Any]:
    """Give an aiokafka admin client."""
    client = AIOKafkaAdminClient(bootstrap_servers=target.bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


@contextlib.asynccontextmanager
async def producer(target: Target, **settings: Any) -> AsyncIterator[Any]:
    """Give a started aiokafka producer."""
    client = AIOKafkaProducer(bootstrap_servers=target.bootstrap, request_timeout_ms=10_000, **settings)
    await client.start()
    try:
        yield client
    finally:
        await client.stop()


@contextlib.asynccontextmanager
async def consumer(target: Target, *topics: str, **settings: Any) -> AsyncIterator[Any]:
    """Give a started aiokafka consumer that does not commit by itself."""
    settings = {"enable_auto_commit": False, "auto_offset_reset": "earliest", **settings}
    client = AIOKafkaConsumer(*topics, bootstrap_servers=target.bootstrap, **settings)
    await client.start()
    try:
        yield client
    finally:
        await client.stop()


async def make_topic(target: Target, stem: str, partitions: int = 1, configs: dict[str, str] | None = None) -> str:
    """Create a topic of this run and return its name."""
    name = target.name(stem)
    async with admin(target) as client:
        answer = await client.create_topics(
            [NewTopic(name, partitions, target.replication, topic_configs=configs or {})]
        )
    errors = [row for row in answer.topic_errors if row[1]]
    require(not errors, f"CreateTopics: {errors}")
    return name


async def write(target: Target, topic: str, *values: bytes, **settings: Any) -> None:
    """Write values to partition 0, one request each."""
    async with producer(target, **settings) as client:
        for value in values:
            await client.send_and_wait(topic, value, partition=0)


async def read(
    target: Target, topic: str, partitions: int = 1, seconds: float = 20.0, isolation: str = "read_uncommitted"
) -> list[Any]:
    """Return all records from the beginning to the end that the broker tells; gives up after `seconds`."""
    found: list[Any] = []
    loop = asyncio.get_running_loop()
    async with consumer(target, isolation_level=isolation) as client:
        assigned = [TopicPartition(topic, index) for index in range(partitions)]
        client.assign(assigned)
        await client.seek_to_beginning(*assigned)
        ends, deadline, complete = await client.end_offsets(assigned), loop.time() + seconds, False
        while loop.time() < deadline and not complete:
            batches = await client.getmany(timeout_ms=400)
            found += [record for records in batches.values() for record in records]
            # Once more at the end: what lies behind it should not be given, and is seen if it is.
            complete = not batches and all([await client.position(each) >= ends[each] for each in assigned])
    return found


async def read_values(
    target: Target, topic: str, seconds: float = 20.0, isolation: str = "read_uncommitted"
) -> list[bytes]:
    """Return the values of all records of a topic of one partition."""
    return [record.value for record in await read(target, topic, 1, seconds, isolation)]


def librdkafka(module: str = "confluent_kafka") -> Any:
    """Return confluent-kafka, or one of its modules; raises Skipped when it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Skipped("confluent-kafka is not installed (it is a development dependency)") from error


def librdkafka_admin(target: Target) -> Any:
    """Return an admin client of librdkafka."""
    return librdkafka("confluent_kafka.admin").AdminClient(
        {"bootstrap.servers": target.bootstrap, "socket.timeout.ms": 10_000}
    )
