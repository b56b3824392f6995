"""`reptidex log` as a process: it says when it is ready, stops at once, and shares its directory with nobody."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from tests.integration.devlog.broker_process import BrokerProcess
from tests.integration.devlog.raw import RawClient
from tests.integration.devlog.test_fetch import FETCH, VERSION, body


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    """Return a log that is not started yet."""
    process = BrokerProcess(tmp_path / "log", "--json")
    yield process
    process.close()


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command that ends by itself."""
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_the_ready_line_and_file_name_the_address(broker: BrokerProcess) -> None:
    await broker.start()

    assert json.loads(broker.output.read_text().splitlines()[0])["listening"] == broker.bootstrap


async def test_it_waits_for_no_client_when_it_stops(broker: BrokerProcess) -> None:
    await broker.start()
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    await producer.send_and_wait("eggs", b"value")
    client = await RawClient.connect(broker.port)
    client.send(FETCH, VERSION, body([("eggs", [(0, 1)])], max_wait_ms=60_000))  # may take a minute
    began = time.monotonic()
    code = broker.stop()
    took = time.monotonic() - began
    client.close()
    await producer.stop()

    assert code == 0
    assert took < 30


async def test_a_second_one_on_the_same_directory_is_refused(broker: BrokerProcess) -> None:
    await broker.start()
    command = [sys.executable, "-m", "reptidex.devlog", "--port", "0", "--data-dir", str(broker.data_dir)]
    second = await asyncio.to_thread(run, command)

    assert second.returncode == 2
    assert f"is in use by process {broker.pid}" in second.stderr


def test_an_open_address_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reptidex.devlog", "--host", "0.0.0.0", "--data-dir", str(tmp_path / "log")]
    refused = run(command)

    assert refused.returncode == 2
    assert "TLS and SASL users are needed" in refused.stderr


async def test_faults_are_read_from_a_file(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"rules": [{"action": "disconnect", "api": "METADATA"}]}')
    broker = BrokerProcess(tmp_path / "log", "--faults", str(faults))
    try:
        await broker.start()
        with pytest.raises(KafkaConnectionError):
            await AIOKafkaProducer(bootstrap_servers=broker.bootstrap, request_timeout_ms=1000).start()
    finally:
        broker.close()
