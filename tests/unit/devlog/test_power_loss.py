"""Whenever the power fails, everything acknowledged is there again (scorecard row R6)."""

import random
import shutil
from pathlib import Path

import pytest

from reptidex.devlog.storage.maintenance import Maintenance
from tests.unit.devlog.bench import Bench, Opener, UnsyncedDisk, make_batch
from tests.unit.devlog.power import PowerLossDisk

RECORDS = 60
PARTITIONS = 3


async def workload(bench: Bench, disk: PowerLossDisk) -> list[str]:
    """Write records one by one, with checkpoints and maintenance in between; return them in order."""
    await bench.topic(partitions=PARTITIONS, configs={"segment.bytes": "500", "cleanup.policy": "compact"})
    values = []
    for number in range(RECORDS):
        value = f"value {number}"
        data = make_batch(value, key=value, timestamp_ms=bench.clock.now_ms())
        await bench.write(data=data, index=number % PARTITIONS)
        values.append(value)
        disk.acknowledged = len(values)
        bench.clock.advance(1)
        if number % 13 == 12:
            await bench.checkpoint()
        if number % 17 == 16:
            await Maintenance(bench.store, bench.clock, disk, bench.reports.append).run()
    return values


@pytest.mark.parametrize("seed", [0])
async def test_every_cut_leaves_what_was_acknowledged(open_store: Opener, tmp_path: Path, seed: int) -> None:
    root = tmp_path / "log"
    disk = PowerLossDisk(root, random.Random(seed))
    bench = await open_store(root, disk=disk)
    values = await workload(bench, disk)
    started = next(number for number, image in enumerate(disk.images) if image.acknowledged)
    disk.close()

    assert len(disk.images) - started > 200
    for number, image in enumerate(disk.images[started:]):
        directory = tmp_path / f"cut-{number}"
        image.restore(directory)
        again = await open_store(directory, disk=UnsyncedDisk())
        found = [value for index in range(PARTITIONS) for value in again.values(index=index)]

        assert [again.cause(index=index) for index in range(PARTITIONS)] == [""] * PARTITIONS, again.reports
        assert set(values[: image.acknowledged]) <= set(found), (number, again.reports)
        assert len(found) == len(set(found))
        await again.store.close()
        shutil.rmtree(directory)
