"""Compaction keeps the newest record of each key and nothing that was aborted."""

import struct

import pytest
from crc32c import crc32c

from reptidex.devlog.storage.batches import control_batch, walk
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.maintenance import Maintenance
from reptidex.devlog.storage.records import records_of
from tests.unit.devlog.bench import Bench, Crash, Opener, make_batch

NOW = 1_700_000_000_000


async def compacted(bench: Bench) -> None:
    """Seal what there is and compact it."""
    for _ in range(2):
        bench.clock.advance(10)
        await Maintenance(bench.store, bench.clock, Disk(), bench.reports.append).run()
        await bench.store.durable()


@pytest.fixture
async def bench(open_store: Opener) -> Bench:
    """Return a store with a compacted topic."""
    made = await open_store()
    await made.topic(configs={"cleanup.policy": "compact", "segment.ms": "1000", "min.cleanable.dirty.ratio": "0.01"})
    return made


async def put(bench: Bench, key: str, value: str | None) -> None:
    """Write one record."""
    data = make_batch(value, key=key, timestamp_ms=bench.clock.now_ms())
    await bench.write(data=data)


async def test_the_newest_record_of_each_key_stays_at_its_offset(bench: Bench) -> None:
    for round_ in range(5):
        for key in ("snake", "gecko"):
            await put(bench, key, f"{key} {round_}")
    await compacted(bench)

    assert bench.values() == ["snake 4", "gecko 4"]
    assert bench.partition().end == 10


async def test_only_the_superseded_records_of_a_batch_go(bench: Bench) -> None:
    await bench.write(data=make_batch("old", "also old", "kept", key="k"))
    await compacted(bench)
    data = bench.partition().read(0, 1 << 20, bench.partition().end)

    assert [(record.offset, record.value) for record in records_of(data)] == [(2, b"kept")]


async def test_compaction_merges_small_segments(bench: Bench) -> None:
    for round_ in range(5):
        await put(bench, "snake", f"{round_}")
        bench.clock.advance(10)
    await compacted(bench)

    assert len([segment for segment in bench.partition().segments if segment.size]) == 1


async def test_a_tombstone_goes_when_its_time_is_over(bench: Bench) -> None:
    await put(bench, "snake", "here")
    await put(bench, "snake", None)
    await compacted(bench)
    early = [segment.size for segment in bench.partition().segments]
    bench.clock.advance(100_000)
    await put(bench, "gecko", "here")
    await compacted(bench)

    assert any(early)
    assert bench.values() == ["here"]
    assert bench.partition().read(0, 1 << 20, 3)[:8] == (2).to_bytes(8)


async def test_an_aborted_record_does_not_supersede_a_committed_one(bench: Bench) -> None:
    await put(bench, "k", "committed")
    await bench.write(data=make_batch("aborted", key="k", producer=(7, 0, 0), transactional=True))
    await bench.write(data=control_batch(0, 7, 0, False, NOW))
    await compacted(bench)

    assert bench.values() == ["committed"]


async def test_records_of_an_open_transaction_are_left_alone(bench: Bench) -> None:
    await put(bench, "k", "old")
    await bench.write(data=make_batch("open", key="k", producer=(7, 0, 0), transactional=True))
    await put(bench, "k", "new")
    await compacted(bench)

    assert bench.values() == ["old", "open", "new"]


async def test_a_compacted_partition_survives_a_crash(bench: Bench, open_store: Opener, crash: Crash) -> None:
    await bench.checkpoint()
    for round_ in range(5):
        await put(bench, "snake", f"{round_}")
    await compacted(bench)
    await put(bench, "snake", "after")
    again = await open_store(crash(bench))

    assert (again.values(), again.cause()) == (["4", "after"], "")


async def test_damage_found_by_compaction_takes_the_partition_offline(bench: Bench) -> None:
    await put(bench, "snake", "one")
    path = bench.partition().segments[0].path
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    await compacted(bench)

    assert "is damaged: CRC mismatch" in bench.cause()


def garbled(*values: str) -> bytes:
    """Return a batch that says it is compressed, and is not: its checksum is right, its inside is nobody's business."""
    data = bytearray(make_batch(*values, key="k"))
    struct.pack_into(">h", data, 21, 1)
    struct.pack_into(">I", data, 17, crc32c(data[21:]))
    return bytes(data)


async def test_a_batch_that_cannot_be_unpacked_stays_and_the_others_are_compacted(bench: Bench) -> None:
    await put(bench, "snake", "old")
    await bench.write(data=garbled("a", "b"))
    await put(bench, "snake", "new")
    await compacted(bench)
    data = bench.partition().read(0, 1 << 20, bench.partition().end)

    assert [batch.base_offset for _, batch in walk(data)] == [1, 3]


async def test_a_topic_that_cannot_be_maintained_keeps_no_other_from_it(bench: Bench) -> None:
    await bench.topic("younger", configs={"segment.ms": "1000", "retention.ms": "1000"})
    await bench.write("old", topic="younger")
    bench.store.state.topics["eggs"].configs["min.compaction.lag.ms"] = "a while"
    await put(bench, "snake", "old")
    await compacted(bench)

    assert bench.values("younger") == []
    assert "eggs-0" in bench.reports[0]
