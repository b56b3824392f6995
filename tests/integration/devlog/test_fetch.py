"""Fetches that clients send, in the forms that matter to hundreds of partitions."""

import struct
from typing import Any

import pytest
from kio.index import load_response_schema
from kio.serial import entity_reader

from reptidex.devlog import DevLog
from reptidex.devlog.handlers import fetch
from reptidex.devlog.handlers.topics import create_topic
from reptidex.devlog.storage.batches import read_batch
from tests.integration.devlog.raw import RawClient
from tests.unit.devlog.bench import make_batch

FETCH, VERSION = 1, 11
Wanted = list[tuple[str, list[tuple[int, int]]]]


def body(wanted: Wanted, max_wait_ms: int = 0, session_epoch: int = -1) -> bytes:
    """Return a fetch of (topic, [(partition, offset)])."""
    out = struct.pack(">iiiibii", -1, max_wait_ms, 1, 1 << 20, 0, 0, session_epoch) + struct.pack(">i", len(wanted))
    for name, rows in wanted:
        out += struct.pack(">h", len(name)) + name.encode() + struct.pack(">i", len(rows))
        for index, offset in rows:
            out += struct.pack(">iiqqi", index, -1, offset, -1, 1 << 20)
    return out + struct.pack(">ih", 0, 0)


async def fetched(raw: RawClient, wanted: Wanted, **settings: int) -> dict[tuple[str, int], Any]:
    """Send a fetch and return the answer by topic and partition."""
    raw.send(FETCH, VERSION, body(wanted, **settings))
    answer, _ = entity_reader(load_response_schema(FETCH, VERSION))(await raw.answer(), 4)
    return {(t.topic, p.partition_index): p for t in answer.responses for p in t.partitions}


async def write(log: DevLog, topic: str, index: int) -> None:
    """Append one record."""
    batch = make_batch("value")
    found = log.broker.store.state.topics[topic]
    log.broker.store.append(found, found.partitions[index], read_batch(batch), batch)
    await log.broker.store.durable()


@pytest.fixture(autouse=True)
async def topics(log: DevLog) -> None:
    """Make two topics of two partitions."""
    for name in ("eggs", "mice"):
        await create_topic(log.broker, name, 2, {})


EVERYTHING: Wanted = [("eggs", [(0, 0), (1, 0)]), ("mice", [(0, 0), (1, 0)])]


async def test_the_first_answer_names_every_partition_and_the_next_only_what_changed(
    log: DevLog, raw: RawClient
) -> None:
    first = await fetched(raw, EVERYTHING)
    second = await fetched(raw, EVERYTHING)
    await write(log, "mice", 1)
    third = await fetched(raw, EVERYTHING)

    assert set(first) == {("eggs", 0), ("eggs", 1), ("mice", 0), ("mice", 1)}
    assert second == {}
    assert set(third) == {("mice", 1)}
    assert third["mice", 1].high_watermark == 1


async def test_a_partition_that_was_left_out_is_told_again_after_it_was_not_asked_for(raw: RawClient) -> None:
    await fetched(raw, EVERYTHING)
    await fetched(raw, [("eggs", [(0, 0)])])

    assert set(await fetched(raw, EVERYTHING)) == {("eggs", 1), ("mice", 0), ("mice", 1)}


async def test_a_client_that_wants_a_session_gets_every_partition_every_time(raw: RawClient) -> None:
    await fetched(raw, EVERYTHING, session_epoch=0)

    assert len(await fetched(raw, EVERYTHING, session_epoch=0)) == 4


async def test_a_topic_may_be_named_twice(log: DevLog, raw: RawClient) -> None:
    for index in (0, 1):
        await write(log, "eggs", index)
    twice: Wanted = [("eggs", [(0, 0)]), ("mice", [(0, 0)]), ("eggs", [(1, 0)])]
    answer = await fetched(raw, twice)

    assert len(answer["eggs", 0].records) > 0
    assert len(answer["eggs", 1].records) > 0


async def test_a_record_wakes_only_who_waits_for_its_partition(log: DevLog, raw: RawClient) -> None:
    mine: Wanted = [("eggs", [(0, 0)])]
    await fetched(raw, mine)
    raw.send(FETCH, VERSION, body(mine, max_wait_ms=30_000))
    await write(log, "eggs", 1)
    with pytest.raises(TimeoutError):
        await raw.answer(within=0.2)


async def test_a_waiting_fetch_gets_the_record_that_arrives(log: DevLog, raw: RawClient) -> None:
    await fetched(raw, EVERYTHING)
    raw.send(FETCH, VERSION, body(EVERYTHING, max_wait_ms=30_000))
    await write(log, "eggs", 1)
    answer, _ = entity_reader(load_response_schema(FETCH, VERSION))(await raw.answer(), 4)

    assert [(t.topic, [p.partition_index for p in t.partitions]) for t in answer.responses] == [("eggs", [1])]


async def test_an_answer_holds_no_more_than_the_log_allows_whatever_is_asked_for(
    log: DevLog, raw: RawClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for topic in ("eggs", "mice"):
        await write(log, topic, 0)
    monkeypatch.setattr(fetch, "MOST_BYTES", 10)
    answer = await fetched(raw, EVERYTHING)

    assert [len(part.records or b"") > 0 for part in (answer["eggs", 0], answer["mice", 0])] == [True, False]
