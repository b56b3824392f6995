"""Reading a partition: whole batches, in order, from the one that holds the offset, within the limits."""

import random
from itertools import pairwise

import pytest

from reptidex.devlog.storage.batches import Batch, walk
from tests.unit.devlog.bench import Bench, Crash, Opener, UnsyncedDisk

BATCHES = 60


async def filled(bench: Bench, chance: random.Random) -> list[Batch]:
    """Write batches of random sizes over several segments; return their headers."""
    await bench.topic(configs={"segment.bytes": "3000"})
    for _ in range(BATCHES):
        bench.append(*["x" * chance.randrange(200) for _ in range(chance.randrange(1, 5))])
    await bench.store.durable()
    partition, offset, found = bench.partition(), 0, list[Batch]()
    while offset < partition.end:
        found += [batch for _, batch in walk(partition.read(offset, 1 << 20, partition.end))]
        offset = found[-1].last_offset + 1
    return found


def follows(batches: list[Batch]) -> bool:
    """Tell whether each batch begins where the one before ends."""
    return all(second.base_offset == first.last_offset + 1 for first, second in pairwise(batches))


@pytest.mark.parametrize("seed", range(5))
async def test_every_read_gives_whole_batches_from_the_offset_on(open_store: Opener, seed: int) -> None:
    chance = random.Random(seed)
    bench = await open_store(disk=UnsyncedDisk())
    everything = await filled(bench, chance)
    partition = bench.partition()

    assert len(everything) == BATCHES
    assert follows(everything)
    for _ in range(300):
        offset, most = chance.randrange(partition.end), chance.randrange(1, 5000)
        limit = chance.choice(everything).base_offset
        read = [batch for _, batch in walk(partition.read(offset, most, limit))]
        size = sum(batch.size for batch in read)

        assert bool(read) == (offset < limit)
        assert follows(read)
        assert size <= most or len(read) == 1
        assert not read or read[0].base_offset <= offset <= read[0].last_offset
        assert not read or read[-1].last_offset < limit


async def test_reading_is_the_same_after_a_restart(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    before = await filled(bench, random.Random(1))
    await bench.checkpoint()
    again = await open_store(crash(bench))
    partition, offset, after = again.partition(), 0, list[Batch]()
    while offset < partition.end:
        after += [batch for _, batch in walk(partition.read(offset, 700, partition.end))]
        offset = after[-1].last_offset + 1

    assert after == before


async def test_an_index_that_was_given_back_is_built_again(open_store: Opener) -> None:
    bench = await open_store()
    await filled(bench, random.Random(2))
    sealed = bench.partition().segments[0]
    before = bench.partition().read(0, 1 << 20, bench.partition().end)
    for _ in range(2):
        sealed.cool()

    assert not sealed.verified
    assert bench.partition().read(0, 1 << 20, bench.partition().end) == before
