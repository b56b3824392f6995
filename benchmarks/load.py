"""The log that a benchmark runs on, and the events that are put on it."""

import asyncio
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiokafka
import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka.admin import AdminClient

from benchmarks.contenders.shared import BenchJobAsked, encode
from reptidex.http.server.ids import uuid7
from reptidex.streams.envelope import CloudEvent

ROOT = Path(__file__).resolve().parents[1]
PARTITIONS = 4


@contextlib.asynccontextmanager
async def embedded_log() -> AsyncIterator[str]:
    """Run the embedded log in its own process; its data go away with it."""
    with tempfile.TemporaryDirectory(prefix="reptidex-bench-") as folder:
        ready = Path(folder) / "ready"
        command = [sys.executable, "-m", "reptidex.devlog", "--port", "0", "--data-dir", f"{folder}/log"]
        process = await asyncio.to_thread(
            subprocess.Popen,
            [*command, "--ready-file", str(ready)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 20
            while not ready.exists() or not ready.read_text():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the embedded log did not start")
                await asyncio.sleep(0.05)
            yield ready.read_text().strip()
        finally:
            process.terminate()
            process.wait(15)


@contextlib.asynccontextmanager
async def log_at(broker: str | None) -> AsyncIterator[str]:
    """Give the address of the broker told of, or of an embedded log that runs meanwhile."""
    if broker:
        yield broker
        return
    async with embedded_log() as bootstrap:
        yield bootstrap


async def make_topic(bootstrap: str, name: str) -> None:
    """Create a topic of four partitions, empty."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    if name in await admin.list_topics():
        await admin.delete_topics([name])
        while name in await admin.list_topics():
            await asyncio.sleep(0.1)
    settings = {"retention.ms": "604800000"}
    await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=settings)])
    await admin.close()


def forget_group(bootstrap: str, group: str) -> None:
    """Delete a consumer group where it is there: a worker refuses a database that is behind what its group has worked off."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    if group in {each.group_id for each in admin.list_consumer_groups().result().valid}:
        admin.delete_consumer_groups([group])[group].result()


def events(count: int, keys: int) -> list[tuple[bytes, bytes, int]]:
    """Return key, value and partition of `count` events over `keys` keys (0: each its own)."""
    now = datetime.now(UTC)
    began = int(now.timestamp() * 1000)
    # As the platform makes ids: those of one time stand together in every index.
    ids = [uuid7(began + place // 50, secrets.token_hex(10)) for place in range(keys or count)]
    partition = aiokafka.producer.producer.DefaultPartitioner()
    numbers = list(range(PARTITIONS))
    places = {each: partition(each.encode(), numbers, numbers) for each in ids}
    vivarium = str(uuid.uuid4())
    made = []
    for place in range(count):
        key = ids[place % len(ids)]
        asked = BenchJobAsked(
            animal_id=key,
            vivarium_id=vivarium,
            code=f"CR-{place:06d}",
            species="Correlophus ciliatus",
            sex="female",
            grams=30 + place % 40,
        )
        event = CloudEvent(
            id=uuid7(began + place // 50, secrets.token_hex(10)),
            source="/repti-bench",
            type="bench.job.asked",
            subject=key,
            time=now,
            dataschema=BenchJobAsked.contract.schema,
            data=asked,
            sequence=f"{place + 1:012d}",
        )
        made.append((key.encode(), encode(event), places[key]))
    return made


def relay_headers(partition: int, number: int) -> list[tuple[str, bytes]]:
    """Return the headers that the platform's relay puts on an event: its readers know a repeat by them, without a look-up."""
    return [("rx-mark", b"bench:%d:%d" % (partition, number)), ("ce_type", b"bench.job.asked")]


async def fill(bootstrap: str, topic: str, made: list[tuple[bytes, bytes, int]]) -> int:
    """Put events on a topic, acknowledged; return the mean size of a value in bytes."""
    await make_topic(bootstrap, topic)
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=262144, acks="all")
    await producer.start()
    builders = {number: producer.create_batch() for number in range(PARTITIONS)}
    waiting, sequence = [], dict.fromkeys(range(PARTITIONS), 0)
    for key, value, number in made:
        sequence[number] += 1
        record = {"key": key, "value": value, "timestamp": None, "headers": relay_headers(number, sequence[number])}
        if builders[number].append(**record) is None:
            waiting.append(await producer.send_batch(builders[number], topic, partition=number))
            builders[number] = producer.create_batch()
            builders[number].append(**record)
    for number, builder in builders.items():
        waiting.append(await producer.send_batch(builder, topic, partition=number))
    await asyncio.gather(*waiting)
    await producer.stop()
    return sum(len(value) for _, value, _ in made) // len(made)


class Result(msgspec.Struct, frozen=True):
    """One run of one contender."""

    events: int
    wall_s: float
    cpu_s: float
    rss_mb: float
    notes: dict[str, object] = {}

    @property
    def rate(self) -> float:
        """Events a second of wall time."""
        return self.events / self.wall_s

    @property
    def cpu_us(self) -> float:
        """CPU microseconds of the contender's process per event."""
        return self.cpu_s / self.events * 1e6


def run_contender(name: str, job: str, bootstrap: str, source: str, target: str, count: int) -> Result:
    """Run a contender in its own process. Raises `RuntimeError` with the end of its output when it fails."""
    command = [sys.executable, "-m", f"benchmarks.contenders.{name}", job, bootstrap, source, target, str(count)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False, env=dict(os.environ)
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise RuntimeError(f"{name} failed: {(done.stderr or done.stdout)[-800:]}")
    found = json.loads(lines[-1])
    known = {field: found.pop(field) for field in ("events", "wall_s", "cpu_s", "rss_mb")}
    return Result(**known, notes=found)
