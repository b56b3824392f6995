"""What the store does when the disk does not do what it is told."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from reptidex.devlog.errors import Refused, StorageFailed
from reptidex.devlog.storage.disk import Disk
from tests.unit.devlog.bench import Crash, Opener


class SickDisk(Disk):
    """Fail syncs of files whose path contains `failing`, write short, or claim to be full, as told."""

    def __init__(self) -> None:
        self.failing = ""
        self.free = 1 << 40
        self.syncs = 0

    def sync(self, fd: int) -> None:
        """Fail with EIO while the file is one of the failing ones."""
        self.syncs += 1
        if self.failing and self.failing in os.readlink(f"/proc/self/fd/{fd}"):
            raise OSError(errno.EIO, "injected")
        super().sync(fd)

    def free_bytes(self, path: Path) -> int:
        """Return what the test says."""
        return self.free


async def test_nothing_is_acknowledged_after_a_failed_sync(open_store: Opener) -> None:
    disk = SickDisk()
    bench = await open_store(disk=disk)
    await bench.topic()
    await bench.write("kept")
    disk.failing = ".journal"

    with pytest.raises(StorageFailed):
        await bench.write("lost")
    with pytest.raises(StorageFailed):
        await bench.write("refused while offline")
    assert bench.store.offline_cause is not None


async def test_after_a_failed_sync_the_log_is_reopened_from_disk(open_store: Opener, crash: Crash) -> None:
    disk = SickDisk()
    bench = await open_store(disk=disk)
    await bench.topic()
    await bench.write("kept")
    disk.failing = ".journal"
    with pytest.raises(StorageFailed):
        await bench.write("lost")
    disk.failing = ""
    await bench.store.tend()
    await bench.write("after")

    assert bench.values() == ["kept", "after"]
    assert (await open_store(crash(bench))).values() == ["kept", "after"]
    assert bench.reports[0].startswith("OFFLINE all partitions")


async def test_the_log_stays_offline_while_the_disk_stays_sick(open_store: Opener) -> None:
    disk = SickDisk()
    bench = await open_store(disk=disk)
    await bench.topic()
    disk.failing = ".journal"
    with pytest.raises(StorageFailed):
        await bench.write("lost")
    for _ in range(3):
        await bench.store.tend()

    assert bench.store.offline_cause is not None
    assert len([line for line in bench.reports if line.startswith("still offline")]) == 1


async def test_a_segment_that_cannot_be_synced_takes_only_its_partition_offline(open_store: Opener) -> None:
    disk = SickDisk()
    bench = await open_store(disk=disk)
    await bench.topic(partitions=2)
    await bench.write("a", index=0)
    await bench.write("b", index=1)
    disk.failing = "/0.0000"

    assert not await bench.checkpoint()
    assert "fsync of" in bench.cause(index=0)
    assert bench.values(index=1) == ["b"]


async def test_a_partition_comes_back_from_the_journal_after_its_sync_failed(open_store: Opener, crash: Crash) -> None:
    disk = SickDisk()
    bench = await open_store(disk=disk)
    await bench.topic()
    await bench.write("a")
    await bench.checkpoint()
    await bench.write("b")
    disk.failing = "/0.0000"
    await bench.checkpoint()
    disk.failing = ""
    await bench.store.tend()
    await bench.write("c")

    assert await bench.checkpoint()
    assert bench.values() == ["a", "b", "c"]
    assert (await open_store(crash(bench))).values() == ["a", "b", "c"]


async def test_no_snapshot_is_taken_while_a_partition_waits_to_be_reopened(open_store: Opener, crash: Crash) -> None:
    disk = SickDisk()
    bench = await open_store(disk=disk)
    await bench.topic()
    await bench.write("a")
    disk.failing = "/0.0000"
    await bench.checkpoint()

    assert not await bench.checkpoint()
    assert (await open_store(crash(bench))).values() == ["a"]


async def test_a_short_write_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, position: real(fd, data[:3], position))
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    Disk().write(fd, b"0123456789", 0)
    os.close(fd)

    assert (tmp_path / "file").read_bytes() == b"0123456789"


async def test_records_are_refused_below_the_floor_and_taken_again_above_it(open_store: Opener) -> None:
    disk = SickDisk()
    bench = await open_store(disk=disk, free_floor=1000)
    disk.free = 999
    with pytest.raises(Refused):
        bench.store.require_space()
    bench.store.require_space(share=0.25)
    disk.free = 2000
    bench.clock.advance(1)
    bench.store.require_space()

    assert [line.split(":")[0] for line in bench.reports] == ["LOW DISK SPACE", "ENOUGH DISK SPACE"]


async def test_one_sync_covers_everything_that_arrived_meanwhile(open_store: Opener) -> None:
    disk = SickDisk()
    bench = await open_store(disk=disk)
    await bench.topic(partitions=50)
    before = disk.syncs
    for index in range(50):
        bench.append("value", index=index)
    await bench.store.durable()

    assert disk.syncs == before + 1


async def test_a_checkpoint_that_is_given_up_leaves_the_store_at_work(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    for number in range(20):
        await bench.write(f"value {number}")
        checkpoint = asyncio.create_task(bench.checkpoint())
        for _ in range(number):
            await asyncio.sleep(0)
        checkpoint.cancel()
        await asyncio.gather(checkpoint, return_exceptions=True)

    assert await bench.checkpoint()
    assert bench.values() == [f"value {number}" for number in range(20)]
    assert (await open_store(crash(bench))).values() == bench.values()
    assert bench.reports == []


async def test_entries_that_cannot_be_applied_do_not_hang_their_writers(
    open_store: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await open_store()
    await bench.topic()
    with monkeypatch.context() as broken:
        broken.setattr(bench.store.state, "apply", lambda _: 1 / 0)
        with pytest.raises(StorageFailed):
            await asyncio.wait_for(bench.write("durable, but not applied"), 30)
    await bench.store.tend()
    await bench.write("after")

    assert bench.values() == ["durable, but not applied", "after"]
