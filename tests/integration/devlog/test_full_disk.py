"""On a full disk the log refuses, keeps everything it acknowledged, and recovers when there is space again."""

import asyncio
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


async def write_until_refused(producer: AIOKafkaProducer, limit: int = 2000) -> list[bytes]:
    """Return the numbers of the records that were acknowledged before the first refusal."""
    acknowledged: list[bytes] = []
    for number in range(limit):
        try:
            value = b"%06d" % number + os.urandom(VALUE)
            await asyncio.wait_for(producer.send_and_wait("eggs", value, partition=number % PARTITIONS), 3)
        except (KafkaError, TimeoutError):
            return acknowledged
        acknowledged.append(value[:6])
    raise AssertionError("the disk never became full")


async def read_all(bootstrap: str) -> list[bytes]:
    """Return the numbers of all records."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    partitions = [TopicPartition("eggs", index) for index in range(PARTITIONS)]
    consumer.assign(partitions)
    left, found = sum((await consumer.end_offsets(partitions)).values()), list[bytes]()
    while len(found) < left:
        found += [(await asyncio.wait_for(consumer.getone(), 10)).value[:6]]
    await consumer.stop()
    return found


@pytest.mark.slow
async def test_a_full_disk_loses_nothing_and_heals(broker: BrokerProcess, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(BALLAST_MB << 20))
    await broker.start()
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, request_timeout_ms=2000, max_batch_size=1 << 18)
    await producer.start()
    acknowledged = await write_until_refused(producer)
    while_full = await read_all(broker.bootstrap)
    await producer.stop()

    assert len(acknowledged) > 100
    assert set(acknowledged) <= set(while_full)

    ballast.unlink()
    healed = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, request_timeout_ms=2000)
    await healed.start()
    writable: bool = await eventually(taken_by(healed), 10)
    await healed.stop()
    broker.kill()
    await broker.start()

    assert writable
    assert {*acknowledged, b"healed"} <= set(await read_all(broker.bootstrap))
    assert "LOW DISK SPACE" in broker.output.read_text()


def taken_by(producer: AIOKafkaProducer) -> Callable[[], Awaitable[bool]]:
    """Return a question: is a record acknowledged?"""

    async def ask() -> bool:
        try:
            await asyncio.wait_for(producer.send_and_wait("eggs", b"healed", partition=0), 3)
        except (KafkaError, TimeoutError):
            return False
        return True

    return ask
