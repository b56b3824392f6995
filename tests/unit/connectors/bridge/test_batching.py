"""Calls to AWS: whole, in order, within its limits, and with one message of a FIFO group each."""

from hypothesis import given
from hypothesis import strategies as st

from reptidex.connectors.bridge.batching import batches
from reptidex.connectors.bridge.limits import BATCH_ENTRIES

MOST = 100
messages = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, MOST)), max_size=40)


@given(messages, st.booleans())
def test_every_call_is_one_that_aws_takes_and_nothing_changes_its_place(
    sent: list[tuple[str, int]], fifo: bool
) -> None:
    calls = list(batches(sent, lambda each: each[1], MOST, group_of=(lambda each: each[0]) if fifo else None))

    assert [each for call in calls for each in call] == sent
    for call in calls:
        groups = [group for group, _ in call]
        assert 0 < len(call) <= BATCH_ENTRIES and sum(size for _, size in call) <= MOST
        assert not fifo or len(set(groups)) == len(groups)


def test_a_call_is_as_full_as_it_may_be() -> None:
    def calls(sent: str, *, fifo: bool = False) -> list[str]:
        found = batches(sent, lambda each: 1, MOST, group_of=(lambda each: each) if fifo else None)
        return ["".join(call) for call in found]

    assert calls("abbcab") == ["abbcab"]
    assert calls("abbcab", fifo=True) == ["ab", "bca", "b"]
    assert calls("x" * 12) == ["x" * 10, "xx"]
