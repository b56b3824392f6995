"""Batches whose inside nobody can read: told of by a letter, and the worker goes on behind them."""

import struct
from collections.abc import AsyncIterator
from typing import Any

import aiokafka
import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from crc32c import crc32c

from reptidex.agents.engine.relay import _Ready
from reptidex.agents.engine.replay.replay import Replay
from reptidex.agents.runtime import Worker
from reptidex.devlog import DevLog
from reptidex.settings import Settings
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.outbox import Sealed
from reptidex.tables.query import select
from reptidex.testing import reached
from tests.chaos.engine.replay_process import COUNTS, Quiet
from tests.chaos.engine.scales import Scales, counted
from tests.chaos.engine.worker_process import Parcels
from tests.integration.engine.test_hostile_keys import record
from tests.unit.engine.parcels import ParcelWeighed

TOPIC = "parcel.weighed"
GZIP = 1


@pytest.fixture
async def producer(log: DevLog) -> AsyncIterator[aiokafka.AIOKafkaProducer]:
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=log.bootstrap, acks="all")
    await producer.start()
    yield producer
    await producer.stop()


def weighings(count: int, *, strange: int) -> bytearray:
    """Return a batch of weighings, one of which has a header whose name is no text."""
    builder: Any = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 1 << 20)
    for number in range(count):
        made = record(ParcelWeighed(parcel_id="a", weight=1), name=f"w{number}", key="a")
        headers = [("~strange~", b"")] if number == strange else []
        builder.append(number, 1, made["key"], made["value"], headers)
    return bytearray(builder.build())


def signed(batch: bytearray) -> bytes:
    """Return a batch with the checksum that its bytes have now."""
    struct.pack_into(">I", batch, 17, crc32c(batch[21:]))
    return bytes(batch)


async def letters(worker: Worker) -> list[DeadLetterRow]:
    return await worker.reader.find(select(DeadLetterRow))


async def send(producer: aiokafka.AIOKafkaProducer, batch: bytes, count: int) -> None:
    acknowledged = await producer.send_batch(_Ready(Sealed(TOPIC, 0, count, batch)), TOPIC, partition=0)
    await acknowledged


async def test_a_batch_that_cannot_be_unpacked_is_a_letter(
    worker: Worker, log: DevLog, producer: aiokafka.AIOKafkaProducer
) -> None:
    packed = weighings(3, strange=-1)
    struct.pack_into(">h", packed, 21, GZIP)  # it says so, and is not
    await send(producer, signed(packed), 3)
    await Scales(log.bootstrap, 10).weigh(20)
    await reached(lambda: counted(worker.database), 20, "weighings have counted")

    [letter] = await letters(worker)
    assert (letter.state, letter.topic, letter.partition, letter.position) == ("unreadable", TOPIC, 0, 2)
    assert b"offsets 0 to 2" in letter.value


async def test_a_record_that_cannot_be_read_takes_none_along_that_stand_before_its_batchs_rest(
    worker: Worker, log: DevLog, producer: aiokafka.AIOKafkaProducer
) -> None:
    batch = weighings(3, strange=1).replace(b"~strange~", b"\xff\xfe-names\xfd")
    await send(producer, signed(batch), 3)
    await Scales(log.bootstrap, 10).weigh(20)
    await reached(lambda: counted(worker.database), 21, "weighings have counted")

    [letter] = await letters(worker)
    assert b"offsets 1 to 2" in letter.value


async def test_a_replay_passes_a_batch_that_cannot_be_unpacked(
    worker: Worker, log: DevLog, producer: aiokafka.AIOKafkaProducer, settings: Settings
) -> None:
    batch = weighings(3, strange=1).replace(b"~strange~", b"\xff\xfe-names\xfd")
    await send(producer, signed(batch), 3)
    await Scales(log.bootstrap, 10).weigh(20)
    await reached(lambda: counted(worker.database), 21, "weighings have counted")
    report = await Replay(Parcels(), COUNTS, settings, Quiet()).run()

    assert (report.outcome, await counted(worker.database)) == ("switched", 21)
