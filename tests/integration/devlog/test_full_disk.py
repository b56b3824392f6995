"""On a full disk the log refuses, keeps everything it acknowledged, and recovers when there is space again."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from reptidex.testing import eventually
from tests.integration.devlog.broker_process import BrokerProcess

SIZE_MB, FLOOR_MB, BALLAST_MB = 24, 4, 8
VALUE = 20_000
PARTITIONS = 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a directory on a file system of 24 MB."""
    directory = tmp_path / "small"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(directory)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.decode().strip()}")
    yield directory
    subprocess.run(["umount", "-l", str(directory)], check=True)


@pytest.fixture
def broker(small_disk: Path, tmp_path: Path) -> Iterator[BrokerProcess]:
    """Return a log on the small disk, its output elsewhere."""
    data = tmp_path / "log"
    (small_disk / "log").mkdir()
    data.symlink_to(small_disk / "log")
    process = BrokerProcess(data, "--free-floor", str(FLOOR_MB), "--default-partitions", str(PARTITIONS))
    yield process
    process.close()


async def write_until_refused(producer: AIOKafkaProducer, broker: BrokerProcess, limit: int = 2000) -> list[bytes]:
    """Return the numbers of the records that were acknowledged before the log refused one for want of space."""
    acknowledged: list[bytes] = []
    for number in range(limit):
        value = b"%06d" % number + os.urandom(VALUE)
        try:
            await producer.send_and_wait("eggs", value, partition=number % PARTITIONS)
        except KafkaError:  # or the machine was busy, and the answer late
            if "LOW DISK SPACE" in broker.output.read_text():
                return acknowledged
            continue
        acknowledged.append(value[:6])
    raise AssertionError("the disk never became full")


def fill(path: Path) -> None:
    """Take what is left of the disk, to the last byte, as another program on it might."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


async def read_all(bootstrap: str) -> list[bytes]:
    """Return the numbers of all records."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    partitions = [TopicPartition("eggs", index) for index in range(PARTITIONS)]
    consumer.assign(partitions)
    left, found = sum((await consumer.end_offsets(partitions)).values()), list[bytes]()
    while len(found) < left:
        found += [(await asyncio.wait_for(consumer.getone(), 30)).value[:6]]
    await consumer.stop()
    return found


@pytest.mark.slow
async def test_a_full_disk_loses_nothing_and_heals(broker: BrokerProcess, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(BALLAST_MB << 20))
    await broker.start()
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, request_timeout_ms=2000, max_batch_size=1 << 18)
    await producer.start()
    acknowledged = await write_until_refused(producer, broker)
    at_the_floor = await read_all(broker.bootstrap)
    fill(small_disk / "filler")
    with pytest.raises(KafkaError):
        await producer.send_and_wait("eggs", b"refused", partition=0)
    while_full = await read_all(broker.bootstrap)
    await producer.stop()

    assert len(acknowledged) > 100
    assert set(acknowledged) <= set(at_the_floor)
    assert set(acknowledged) <= set(while_full)
    assert "OFFLINE" not in broker.output.read_text()

    ballast.unlink()
    (small_disk / "filler").unlink()
    healed = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, request_timeout_ms=2000)
    await healed.start()
    writable: bool = await eventually(taken_by(healed))
    await healed.stop()
    broker.kill()
    await broker.start()

    assert writable
    assert {*acknowledged, b"healed"} <= set(await read_all(broker.bootstrap))


def taken_by(producer: AIOKafkaProducer) -> Callable[[], Awaitable[bool]]:
    """Return a question: is a record acknowledged?"""

    async def ask() -> bool:
        try:
            await producer.send_and_wait("eggs", b"healed", partition=0)
        except KafkaError:
            return False
        return True

    return ask
