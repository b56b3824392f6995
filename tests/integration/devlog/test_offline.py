"""A partition that is out of service: its clients are told, the others go on, and nobody asks without a pause."""

import asyncio
import errno
import os
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaStorageError

from reptidex.devlog import Action, DevLog, Options, Rule
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.partition import Partition
from reptidex.testing import eventually


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
    await asyncio.wait_for(consumer.getmany(timeout_ms=1000), 30)
    await consumer.stop()

    assert 3 <= len(log.faults.struck) <= 20


class FullDisk(Disk):
    """Has no room for the journal while `full`."""

    full = False

    def write(self, fd: int, data: bytes | memoryview, position: int) -> None:
        """Write, or find no room."""
        if self.full and ".journal" in os.readlink(f"/proc/self/fd/{fd}"):
            raise OSError(errno.ENOSPC, "injected")
        super().write(fd, data, position)


async def test_a_journal_that_cannot_be_written_keeps_nobody_from_reading_and_who_waits_hears_what_comes_after(
    tmp_path: Path,
) -> None:
    disk, reports = FullDisk(), list[str]()
    async with DevLog(Options(data_dir=tmp_path, free_floor=0), disk=disk, report=reports.append) as log:
        producer = await written(log)
        disk.full = True
        with pytest.raises(KafkaStorageError):
            await producer.send_and_wait("eggs", b"refused", partition=0)
        still_offline = log.broker.store.offline_cause
        patient = {"fetch_max_wait_ms": 30_000, "auto_offset_reset": "earliest"}
        consumer = AIOKafkaConsumer(bootstrap_servers=log.bootstrap, **patient)
        await consumer.start()
        tp = TopicPartition("eggs", 0)
        ends = await consumer.end_offsets([tp])
        consumer.assign([tp])
        while_full = await asyncio.wait_for(consumer.getone(), 30)
        waiting = asyncio.create_task(consumer.getone())
        await asyncio.sleep(0.2)  # its fetch is with the log, and may stay there for half a minute
        disk.full = False
        await eventually(lambda: log.broker.store.offline_cause is None)
        await producer.send_and_wait("eggs", b"after", partition=0)
        after = await asyncio.wait_for(waiting, 15)
        await consumer.stop()
        await producer.stop()

    assert "the journal failed" in (still_offline or "")
    assert ends == {tp: 1}
    assert (while_full.value, after.value) == (b"value", b"after")
    assert {line.split(":")[0] for line in reports} == {"OFFLINE all partitions", "ONLINE again"}
