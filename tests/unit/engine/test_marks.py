"""Repeats are told by their marks: the quick way of the intake against a plain model."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from reptidex.agents.engine.inputs import MARK, LogRecord
from reptidex.agents.engine.intake import Reception
from reptidex.streams import codec
from reptidex.streams.envelope import enveloped
from reptidex.tables.positions import Position
from tests.unit.engine.parcels import ParcelWeighed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT = ("parcel.weighed", 0)
VALUE = codec.encode(enveloped(ParcelWeighed(parcel_id="a", weight=1), "m", NOW))
outboxes = st.sampled_from(["scales:0", "scales:1", "scales:10", "post:0"])
runs = st.lists(st.tuples(outboxes, st.integers(1, 12), st.integers(0, 15)), max_size=12)


def _numbers(script: list[tuple[str, int, int]]) -> list[tuple[str, int]]:
    """Runs of numbers that count on from some beginning, as outboxes send them; later runs may repeat earlier ones."""
    return [(outbox, number) for outbox, first, length in script for number in range(first, first + length)]


@given(runs, st.integers(0, 5), st.integers(0, 150))
def test_each_number_of_an_outbox_counts_once_and_never_after_a_higher_one(
    script: list[tuple[str, int, int]], known: int, cut: int
) -> None:
    marked = _numbers(script)
    made = [
        LogRecord(*AT, offset, b"a", VALUE, [(MARK, f"{outbox}:{number}".encode())])
        for offset, (outbox, number) in enumerate(marked)
    ]
    reception, positions = Reception("post"), {AT: Position(0, {"scales:0": known})}
    taken = []
    for part in (made[:cut], made[cut:]):
        intake = reception.take({AT: part}, positions, (), NOW)
        taken += [one.offset for one in intake.inputs]
        positions = intake.positions

    highest, expected = {"scales:0": known}, []
    for offset, (outbox, number) in enumerate(marked):
        if number > highest.get(outbox, 0):
            highest[outbox] = number
            expected.append(offset)
    assert taken == expected
    assert positions[AT].marks == highest
