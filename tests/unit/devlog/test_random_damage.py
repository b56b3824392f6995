"""Whatever is damaged on disk: no wrong record is served, and only what is damaged goes offline (scorecard row R7)."""

import random
import shutil
from pathlib import Path

import pytest

from reptidex.devlog.errors import StartRefused
from tests.unit.devlog.bench import Bench, Opener, UnsyncedDisk

PARTITIONS = 4
ROUNDS = 170


async def filled(bench: Bench) -> dict[int, list[str]]:
    """Write to all partitions, with a checkpoint in the middle; return what was acknowledged."""
    await bench.topic(partitions=PARTITIONS, configs={"segment.bytes": "2000"})
    acknowledged: dict[int, list[str]] = {index: [] for index in range(PARTITIONS)}
    for number in range(120):
        index = number % PARTITIONS
        await bench.write(f"{index}:{number}", index=index)
        acknowledged[index].append(f"{index}:{number}")
        if number == 70:
            await bench.checkpoint()
    return acknowledged


def damage(path: Path, chance: random.Random) -> str:
    """Flip, cut, zero or swap bytes of a file, or delete it."""
    data = bytearray(path.read_bytes())
    kind = chance.choice(["flip", "cut", "zero", "swap", "delete"])
    at = chance.randrange(len(data))
    if kind == "flip":
        data[at] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del data[at:]
    elif kind == "zero":
        data[at : at + 64] = bytes(len(data[at : at + 64]))
    elif kind == "swap":
        other = chance.randrange(len(data))
        data[at], data[other] = data[other], data[at]
    path.write_bytes(data)
    if kind == "delete":
        path.unlink()
    return f"{kind} {path.name} at {at}"


@pytest.mark.parametrize("target", ["topics/*/*.log", "journal/*.journal", "snapshot.a"])
async def test_no_damage_is_ever_served(open_store: Opener, tmp_path: Path, target: str) -> None:
    bench = await open_store()
    acknowledged = await filled(bench)
    chance = random.Random(20_260_101)
    for round_ in range(ROUNDS):
        copy = tmp_path / f"round-{round_}"
        shutil.copytree(bench.path, copy)
        victim = chance.choice(sorted(path for path in copy.glob(target) if path.stat().st_size))
        done = damage(victim, chance)
        try:
            again = await open_store(copy, disk=UnsyncedDisk())
        except StartRefused:
            continue
        found = {index: again.values(index=index) for index in range(PARTITIONS)}
        offline = {index for index in range(PARTITIONS) if again.cause(index=index)}

        for index in set(range(PARTITIONS)) - offline:
            assert found[index] == acknowledged[index], (done, again.reports)
        for index in offline:
            assert found[index] == acknowledged[index][: len(found[index])], (done, again.reports)
            assert victim.name.startswith(f"{index}."), (done, again.reports)
        await again.store.close()
        shutil.rmtree(copy)
