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
