"""What an outbox holds and the log lacks, by the numbers seen there."""

from hypothesis import given
from hypothesis import strategies as st

from reptidex.agents.engine.lost import Held

sizes = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), min_size=1, max_size=8)


@given(st.integers(1, 50), sizes, st.sets(st.integers(1, 120)))
def test_it_begins_with_the_first_batch_of_which_anything_is_lacking(
    begin: int, shape: list[tuple[int, int]], seen: set[int]
) -> None:
    rows, next_number = list[tuple[int, int]](), begin
    for gap, size in shape:
        # After a restore the numbers of an outbox go on further up.
        rows.append((next_number + gap, next_number + gap + size - 1))
        next_number += gap + size
    held = Held({0: rows}, None)
    for number in seen:
        held.saw(0, number)
        held.saw(1, number)

    lacking = [number for first, last in rows for number in range(first, last + 1) if number not in seen]
    beginning = next((first for first, last in rows if any(first <= number <= last for number in lacking)), 0)
    assert held.lost() == ({0: (beginning, len(lacking))} if lacking else {})
