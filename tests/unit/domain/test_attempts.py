"""The share of attempts: spent at once, regained evenly, never more than it is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.attempts import EACH, FAILURES, given_back, taken, wait_s

NOW = datetime(2026, 2, 3, tzinfo=UTC)


@given(st.lists(st.integers(0, 600), min_size=1, max_size=60))
def test_no_stretch_of_time_sees_more_attempts_than_the_share_and_what_came_back(pauses: list[int]) -> None:
    now, whole, made = NOW, None, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        if not wait_s(whole, now):
            whole = taken(whole, now)
            made.append(now)

    for first in range(len(made)):
        for last in range(first, len(made)):
            assert last - first + 1 <= FAILURES + (made[last] - made[first]) / EACH


@given(st.integers(0, 2 * FAILURES))
def test_who_waits_as_long_as_told_may_try_and_not_a_second_sooner(failures: int) -> None:
    whole = None
    for _ in range(failures):
        whole = taken(whole, NOW)
    wait = wait_s(whole, NOW)

    assert wait_s(whole, NOW + timedelta(seconds=wait)) == 0
    assert not wait or wait_s(whole, NOW + timedelta(seconds=wait - 1)) > 0


def test_an_attempt_given_back_was_none() -> None:
    assert given_back(taken(NOW, NOW)) == NOW
