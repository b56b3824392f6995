"""Real EIO from fdatasync, injected into the process by strace (scorecard row R9)."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.integration.devlog.broker_process import BrokerProcess

FAILING = "inject=fdatasync:error=EIO:when=20..24"
RECORDS = 60


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    """Return a log of which the 20th to 24th fdatasync fail."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    trace = (strace, "-f", "-qq", "-o", str(tmp_path / "trace"), "-e", "trace=fdatasync", "-e", FAILING)
    process = BrokerProcess(tmp_path / "log", prefix=trace)
    yield process
    process.close()


@pytest.mark.slow
async def test_no_record_is_acknowledged_on_a_failed_sync_and_the_log_comes_back(
    broker: BrokerProcess, tmp_path: Path
) -> None:
    await broker.start()
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, enable_idempotence=True, retry_backoff_ms=50)
    await producer.start()
    for number in range(RECORDS):
        await asyncio.wait_for(producer.send_and_wait("eggs", b"%d" % number, partition=0), 60)
    await producer.stop()
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition("eggs", 0)])
    values = [(await asyncio.wait_for(consumer.getone(), 30)).value for _ in range(RECORDS)]
    await consumer.stop()

    assert (tmp_path / "trace").read_text().count("(INJECTED)") >= 1
    assert "reopening from disk" in broker.output.read_text()
    assert "ONLINE again" in broker.output.read_text()
    assert values == [b"%d" % number for number in range(RECORDS)]
