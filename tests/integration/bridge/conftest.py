"""A log, a cloud, and bridges between them."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiokafka
import msgspec
import pytest

from reptidex.connectors.bridge.ports import Direction
from reptidex.devlog import DevLog, Options
from reptidex.platform.bridge.process import Bridge
from reptidex.settings import Settings
from reptidex.testing.ports import free_ports
from tests.integration.bridge.clouds import CLOUDS, ENV, Cloud, cloud

Run = Callable[..., Awaitable[Bridge]]


@pytest.fixture(params=CLOUDS)
async def aws(request: pytest.FixtureRequest) -> AsyncIterator[Cloud]:
    async with cloud(request.param) as found:
        yield found


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[DevLog]:
    async with DevLog(Options(data_dir=tmp_path / "log", group_delay=0.02)) as log:
        yield log


@pytest.fixture
def settings(log: DevLog, aws: Cloud, tmp_path: Path) -> Settings:
    return Settings(
        log=log.bootstrap,
        state_dir=str(tmp_path),
        fetch_wait_ms=50,
        session_timeout_s=3.0,
        partitions=2,
        aws_endpoint=aws.url,
        bridge_url=f"http://127.0.0.1:{free_ports(1)[0]}",
        bridge_env=ENV,
        bridge_outbound=("animal.*", "order.*"),
        bridge_inbound=("animal.*", "order.*", "auth.user.created"),
        bridge_wait_s=1,
        # moto notes only when a receive begins which groups of a FIFO queue are under way: a second one that waits beside it
        # is given a group's later messages before its earlier ones.
        bridge_pollers=1 if aws.name == "moto" else 2,
        bridge_threads=4,
    )


@pytest.fixture
async def run(settings: Settings) -> AsyncIterator[Run]:
    """Start bridges in this process; they are stopped in the end."""
    async with contextlib.AsyncExitStack() as stack:

        async def run(*directions: Direction, step: Any = None, **changed: Any) -> Bridge:
            options = {"step": step} if step else {}
            bridge = Bridge(msgspec.structs.replace(settings, **changed), directions, **options)
            stack.push_async_callback(_stop, bridge)
            await bridge.start()
            return bridge

        yield run


async def _stop(bridge: Bridge) -> None:
    if not getattr(bridge, "stopped", False):
        await bridge.stop()


@pytest.fixture
async def put(log: DevLog, settings: Settings) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Put bytes on the log as the relay does."""
    from reptidex.agents.engine.topics import ensure_topics

    await ensure_topics(settings)
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=log.bootstrap, acks="all")
    await producer.start()

    async def put(topic: str, *values: bytes) -> None:
        for value in values:
            key = msgspec.json.decode(value).get("subject", "") if value.startswith(b"{") else "someone"
            await producer.send_and_wait(topic, value, key=key.encode())

    yield put
    await producer.stop()


@pytest.fixture
async def heard(log: DevLog, settings: Settings) -> Callable[[str], Awaitable[list[Any]]]:
    """Read a topic from its beginning."""

    async def heard(topic: str) -> list[Any]:
        consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=log.bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            tps = [aiokafka.TopicPartition(topic, number) for number in range(settings.partitions)]
            consumer.assign(tps)
            await consumer.seek_to_beginning(*tps)
            ends, found = await consumer.end_offsets(tps), list[Any]()
            while any([await consumer.position(tp) < ends[tp] for tp in tps]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
            return found
        finally:
            await consumer.stop()

    return heard
