"""What the recipes of docs/producers.md need: a log, AWS with the queues of a bridge, the bridge, repti-core, and tools."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aiokafka
import msgspec
import pytest
from msgspec.structs import force_setattr

from reptidex.agents.core.log_publisher import LogPublisher
from reptidex.agents.engine.topics import ensure_topics
from reptidex.connectors.bridge.names import queue_name
from reptidex.devlog import DevLog, Options
from reptidex.doubles.aws import Aws, aws_server, client_of
from reptidex.platform.bridge.process import Bridge
from reptidex.settings import Settings
from reptidex.testing.ports import free_ports
from tests.unit.core.conftest import Stand, core, stand

ROOT = Path(__file__).resolve().parents[3]
AWS_CLI = ROOT / ".tools" / "awscli" / "bin"
RECIPE = re.compile(r"^```sh recipe=(?P<name>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPES = {found["name"]: found["text"] for found in RECIPE.finditer((ROOT / "docs" / "producers.md").read_text())}
ENV = "partner"
"""An environment of its own: moto keeps one cloud for a whole process, and other suites have theirs in it."""

__all__ = ("core", "stand")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[DevLog]:
    async with DevLog(Options(data_dir=tmp_path / "log", group_delay=0.02)) as running:
        yield running


@pytest.fixture
def settings(log: DevLog, tmp_path: Path) -> Iterator[Settings]:
    with aws_server() as aws:
        yield Settings(
            log=log.bootstrap,
            state_dir=str(tmp_path),
            fetch_wait_ms=50,
            partitions=2,
            aws_endpoint=aws.url,
            bridge_url=f"http://127.0.0.1:{free_ports(1)[0]}",
            bridge_env=ENV,
            bridge_inbound=("animal.*",),
            bridge_outbound=("animal.*",),
            bridge_wait_s=1,
        )


class Producer:
    """Somebody outside with a shell."""

    def __init__(self, folder: Path, settings: Settings, core: str) -> None:
        self.folder, self.settings = folder, settings
        self.environment = {
            "PATH": f"{folder}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LOG": settings.log,
            "CORE": core,
            "SECRET": "secret of repti-animal",
            "ENVIRONMENT": ENV,
            "ACCOUNT": "123456789012",
            "DOCS": str(ROOT / "docs"),
            "AWS_ENDPOINT_URL": settings.aws_endpoint,
            "AWS_DEFAULT_REGION": settings.aws_region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "REPTIDEX_LOG": settings.log,
            "REPTIDEX_AWS_ENDPOINT": settings.aws_endpoint,
            "REPTIDEX_BRIDGE_ENV": ENV,
            "REPTIDEX_BRIDGE_INBOUND": "animal.*",
            "REPTIDEX_BRIDGE_OUTBOUND": "animal.*",
            "REPTIDEX_STATE_DIR": str(folder),
            "REPTIDEX_SERVICE_SECRET": "secret of repti-animal",
        }

    async def shell(self, script: str) -> str:
        """Run a script; it has to succeed. Returns what it printed."""
        done = await asyncio.to_thread(
            subprocess.run,
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    async def recipe(self, name: str) -> str:
        """Run a block of the page."""
        return await self.shell(RECIPES[name])

    def event(self) -> Any:
        """Return the event of the recipe."""
        return msgspec.json.decode((self.folder / "event.json").read_bytes())

    def nothing_waits(self) -> bool:
        """Say whether the bridge's queue is empty."""
        sqs = client_of(Aws(url=self.settings.aws_endpoint), "sqs")
        url = sqs.get_queue_url(QueueName=queue_name("bridge", "inbound", ENV, fifo=False))["QueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return all(int(counts[name]) == 0 for name in names)

    async def heard(self) -> list[Any]:
        """Return what the log holds of `animal.created`."""
        consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=self.settings.log, enable_auto_commit=False)
        await consumer.start()
        try:
            parts = [aiokafka.TopicPartition("animal.created", number) for number in range(self.settings.partitions)]
            consumer.assign(parts)
            await consumer.seek_to_beginning(*parts)
            ends, found = await consumer.end_offsets(parts), list[Any]()
            while any([await consumer.position(part) < ends[part] for part in parts]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [(record.key.decode(), msgspec.json.decode(record.value)) for record in records]
            return found
        finally:
            await consumer.stop()


@pytest.fixture
async def producer(settings: Settings, stand: Stand, tmp_path: Path) -> AsyncIterator[Producer]:
    await ensure_topics(settings)
    publisher = LogPublisher(settings.log)
    force_setattr(stand.ports, "publisher", publisher)
    force_setattr(stand.ports, "service_secrets", {"repti-animal": "secret of repti-animal"})
    folder = tmp_path / "producer"
    folder.mkdir()
    _aws_at_our_endpoint(folder)
    made = Producer(folder, settings, stand.url)
    await made.recipe("event")
    yield made
    await publisher.aclose()


def _aws_at_our_endpoint(folder: Path) -> None:
    """Put an `aws` in front of the real one: of SQS, it overlooks AWS_ENDPOINT_URL."""
    real = shutil.which("aws", path=f"{AWS_CLI}:{os.environ['PATH']}")
    if real is not None:
        (folder / "bin").mkdir()
        (folder / "bin" / "aws").write_text(f'#!/bin/sh\nexec {real} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n')
        (folder / "bin" / "aws").chmod(0o755)


@pytest.fixture
async def bridge(producer: Producer) -> AsyncIterator[Bridge]:
    """A bridge that takes in what comes to the queues that `reptidex aws apply` made."""
    await producer.shell("reptidex aws apply --consumer bridge")
    running = Bridge(producer.settings, ("inbound",))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def tool() -> Callable[[str], None]:
    """Skip where a tool is not here."""

    def needed(name: str) -> None:
        if shutil.which(name, path=f"{AWS_CLI}:{os.environ['PATH']}") is None:
            pytest.skip(f"{name} is not here (`python tests/check.py --only producers` installs it)")

    return needed
