"""The ledger judges: whatever is tried, no money appears, disappears or moves twice."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reptidex.doubles.payments.book import Book
from reptidex.doubles.payments.ledger import MOVES, Ledger, OverdrawnError, Purpose

ACCOUNTS = ("buyer", "held", "merchant", "disputed")


def purpose(number: int) -> Purpose:
    """Return whose money moves."""
    return Purpose(
        provider="stripe", order=f"o{number}", transaction=f"t{number}", reference=f"p{number}", currency="EUR"
    )


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    book = Book(None, seed=1, clock=lambda: 0.0)
    yield Ledger(book)
    book.close()


acts = st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 2), st.integers(-5, 100)), max_size=40)


@given(acts)
@settings(max_examples=100, deadline=None)
def test_all_accounts_add_up_to_zero_whatever_is_tried(tried: list[tuple[str, int, int]]) -> None:
    book = Book(None, seed=1, clock=lambda: 0.0)
    ledger = Ledger(book)
    for act, number, amount in tried:
        before = {account: ledger.balance(f"p{number}", account) for account in ACCOUNTS}
        try:
            ledger.post(act, purpose(number), amount)
        except OverdrawnError:
            assert {account: ledger.balance(f"p{number}", account) for account in ACCOUNTS} == before

    for number in range(3):
        balances = {account: ledger.balance(f"p{number}", account) for account in ACCOUNTS}
        assert sum(balances.values()) == 0
        assert all(balances[account] >= 0 for account in ACCOUNTS[1:])
    assert all(sum(accounts.values()) == 0 for accounts in ledger.totals().values())
    book.close()


@given(st.integers(1, 1000), st.lists(st.integers(1, 400), max_size=6))
@settings(max_examples=50, deadline=None)
def test_refunds_never_exceed_what_was_captured(amount: int, refunds: list[int]) -> None:
    book = Book(None, seed=1, clock=lambda: 0.0)
    ledger = Ledger(book)
    ledger.post("authorise", purpose(1), amount)
    ledger.post("capture", purpose(1), amount)
    for refund in refunds:
        if ledger.balance("p1", "merchant") >= refund:
            ledger.post("refund", purpose(1), refund)
        else:
            with pytest.raises(OverdrawnError):
                ledger.post("refund", purpose(1), refund)
    order = ledger.orders()["o1"]

    assert 0 <= order["refunded"] <= order["captured"] == amount
    book.close()


def test_a_second_capture_finds_nothing_to_take(ledger: Ledger) -> None:
    ledger.post("authorise", purpose(1), 100)
    ledger.post("capture", purpose(1), 100)

    with pytest.raises(OverdrawnError):
        ledger.post("capture", purpose(1), 1)


def test_an_order_tells_its_captures_and_refunds(ledger: Ledger) -> None:
    ledger.post("authorise", purpose(1), 100)
    ledger.post("capture", purpose(1), 60)
    ledger.post("release", purpose(1), 40)
    ledger.post("refund", purpose(1), 10)
    ledger.post("refund", purpose(1), 20)

    assert ledger.orders()["o1"] == {
        "captures": 1, "captured": 60, "refunds": 2, "refunded": 30, "held": 0, "payments": ["p1"]
    }  # fmt: skip


def test_what_is_undone_leaves_no_trace(ledger: Ledger) -> None:
    book = ledger._book
    with pytest.raises(ZeroDivisionError), book.transaction():
        ledger.post("authorise", purpose(1), 100)
        raise ZeroDivisionError

    assert ledger.totals() == {}
