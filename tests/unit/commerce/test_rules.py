"""Sums, terms and objections: pure rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.offer import Facts, objections
from reptidex.domain.pricing import totals
from reptidex.domain.terms import terms_digest

AMOUNTS = st.integers(0, 500_000_000)
FACTS = st.builds(
    Facts,
    owned=st.booleans(),
    status=st.sampled_from(["active", "sold", "deceased", "holdback", "archived"]),
    held=st.booleans(),
    lineage_status=st.sampled_from(["claimed", "confirmed", "tested", "disputed", "rejected"]),
    warnings=st.integers(0, 3),
    warnings_acknowledged=st.booleans(),
    subscription=st.sampled_from(["active", "canceled", "lapsed"]),
    published=st.integers(0, 10),
    limit=st.none() | st.integers(0, 10),
)


@given(st.lists(AMOUNTS, min_size=1, max_size=20), AMOUNTS, AMOUNTS)
def test_the_total_is_the_sum_of_everything_in_any_order(prices: list[int], shipping: int, tax: int) -> None:
    sums = totals(prices, shipping=shipping, tax=tax)

    assert sums.total == sum(prices) + shipping + tax
    assert sums == totals(sorted(prices), shipping=shipping, tax=tax)


def test_a_negative_amount_is_no_price() -> None:
    with pytest.raises(ValueError, match="never negative"):
        totals([100], shipping=-1)


@given(FACTS)
def test_what_may_be_offered_is_owned_alive_free_and_of_undisputed_lineage(facts: Facts) -> None:
    fine = not objections(facts)

    if fine:
        assert facts.owned and facts.status == "active" and not facts.held
        assert facts.lineage_status in ("claimed", "confirmed", "tested")
        assert facts.warnings == 0 or facts.warnings_acknowledged
        assert facts.limit is None or facts.published < facts.limit


@given(st.integers(0, 365), st.booleans(), st.integers(0, 365), st.text(max_size=50), st.text(max_size=50))
def test_terms_that_differ_have_another_digest(days: int, arrival: bool, health: int, one: str, other: str) -> None:
    def digest(text: str) -> str:
        return terms_digest(refund_days=days, live_arrival=arrival, health_guarantee_days=health, text=text)

    assert (digest(one) == digest(other)) == (one == other)
