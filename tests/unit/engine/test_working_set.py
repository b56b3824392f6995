"""The working set against a plain model: whatever is put, deleted and undone."""

from hypothesis import given
from hypothesis import strategies as st

from reptidex.agents.engine.working_set import MISSING, WorkingSet
from tests.unit.engine.parcels import Parcel

keys = st.sampled_from("abcd")
writes = st.lists(st.tuples(keys, st.none() | st.integers(0, 9)), max_size=8)
messages = st.lists(st.tuples(writes, st.booleans()), max_size=8)
Script = list[tuple[list[tuple[str, int | None]], bool]]


def apply(working: WorkingSet, key: str, number: int | None) -> None:
    if number is None:
        working.delete(Parcel, key)
    else:
        working.put(Parcel(parcel_id=key, code=key, times=number))


@given(messages)
def test_what_is_dirty_is_what_the_messages_that_were_not_undone_wrote(
    script: Script,
) -> None:
    working, model = WorkingSet(), dict[str, int | None]()
    for written, undone in script:
        working.mark()
        for key, number in written:
            apply(working, key, number)
        if undone:
            working.undo()
        else:
            model |= dict(written)

    dirty = {key: row.times if isinstance(row, Parcel) else None for key, row in working.dirty[Parcel].items()}
    assert dirty == model


@given(messages, st.integers(0, 7))
def test_a_flush_in_between_changes_nothing_of_what_is_written_in_the_end(script: Script, flush_at: int) -> None:
    working, model = WorkingSet(), dict[str, int | None]()
    stored: dict[str, int | None] = {}
    for place, (written, undone) in enumerate(script):
        working.mark()
        for key, number in written:
            apply(working, key, number)
        if place == flush_at:
            for cls, blind in working.blind().items():
                for key in blind:
                    working.base(cls, key, None)
            for rows in working.flush().values():
                stored |= {key: row.times if isinstance(row, Parcel) else None for key, row in rows.items()}
        if undone:
            working.undo()
        else:
            model |= dict(written)

    stored |= {key: row.times if isinstance(row, Parcel) else None for key, row in working.dirty[Parcel].items()}
    there = {key: number for key, number in stored.items() if number is not None}
    assert there == {key: number for key, number in model.items() if number is not None}


def test_memory_is_bounded_and_what_is_used_stays() -> None:
    working = WorkingSet(capacity=100)
    for number in range(1000):
        working.peek(Parcel, "hot")
        working.remember(Parcel, "hot" if not number else f"cold{number}", None)
        working.hand_over()

    assert len(working) <= 101
    assert working.peek(Parcel, "hot") is not MISSING
