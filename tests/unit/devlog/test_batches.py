"""Record batches: what is taken for whole, and what is changed on the way in."""

import pytest

from reptidex.devlog.storage.batches import (
    DamagedBatch,
    control_batch,
    is_commit,
    place,
    read_batch,
    stamp,
    walk,
)
from reptidex.devlog.storage.records import records_of
from tests.unit.devlog.bench import make_batch


def test_a_batch_built_by_a_client_is_read_field_for_field() -> None:
    read = read_batch(make_batch("a", "b", "c", producer=(7, 1, 40)))

    assert (read.records, read.last_delta, read.producer_id, read.producer_epoch, read.base_sequence) == (
        3,
        2,
        7,
        1,
        40,
    )
    assert read.last_sequence == 42


def test_placing_a_batch_moves_its_offsets_and_keeps_its_checksum() -> None:
    raw = make_batch("a", "b")
    placed = place(raw, read_batch(raw), 1000)

    assert [record.offset for record in records_of(placed)] == [1000, 1001]


@pytest.mark.parametrize("position", [16, 20, 40, 61, -1])
def test_a_flipped_byte_behind_the_placement_is_noticed(position: int) -> None:
    raw = bytearray(make_batch("value"))
    raw[position] ^= 0x01

    with pytest.raises(DamagedBatch):
        read_batch(bytes(raw))


def test_a_batch_that_is_cut_off_is_damaged() -> None:
    raw = make_batch("value")

    for length in (0, 11, 60, len(raw) - 1):
        with pytest.raises(DamagedBatch):
            read_batch(raw[:length])


def test_walking_yields_the_whole_batches_before_the_damage() -> None:
    data = make_batch("a") + make_batch("b") + make_batch("c")[:-1]
    found = []

    with pytest.raises(DamagedBatch) as damage:
        for position, _ in walk(data):
            found.append(position)

    assert found == [0, len(make_batch("a"))]
    assert damage.value.position == len(make_batch("a") + make_batch("b"))


def test_append_time_replaces_the_clients_time() -> None:
    raw = make_batch("a", "b")
    stamped = stamp(place(raw, read_batch(raw), 0), 1_800_000_000_000)

    assert {record.timestamp for record in records_of(stamped)} == {1_800_000_000_000}


@pytest.mark.parametrize("commit", [True, False])
def test_a_marker_is_a_control_batch_that_says_how_its_transaction_ended(commit: bool) -> None:
    marker = control_batch(5, 77, 3, commit, 1_700_000_000_000)
    read = read_batch(marker)

    assert (read.is_control, read.is_transactional, read.producer_id, read.producer_epoch) == (True, True, 77, 3)
    assert is_commit(marker) is commit
