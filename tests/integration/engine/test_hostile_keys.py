"""What names rows that no database can look for becomes a dead letter; the worker goes on, on PostgreSQL as on SQLite."""

import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiokafka
import pytest

from reptidex.agents.runtime import Worker
from reptidex.devlog import DevLog
from reptidex.settings import Settings
from reptidex.streams import codec
from reptidex.streams.contract import Message
from reptidex.streams.envelope import CloudEvent
from reptidex.testing import eventually, reached
from tests.chaos.engine.scales import Scales, counted, letters
from tests.integration.engine.conftest import on_its_database
from tests.unit.engine.parcels import ParcelWeighed, PostParcel


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(settings: Settings, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return on_its_database(settings, request, tmp_path)


@pytest.fixture
async def producer(log: DevLog) -> AsyncIterator[aiokafka.AIOKafkaProducer]:
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=log.bootstrap, acks="all")
    await producer.start()
    yield producer
    await producer.stop()


def record(data: Message, *, name: str, key: str, actor: str | None = None) -> dict[str, Any]:
    """Put a message on the log as somebody outside would, who knows nothing of our marks."""
    contract = data.contract
    envelope = CloudEvent(
        id=name,
        source="/outside",
        type=contract.name,
        subject=key,
        time=datetime.now(UTC),
        dataschema=contract.schema,
        actor=actor,
        data=data,
    )
    return {"topic": contract.topic, "value": codec.encode(envelope), "key": key.encode(), "partition": 0}


async def test_a_name_with_a_nul_is_a_letter_and_what_comes_behind_it_counts(
    worker: Worker, log: DevLog, producer: aiokafka.AIOKafkaProducer
) -> None:
    hostile, fine = "a\x00b", "a"
    for one in (
        record(ParcelWeighed(parcel_id=fine, weight=1), name="e-key", key=hostile),
        record(ParcelWeighed(parcel_id=fine, weight=1), name=hostile, key=fine),
        record(PostParcel(parcel_id=fine), name="c-key", key=hostile),
        record(PostParcel(parcel_id=fine), name=hostile, key=fine),
        record(ParcelWeighed(parcel_id=hostile, weight=1), name="e-field", key="p"),
    ):
        await producer.send_and_wait(**one)
    await Scales(log.bootstrap, 10).weigh(20)
    await reached(lambda: counted(worker.database), 20, "weighings have counted")

    async def kept() -> bool:
        return sorted(await letters(worker.database)) == ["dead", *["unreadable"] * 4]

    await eventually(kept)


async def test_a_name_that_no_index_takes_is_a_letter_and_what_comes_behind_it_counts(
    worker: Worker, log: DevLog, producer: aiokafka.AIOKafkaProducer
) -> None:
    long, fine = secrets.token_hex(8000), "a"  # nothing that could be compressed
    for one in (
        record(ParcelWeighed(parcel_id=fine, weight=1), name="e-key", key=long),
        record(ParcelWeighed(parcel_id=fine, weight=1), name=long, key=fine),
        record(PostParcel(parcel_id=fine), name="c-key", key=long),
        record(PostParcel(parcel_id=fine), name=long, key=fine),
        record(ParcelWeighed(parcel_id=long, weight=1), name="e-field", key="p"),
    ):
        await producer.send_and_wait(**one)
    await Scales(log.bootstrap, 10).weigh(20)
    # SQLite's indexes take what PostgreSQL's refuse.
    dead = ["dead"] if worker.database.shared else []
    await reached(lambda: counted(worker.database), 21 - len(dead), "weighings have counted")

    async def kept() -> bool:
        return sorted(await letters(worker.database)) == [*dead, *["unreadable"] * 4]

    await eventually(kept)


async def test_a_command_whose_context_no_database_takes_is_a_letter(
    worker: Worker, log: DevLog, producer: aiokafka.AIOKafkaProducer
) -> None:
    asked = record(PostParcel(parcel_id="a"), name="c1", key="a") | {"headers": [("rx-request", b"a\x00b")]}
    acted = record(PostParcel(parcel_id="b"), name="c2", key="b", actor="user:\x00")
    for one in (asked, acted):
        await producer.send_and_wait(**one)
    await Scales(log.bootstrap, 10).weigh(20)
    await reached(lambda: counted(worker.database), 20, "weighings have counted")

    async def kept() -> bool:
        return await letters(worker.database) == ["unreadable"] * 2

    await eventually(kept)


async def test_a_time_without_its_zone_is_a_letter_and_ends_no_worker(
    worker: Worker, log: DevLog, producer: aiokafka.AIOKafkaProducer
) -> None:
    without = record(PostParcel(parcel_id="a"), name="c1", key="a")
    without["value"] = re.sub(rb'"time":"[^"]*"', b'"time":"2026-01-01T00:00:00"', bytes(without["value"]))
    await producer.send_and_wait(**without)
    await Scales(log.bootstrap, 10).weigh(20)
    await reached(lambda: counted(worker.database), 20, "weighings have counted")

    async def kept() -> bool:
        return await letters(worker.database) == ["unreadable"]

    await eventually(kept)
