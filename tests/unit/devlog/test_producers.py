"""Sequence numbers of idempotent producers: repeats are recognised, gaps and old epochs refused."""

import pytest
from kio.schema.errors import ErrorCode

from reptidex.devlog.errors import Refused
from reptidex.devlog.storage.batches import read_batch
from reptidex.devlog.storage.producers import ProducerTable
from tests.unit.devlog.bench import Crash, Opener, make_batch

NOW = 1_700_000_000_000


def sent(table: ProducerTable, sequence: int, offset: int, epoch: int = 0, records: int = 1) -> None:
    """Let the table see one batch on its way and durable."""
    batch = read_batch(make_batch(*["x"] * records, producer=(7, epoch, sequence)))
    table.reserve(batch, offset, NOW)
    table.commit(batch._replace(base_offset=offset), NOW)


def asked(table: ProducerTable, sequence: int, epoch: int = 0, records: int = 1) -> int | None:
    """Return what the table says of a batch."""
    return table.check(read_batch(make_batch(*["x"] * records, producer=(7, epoch, sequence))))


def test_the_next_batch_is_new() -> None:
    table = ProducerTable()
    sent(table, 0, 100, records=3)

    assert asked(table, 3) is None


def test_a_repeated_batch_has_the_offset_it_got_the_first_time() -> None:
    table = ProducerTable()
    sent(table, 0, 100, records=3)
    sent(table, 3, 103)

    assert asked(table, 0, records=3) == 100


def test_a_batch_that_is_still_on_its_way_is_recognised() -> None:
    table = ProducerTable()
    table.reserve(read_batch(make_batch("x", producer=(7, 0, 0))), 100, NOW)

    assert asked(table, 0) == 100


@pytest.mark.parametrize(("sequence", "epoch"), [(5, 0), (3, 1)])
def test_a_gap_is_refused(sequence: int, epoch: int) -> None:
    table = ProducerTable()
    sent(table, 0, 100)

    with pytest.raises(Refused) as told:
        asked(table, sequence, epoch)
    assert told.value.code is ErrorCode.out_of_order_sequence_number


def test_an_old_epoch_is_refused() -> None:
    table = ProducerTable()
    sent(table, 0, 100, epoch=2)

    with pytest.raises(Refused) as told:
        asked(table, 1, epoch=1)
    assert told.value.code is ErrorCode.invalid_producer_epoch


def test_sequences_wrap_around() -> None:
    table = ProducerTable()
    sent(table, 0x7FFFFFFF, 100)

    assert asked(table, 0) is None


def test_producers_not_seen_for_long_are_forgotten() -> None:
    table = ProducerTable()
    sent(table, 0, 100)

    assert table.snapshot(NOW) != {}
    assert table.snapshot(NOW + 1) == {}


async def test_a_repeat_is_recognised_after_a_crash(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    batch = make_batch("a", producer=(7, 0, 0))
    await bench.write(data=batch)
    await bench.checkpoint()
    await bench.write(data=make_batch("b", producer=(7, 0, 1)))
    again = await open_store(crash(bench))

    assert again.partition().producers.check(read_batch(batch)) == 0
    assert again.partition().producers.check(read_batch(make_batch("c", producer=(7, 0, 2)))) is None
