"""Whether the log is the one that was read: by its last record handled, against a model that knows what became of the log."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.agents.engine.inputs import LogRecord
from reptidex.agents.engine.intake import Reception
from reptidex.agents.engine.starting import CutOffError, awaited, begin_anew, contradicts, start_at, witness_of
from reptidex.tables.positions import Position, TopicPartition, Witness

AT = ("parcel.weighed", 0)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def record(offset: int, time: int, told: str = "") -> LogRecord:
    return LogRecord(*AT, offset, b"a", f"{told} at {time}".encode(), timestamp=time)


class Log(msgspec.Struct):
    """A partition: its first offset, its records, its end; each record is later than any that was written before."""

    records: list[LogRecord]
    start: int = 0

    @property
    def end(self) -> int:
        return self.records[-1].offset + 1 if self.records else self.start

    def grown(self, count: int, after: int) -> "Log":
        more = [record(self.end + number, after + number + 1) for number in range(count)]
        return Log([*self.records, *more], self.start)

    def cut(self, end: int) -> "Log":
        return Log([one for one in self.records if one.offset < end], min(self.start, end))

    def forgotten(self, before: int) -> "Log":
        start = min(max(self.start, before), self.end)
        return Log([one for one in self.records if one.offset >= start], start)

    def compacted(self, without: set[int]) -> "Log":
        # The last record stays: the log's end is where it is.
        return Log([one for one in self.records if one.offset not in without or one is self.records[-1]], self.start)


def place_in(log: Log, position: Position) -> int:
    """Return from where a worker would read, as its consumer finds it. Raises `CutOffError`."""
    positions: dict[TopicPartition, Position] = {AT: position}
    oldest = log.records[0].timestamp if log.records else None
    place = start_at("post", positions, AT, log.start, log.end, oldest)
    witness = awaited(positions[AT], log.start, log.end)
    if witness is not None:
        first = next(one for one in log.records if one.offset >= witness.offset)
        if contradicts(witness, first):
            begin_anew("post", positions, AT, log.start, oldest, "another stands there")
            place = log.start
    return place


counts = st.integers(1, 12)


@st.composite
def handled(draw: st.DrawFn) -> tuple[Log, Position]:
    """A log, and the position of one who has handled some of it."""
    log = Log([]).grown(draw(counts), 1000)
    reached = draw(st.integers(1, log.end))
    last = log.records[reached - 1]
    return log, Position(reached, {}, witness_of(last, NOW))


@given(handled(), st.integers(0, 12), st.integers(0, 24), st.sets(st.integers(0, 24)))
def test_a_log_that_goes_on_is_gone_on_with_whatever_it_forgets(
    found: tuple[Log, Position], more: int, before: int, without: set[int]
) -> None:
    log, position = found
    log = log.grown(more, 2000).forgotten(before).compacted(without)

    assert place_in(log, position) == max(position.next_offset, log.start)


@given(handled(), st.integers(0, 24), st.integers(0, 6))
def test_a_log_that_was_made_anew_is_read_from_its_beginning(
    found: tuple[Log, Position], count: int, before: int
) -> None:
    position = found[1]
    log = Log([]).grown(count, 2000).forgotten(before)
    if log.start >= position.next_offset:
        return  # nothing on it tells that it is not the one that was read; of it nothing is handled twice

    assert place_in(log, position) == log.start


@given(handled(), st.integers(0, 12), st.integers(0, 24), st.integers(0, 11))
def test_a_log_whose_end_was_cut_off_is_refused_however_far_it_has_grown_since(
    found: tuple[Log, Position], end: int, more: int, before: int
) -> None:
    log, position = found
    end = min(end, position.next_offset - 1)
    log = log.forgotten(min(before, end)).cut(end)
    left = len(log.records)
    log = log.grown(more, 2000)
    if not left:
        assert place_in(log, position) == log.start, "nothing of what was handled is left, so nothing is handled twice"
        return

    with pytest.raises(CutOffError, match=r"parcel\.weighed 0: we have handled all before .*`reptidex restored post`"):
        place_in(log, position)


def test_a_witness_of_an_older_position_says_nothing() -> None:
    log = Log([]).grown(10, 1000)
    position = Position(8, {}, Witness(4, 1005, 0))

    assert place_in(log, position) == 8, "an older version of the code moved the position on, and left the witness"


def test_what_has_no_time_is_no_witness_and_none_is_from_the_future() -> None:
    future = witness_of(record(3, NOW_MS + 1), NOW)

    assert (witness_of(record(3, 0), NOW), witness_of(record(3, -1), NOW)) == (None, None)
    assert future is not None
    assert future.time == NOW_MS


def test_the_last_record_of_a_fetch_becomes_the_witness_and_a_repeat_of_it_changes_nothing() -> None:
    reception, records = Reception("post"), [record(4, 1000, "x"), record(5, 1001, "y")]
    first = reception.take({AT: records}, {}, (), NOW).positions
    again = reception.take({AT: records[:1]}, first, (), NOW).positions

    assert first[AT].witness == witness_of(records[1], NOW)
    assert again == first
