"""The journal: frames come back in order, torn ends are cut, damage is told apart from them."""

from pathlib import Path

import pytest

from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.entries import Appended, Entry, OffsetsCommitted, encode
from reptidex.devlog.storage.journal import Journal, journal_files, read_journal


def entry(number: int) -> OffsetsCommitted:
    """Return an entry that can be told from others."""
    return OffsetsCommitted("group", [("topic", 0, number, "")])


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a journal of three frames."""
    made = Journal(tmp_path, Disk(), 1)
    made.start_file()
    for number in range(3):
        made.append([encode(entry(number))])
    return made


def test_frames_come_back_in_order(journal: Journal, tmp_path: Path) -> None:
    reading = read_journal(tmp_path, 1)

    assert reading.frames == [[entry(0)], [entry(1)], [entry(2)]]
    assert (reading.next_frame, reading.damage, reading.torn) == (4, [], [])


def test_records_and_changes_share_a_frame(tmp_path: Path) -> None:
    journal = Journal(tmp_path, Disk(), 1)
    journal.start_file()
    entries: list[Entry] = [Appended(1, 2, b"records"), entry(5), Appended(1, 3, b"")]
    journal.append([encode(one) for one in entries])

    assert read_journal(tmp_path, 1).frames == [entries]


@pytest.mark.parametrize("lost", [1, 10, 50])
def test_a_torn_tail_is_cut_and_is_no_damage(journal: Journal, tmp_path: Path, lost: int) -> None:
    path = journal.path
    assert path is not None
    path.write_bytes(path.read_bytes()[:-lost])
    reading = read_journal(tmp_path, 1)

    assert [len(reading.torn), len(reading.damage)] == [1, 0]
    assert reading.frames == [[entry(0)], [entry(1)]]


def test_damage_in_the_middle_is_reported_and_the_rest_is_read(journal: Journal, tmp_path: Path) -> None:
    path = journal.path
    assert path is not None
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    reading = read_journal(tmp_path, 1)

    assert reading.frames == [[entry(0)], [entry(2)]]
    assert any("damaged" in line for line in reading.damage)
    assert any("frames 2 to 2 are missing" in line for line in reading.damage)


def test_a_missing_file_is_damage(journal: Journal, tmp_path: Path) -> None:
    journal.start_file()
    journal.append([encode(entry(3))])
    journal_files(tmp_path)[0][1].unlink()

    assert "frames 1 to 3 are missing" in read_journal(tmp_path, 1).damage[0]


def test_frames_that_a_snapshot_holds_are_skipped(journal: Journal, tmp_path: Path) -> None:
    assert read_journal(tmp_path, 3).frames == [[entry(2)]]


def test_files_are_deleted_only_when_nothing_of_them_is_needed(journal: Journal, tmp_path: Path) -> None:
    journal.start_file()
    journal.append([encode(entry(3))])
    journal.start_file()
    journal.forget_before(4)

    assert [first for first, _ in journal_files(tmp_path)] == [4, 5]


def test_cutting_drops_what_a_failed_append_left(journal: Journal, tmp_path: Path) -> None:
    path = journal.path
    assert path is not None
    with path.open("ab") as file:
        file.write(b"half a frame")
    journal.cut()

    assert read_journal(tmp_path, 1).torn == []
