"""A partition that is out of service: its clients are told, the others go on, and nobody asks without a pause."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaStorageError

from reptidex.devlog import Action, DevLog, Rule
from reptidex.devlog.storage.partition import Partition


def partition(log: DevLog, index: int) -> Partition:
    """Return a partition of the topic."""
    found = log.broker.store.state.partition("eggs", index)
    assert found is not None
    return found


async def written(log: DevLog) -> AIOKafkaProducer:
    """Write a record to two partitions and return the producer."""
    producer = AIOKafkaProducer(bootstrap_servers=log.bootstrap, request_timeout_ms=500)
    await producer.start()
    for index in (0, 1):
        await producer.send_and_wait("eggs", b"value", partition=index)
    return producer


async def test_writing_to_an_offline_partition_is_refused_and_to_the_others_it_is_not(log: DevLog) -> None:
    producer = await written(log)
    partition(log, 0).take_offline("damaged by the test")
    with pytest.raises(KafkaStorageError):
        await producer.send_and_wait("eggs", b"refused", partition=0)
    taken = await producer.send_and_wait("eggs", b"taken", partition=1)
    await producer.stop()

    assert taken.offset == 1


async def test_an_offline_partition_does_not_make_its_consumers_ask_without_a_pause(log: DevLog) -> None:
    producer = await written(log)
    await producer.stop()
    partition(log, 0).take_offline("damaged by the test")
    log.faults.add(Rule(Action.DELAY, "FETCH"))  # of no time, to count the requests
    consumer = AIOKafkaConsumer(bootstrap_servers=log.bootstrap, fetch_max_wait_ms=100, retry_backoff_ms=1)
    await consumer.start()
    both = [TopicPartition("eggs", index) for index in (0, 1)]
    consumer.assign(both)
    for one in both:
        consumer.seek(one, 1)
    await asyncio.wait_for(consumer.getmany(timeout_ms=1000), 5)
    await consumer.stop()

    assert 3 <= len(log.faults.struck) <= 20
