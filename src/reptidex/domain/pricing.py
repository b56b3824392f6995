"""Sums of an order, in integers of the minor unit: nothing is ever rounded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Currency = Literal[
    "AUD",
    "BRL",
    "CAD",
    "CHF",
    "CNY",
    "CZK",
    "DKK",
    "EUR",
    "GBP",
    "HKD",
    "ILS",
    "MXN",
    "MYR",
    "NOK",
    "NZD",
    "PHP",
    "PLN",
    "SEK",
    "SGD",
    "THB",
    "USD",
]
"""What can be sold in: what both payment providers take with two decimals (https://developer.paypal.com/api/rest/reference/currency-codes/)."""


LEAST: dict[str, int] = {
    "CZK": 1_500,
    "DKK": 250,
    "GBP": 30,
    "HKD": 400,
    "MXN": 1_000,
    "MYR": 200,
    "NOK": 300,
    "PLN": 200,
    "SEK": 300,
    "THB": 1_000,
}
"""What can be paid by card at least, in minor units; `LEAST_ELSEWHERE` in all others (https://docs.stripe.com/currencies)."""
LEAST_ELSEWHERE = 50
MOST_PRICE, MOST_SHIPPING = 89_999_999, 10_000_000
"""Together eight digits of minor units: what a provider takes at once (the same page)."""


def least(currency: str) -> int:
    """Return the smallest sum that can be paid, in minor units."""
    return LEAST.get(currency, LEAST_ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Totals:
    """What an order costs, in minor units of one currency. `total` is always the sum of the other three."""

    subtotal: int
    shipping: int
    tax: int

    @property
    def total(self) -> int:
        """What the buyer pays."""
        return self.subtotal + self.shipping + self.tax


def totals(prices: Sequence[int], *, shipping: int = 0, tax: int = 0) -> Totals:
    """Add an order up. Raises `ValueError` for a negative amount."""
    if min((*prices, shipping, tax)) < 0:
        raise ValueError("an amount of an order is never negative")
    return Totals(subtotal=sum(prices), shipping=shipping, tax=tax)
