"""A disk that becomes full: the store stops before, and where others have filled it, it goes on with what it can."""

import errno
import os
from pathlib import Path

import pytest

from reptidex.devlog.errors import Refused, StorageFailed
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.maintenance import Maintenance
from tests.unit.devlog.bench import Bench, Crash, Opener, make_batch

FLOOR = 100_000
VALUE = "x" * 5_000


class FullDisk(Disk):
    """Has `free` bytes, says so when it is asked, and refuses to write files whose path contains `full`.

    With `crowded` no new name can be made durable in a directory of that name.
    """

    def __init__(self, free: int = 1 << 40) -> None:
        self.free = free
        self.full = self.crowded = ""
        self.written = 0
        self.looks = 0

    def write(self, fd: int, data: bytes | memoryview, position: int) -> None:
        """Write, unless the file is one of those that have no room."""
        if self.full and self.full in os.readlink(f"/proc/self/fd/{fd}"):
            raise OSError(errno.ENOSPC, "injected")
        self.written += len(data)
        super().write(fd, data, position)

    def sync_directory(self, path: Path) -> None:
        """Sync, unless no file can be made in the directory."""
        if self.crowded == path.name:
            raise OSError(errno.ENOSPC, "injected")
        super().sync_directory(path)

    def free_bytes(self, path: Path) -> int:
        """Return what is free now."""
        self.looks += 1
        return self.free - self.written


async def fill(bench: Bench, *, durable: bool) -> None:
    """Write until it is refused, without the clock going on."""
    for _ in range(100):
        bench.store.require_space()
        bench.append(VALUE)
        if durable:
            await bench.store.durable()
    raise AssertionError("never refused")


@pytest.mark.parametrize("durable", [True, False])
async def test_what_was_written_since_the_last_look_is_counted(open_store: Opener, durable: bool) -> None:
    disk = FullDisk(free=2 * FLOOR)
    bench = await open_store(disk=disk, free_floor=FLOOR)
    await bench.topic()
    with pytest.raises(Refused):
        await fill(bench, durable=durable)
    await bench.store.durable()

    assert disk.looks == 1
    assert FLOOR // 2 < disk.written < FLOOR + 3 * len(VALUE)  # the last that was granted may go below the floor


async def test_what_is_on_its_way_at_a_look_is_counted_until_the_next(open_store: Opener) -> None:
    disk = FullDisk(free=2 * FLOOR)
    bench = await open_store(disk=disk, free_floor=FLOOR)
    await bench.topic()
    for _ in range(8):
        bench.append(VALUE)  # 40,000 bytes, to be written twice
    bench.store.require_space()
    with pytest.raises(Refused):
        bench.store.require_space(more=FLOOR // 2)
    await bench.store.durable()
    with pytest.raises(Refused):
        bench.store.require_space(more=FLOOR // 2)
    bench.clock.advance(1)
    disk.free += FLOOR

    bench.store.require_space(more=FLOOR // 2)


async def test_a_journal_file_that_cannot_be_started_leaves_the_store_at_work(open_store: Opener, crash: Crash) -> None:
    disk = FullDisk()
    bench = await open_store(disk=disk)
    await bench.topic()
    await bench.write("a")
    disk.crowded = "journal"
    tried = await bench.checkpoint()
    await bench.write("b")
    copy = crash(bench)
    disk.crowded = ""

    assert not tried
    assert await bench.checkpoint()
    assert bench.values() == (await open_store(copy)).values() == ["a", "b"]


async def test_a_partition_without_room_for_its_segment_leaves_the_others_at_work(open_store: Opener) -> None:
    disk = FullDisk()
    bench = await open_store(disk=disk)
    await bench.topic(partitions=2)
    disk.full = "/0.0000"
    await bench.write("durable in the journal", index=0)
    for _ in range(3):
        await bench.store.tend()
        bench.clock.advance(2)
    await bench.write("taken", index=1)
    full = bench.cause(index=0)
    disk.full = ""
    await bench.store.tend()
    await bench.write("after", index=0)

    assert "No space" in full or "injected" in full
    assert bench.store.offline_cause is None
    assert bench.values(index=0) == ["durable in the journal", "after"]
    assert bench.values(index=1) == ["taken"]


async def test_a_restart_without_room_for_a_segment_serves_the_others(open_store: Opener, crash: Crash) -> None:
    first = await open_store()
    await first.topic(partitions=2)
    await first.write("a", index=0)
    await first.write("b", index=1)
    copy, disk = crash(first), FullDisk()
    disk.full = "/0.0000"
    bench = await open_store(copy, disk=disk)
    served, cause = bench.values(index=1), bench.cause(index=0)
    disk.full = ""
    await bench.store.tend()

    assert served == ["b"]
    assert cause
    assert bench.values(index=0) == ["a"]


async def test_only_a_journal_that_failed_leaves_what_is_durable_readable(
    open_store: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk()
    bench = await open_store(disk=disk)
    await bench.topic()
    disk.full = ".journal"
    with pytest.raises(StorageFailed):
        await bench.write("lost")
    full = bench.store.offline_cause, bench.store.unreadable
    disk.full = ""
    await bench.store.tend()
    monkeypatch.setattr(bench.store.state, "apply", lambda _: 1 / 0)
    with pytest.raises(StorageFailed):
        await bench.write("durable, but not applied")

    assert full == ("the journal failed: [Errno 28] injected", None)
    assert "could not be applied" in (bench.store.unreadable or "")


@pytest.mark.parametrize("refusal", ["floor", "disk"])
async def test_a_compaction_that_finds_no_room_leaves_nothing_and_is_made_up_for(
    open_store: Opener, refusal: str
) -> None:
    disk = FullDisk()
    bench = await open_store(disk=disk, free_floor=FLOOR)
    configs = {"cleanup.policy": "compact", "segment.ms": "1000", "min.cleanable.dirty.ratio": "0.01"}
    await bench.topic(configs=configs)
    maintenance = Maintenance(bench.store, bench.clock, disk, bench.reports.append)
    for number in range(20):
        await bench.write(data=make_batch(VALUE, key=f"{number % 10}", timestamp_ms=bench.clock.now_ms()))
    bench.clock.advance(10)
    await maintenance.run()  # seals
    await bench.store.durable()
    # The result takes 50,000 bytes: the floor alone would let it begin.
    disk.free, disk.full = (FLOOR + 20_000 + disk.written, "") if refusal == "floor" else (disk.free, ".1.log")
    files = sorted(bench.path.rglob("*.log"))
    bench.clock.advance(1)
    for _ in range(2):
        await maintenance.run()
    left = sorted(bench.path.rglob("*.log"))
    disk.free, disk.full = 1 << 40, ""
    bench.clock.advance(1)
    await maintenance.run()
    await bench.store.durable()

    assert left == files
    assert len([line for line in bench.reports if line.startswith("no compaction of eggs-0")]) == 1
    assert bench.values() == [VALUE] * 10
