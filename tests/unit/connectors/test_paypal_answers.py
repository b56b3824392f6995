"""PayPal's orders in our words: what is under way there is neither taken nor lost."""

from typing import Any

import pytest

from reptidex.connectors.payments.paypal_answers import payment_of


def _order(*captures: str, refund: str = "") -> dict[str, Any]:
    """Return an order whose authorisation was captured, in the shape of Orders v2."""
    amount = {"currency_code": "USD", "value": "450.00"}
    made = [{"id": f"C{at}", "status": status, "amount": amount} for at, status in enumerate(captures)]
    payments: dict[str, Any] = {
        "authorizations": [{"id": "A", "status": "CAPTURED", "amount": amount}],
        "captures": made,
        "refunds": [{"id": "R", "status": refund, "amount": amount}] if refund else [],
    }
    unit = {"custom_id": "order|sale", "amount": amount, "payments": payments}
    return {"id": "O", "status": "COMPLETED", "purchase_units": [unit]}


@pytest.mark.parametrize(
    ("captures", "state", "captured"),
    [
        (("COMPLETED",), "captured", 45_000),
        (("PENDING",), "processing", 0),
        (("DECLINED",), "requires_method", 0),
        (("FAILED",), "requires_method", 0),
        (("DECLINED", "PENDING"), "processing", 0),
        (("PENDING", "COMPLETED"), "captured", 45_000),
        (("REFUNDED",), "captured", 45_000),
    ],
)
def test_a_capture_that_paypal_still_looks_into_has_taken_nothing_yet(
    captures: tuple[str, ...], state: str, captured: int
) -> None:
    payment = payment_of(_order(*captures))

    assert (payment.state, payment.captured) == (state, captured)
