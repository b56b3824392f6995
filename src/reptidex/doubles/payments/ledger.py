"""Double-entry bookkeeping of the payment double: what was really set aside, taken and given back.

Each posting moves a sum between two accounts, so all accounts of a currency always add up to zero:
`buyer` (minus what they are out of), `held` (set aside), `merchant` (ours), `disputed`.
"""

from typing import Any

import msgspec

from reptidex.doubles.payments.book import Book
from reptidex.errors import ReptidexError

MOVES = {
    "authorise": ("buyer", "held"),
    "capture": ("held", "merchant"),
    "release": ("held", "buyer"),
    "refund": ("merchant", "buyer"),
    "unrefund": ("buyer", "merchant"),
    "dispute": ("merchant", "disputed"),
    "chargeback": ("disputed", "buyer"),
    "reinstate": ("disputed", "merchant"),
}


class OverdrawnError(ReptidexError):
    """A posting would take more from an account of a payment than is in it."""


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """Whose money moves."""

    provider: str
    order: str
    transaction: str
    reference: str
    """The payment: a Stripe intent or a PayPal order."""
    currency: str


class Ledger:
    """The postings. Written inside the book's transaction."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def post(self, act: str, purpose: Purpose, amount: int) -> None:
        """Move a sum.

        Raises `OverdrawnError`: more cannot be captured than is held, nor refunded than was captured.
        """
        source, target = MOVES[act]
        if amount <= 0:
            raise OverdrawnError(f"{act} of {amount} for {purpose.reference}")
        if source != "buyer" and self.balance(purpose.reference, source) < amount:
            raise OverdrawnError(f"{act} of {amount}: {source} of {purpose.reference} holds less")
        posting = self._book.count("posting")
        for account, change in ((source, -amount), (target, amount)):
            self._book.database.execute(
                "insert into entries (posting, at, provider, act, order_ref, transaction_ref, reference, account, amount,"
                " currency) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    posting,
                    self._book.now(),
                    purpose.provider,
                    act,
                    purpose.order,
                    purpose.transaction,
                    purpose.reference,
                    account,
                    change,
                    purpose.currency,
                ),
            )

    def balance(self, reference: str, account: str) -> int:
        """Return what one payment has in an account."""
        query = "select coalesce(sum(amount), 0) from entries where reference = ? and account = ?"
        return int(self._book.database.execute(query, (reference, account)).fetchone()[0])

    def payments(self, order: str | None = None) -> list[dict[str, Any]]:
        """Return each payment with its sums and how often money was captured and refunded."""
        query = (
            "select provider, order_ref, transaction_ref, reference, currency, "
            + ", ".join(
                f"sum(act = '{act}' and amount > 0), sum(case when act = '{act}' and amount > 0 then amount else 0 end)"
                for act in MOVES
            )
            + " from entries where (:order is null or order_ref = :order) group by reference order by min(seq)"
        )
        names = [name for act in MOVES for name in (f"{act}_count", f"{act}_amount")]
        columns = ["provider", "order", "transaction", "reference", "currency", *names]
        rows = self._book.database.execute(query, {"order": order})
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def orders(self) -> dict[str, dict[str, Any]]:
        """Return for each of our orders: captures, refunds, what is kept of the money, what is still held."""
        found: dict[str, dict[str, Any]] = {}
        for payment in self.payments():
            order = found.setdefault(
                payment["order"], {"captures": 0, "captured": 0, "refunds": 0, "refunded": 0, "held": 0, "payments": []}
            )
            order["captures"] += payment["capture_count"]
            order["captured"] += payment["capture_amount"]
            order["refunds"] += payment["refund_count"]
            order["refunded"] += payment["refund_amount"] - payment["unrefund_amount"]
            order["held"] += self.balance(payment["reference"], "held")
            order["payments"].append(payment["reference"])
        return found

    def totals(self) -> dict[str, dict[str, int]]:
        """Return the balance of every account by currency; each currency adds up to zero."""
        found: dict[str, dict[str, int]] = {}
        query = "select currency, account, sum(amount) from entries group by currency, account"
        for currency, account, amount in self._book.database.execute(query):
            found.setdefault(currency, {})[account] = amount
        return found
