"""Amounts between our minor units and the decimals of providers (ISO 4217 exponents)."""

from decimal import Decimal

from reptidex.connectors.payments.port import PaymentRefusedError
from reptidex.streams.values import Money

WITHOUT_CENTS = {
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "JPY",
    "KMF",
    "KRW",
    "MGA",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
}
WHOLE_AT_PAYPAL = {"HUF", "TWD"}
"""Two decimals in ISO 4217, none at PayPal (https://developer.paypal.com/api/rest/reference/currency-codes/)."""


def decimal(money: Money) -> dict[str, str]:
    """Write an amount as PayPal wants it. Raises `PaymentRefusedError` for cents where PayPal takes none."""
    if money.currency in WITHOUT_CENTS:
        value = str(money.amount)
    elif money.currency in WHOLE_AT_PAYPAL:
        if money.amount % 100:
            raise PaymentRefusedError("invalid_amount", f"PayPal takes whole {money.currency} only")
        value = str(money.amount // 100)
    else:
        value = f"{Decimal(money.amount) / 100:.2f}"
    return {"currency_code": money.currency, "value": value}


def minor(amount: dict[str, str]) -> Money:
    """Read an amount as PayPal writes it."""
    currency = amount["currency_code"]
    factor = 1 if currency in WITHOUT_CENTS else 100
    return Money(amount=int(Decimal(amount["value"]) * factor), currency=currency)
