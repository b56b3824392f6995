"""Old records go by segment: by age, by size, and never what a reader may still need."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.maintenance import Maintenance
from tests.unit.devlog.bench import Bench, Crash, Opener, make_batch

DAY = 86_400.0


def files(bench: Bench) -> list[Path]:
    """Return the segment files of all topics."""
    return sorted(bench.path.glob("topics/*/*.log"))


async def maintain(bench: Bench) -> None:
    """Run one round of maintenance and let it take effect."""
    await Maintenance(bench.store, bench.clock, Disk(), bench.reports.append).run()
    await bench.store.durable()


@pytest.fixture
def aged(open_store: Opener) -> Callable[..., Awaitable[Bench]]:
    """Return a function that makes a topic with one batch a day for three days, a segment each."""

    async def make(retention: str, value: str) -> Bench:
        bench = await open_store()
        await bench.topic(configs={"segment.ms": "1000", retention: value})
        for text in ("first", "second", "third"):
            await bench.write(data=make_batch(text, timestamp_ms=bench.clock.now_ms()))
            bench.clock.advance(DAY)
        return bench

    return make


async def test_segments_older_than_the_retention_time_go(aged: Callable[..., Awaitable[Bench]]) -> None:
    bench = await aged("retention.ms", str(int(1.5 * DAY * 1000)))
    await maintain(bench)

    assert bench.values() == ["third"]
    assert bench.partition().start == 2
    assert len(files(bench)) == 1


async def test_segments_beyond_the_retention_size_go(aged: Callable[..., Awaitable[Bench]]) -> None:
    bench = await aged("retention.bytes", "100")
    await maintain(bench)

    assert bench.values() == ["third"]


async def test_a_partition_can_run_empty_and_goes_on_counting(aged: Callable[..., Awaitable[Bench]]) -> None:
    bench = await aged("retention.ms", "1000")
    await maintain(bench)
    await maintain(bench)

    assert (bench.values(), files(bench)) == ([], [])
    assert await bench.write("next") == 3


async def test_the_start_survives_a_crash(
    aged: Callable[..., Awaitable[Bench]], open_store: Opener, crash: Crash
) -> None:
    bench = await aged("retention.ms", str(int(1.5 * DAY * 1000)))
    await maintain(bench)
    again = await open_store(crash(bench))

    assert (again.partition().start, again.values(), again.cause()) == (2, ["third"], "")


async def test_records_without_limits_stay(aged: Callable[..., Awaitable[Bench]]) -> None:
    bench = await aged("retention.ms", "-1")
    await maintain(bench)

    assert bench.values() == ["first", "second", "third"]


async def test_an_open_transaction_is_not_deleted(open_store: Opener) -> None:
    bench = await open_store()
    await bench.topic(configs={"segment.ms": "1000", "retention.ms": "1000"})
    await bench.write(data=make_batch("open", producer=(7, 0, 0), transactional=True, timestamp_ms=1))
    bench.clock.advance(DAY)
    await maintain(bench)
    await maintain(bench)

    assert bench.values() == ["open"]


async def test_a_segment_that_compaction_has_emptied_keeps_none_behind_it_from_going(open_store: Opener) -> None:
    bench = await open_store()
    configs = {"cleanup.policy": "compact,delete", "segment.ms": "1000", "segment.bytes": "100"}
    await bench.topic(configs=configs | {"min.cleanable.dirty.ratio": "0.01", "retention.ms": str(int(DAY * 1000))})
    for text in ("old", "new"):
        await bench.write(data=make_batch(text, key="snake", timestamp_ms=bench.clock.now_ms()))
        bench.clock.advance(10)
    for _ in range(2):
        await maintain(bench)
    emptied = [segment.size for segment in bench.partition().segments]
    bench.clock.advance(2 * DAY)
    await maintain(bench)

    assert emptied[0] == 0
    assert (bench.values(), bench.partition().start) == ([], 2)
