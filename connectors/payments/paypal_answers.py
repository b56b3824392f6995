"""PayPal's objects in the words of the port."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reptidex.connectors.payments.money import minor
from reptidex.connectors.payments.port import DeclinedError, Dispute, Payment, Refund, State
from reptidex.streams.values import Money

PROCESSOR = {"5120": "insufficient_funds", "5400": "expired_card", "9500": "suspected_fraud"}
"""Codes of card processors that say more than that the card was declined."""
ORDER_STATES: Mapping[str, State] = {
    "CREATED": "requires_action",
    "SAVED": "requires_action",
    "PAYER_ACTION_REQUIRED": "requires_action",
    "APPROVED": "processing",
    "VOIDED": "canceled",
}
AUTHORIZATION_STATES: Mapping[str, State] = {
    "CREATED": "authorised",
    "CAPTURED": "captured",
    "PARTIALLY_CAPTURED": "captured",
    "DENIED": "requires_method",
    "PENDING": "processing",
    "VOIDED": "canceled",
}
TAKEN = {"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"}
CAPTURE_STATES: Mapping[str, State] = {
    "PENDING": "processing",
    "DECLINED": "requires_method",
    "FAILED": "requires_method",
}
"""Captures that have taken nothing: PayPal looks into one (an eCheck, a review), or has refused it."""
REFUND_STATES = {"COMPLETED": "succeeded", "PENDING": "pending"}

LOST = ("RESOLVED_BUYER_FAVOUR", "ACCEPTED")
"""Outcomes of disputes by which the seller pays (Disputes API v1, `dispute_outcome`); by all others the money stays, be it
that PayPal pays the buyer itself (`RESOLVED_WITH_PAYOUT`)."""


def _last(order: Mapping[str, Any], kind: str) -> Any:
    found = _all(order, kind)
    return found[-1] if found else None


def _all(order: Mapping[str, Any], kind: str) -> list[Any]:
    return (order["purchase_units"][0].get("payments") or {}).get(kind) or []


def authorization_of(order: Mapping[str, Any]) -> Any:
    """Return the order's authorisation, or None."""
    return _last(order, "authorizations")


def capture_of(order: Mapping[str, Any]) -> Any:
    """Return the order's capture, or None."""
    return next((capture for capture in _all(order, "captures") if capture["status"] in TAKEN), None)


def payment_of(order: Mapping[str, Any]) -> Payment:
    """Read an order with the payments inside it."""
    unit = order["purchase_units"][0]
    ours, _, transaction = unit.get("custom_id", "").partition("|")
    authorization = authorization_of(order)
    state = ORDER_STATES.get(order["status"], "processing")
    reason = ""
    if authorization is not None:
        state = AUTHORIZATION_STATES.get(authorization["status"], "processing")
        reason = declined(authorization).code if authorization["status"] == "DENIED" else ""
    made = _all(order, "captures")
    captures = [minor(capture["amount"]).amount for capture in made if capture["status"] in TAKEN]
    refunds = [minor(refund["amount"]).amount for refund in _all(order, "refunds") if refund["status"] in REFUND_STATES]
    if captures:
        state = "captured"
    elif made:
        state = CAPTURE_STATES.get(made[-1]["status"], "processing")
    links = {link["rel"]: link["href"] for link in order.get("links", [])}
    return Payment(
        provider="paypal",
        reference=order["id"],
        order=ours,
        transaction=transaction,
        money=minor(unit["amount"]),
        state=state,
        captured=sum(captures),
        refunded=sum(refunds),
        action_url=(links.get("payer-action") or links.get("approve", "")) if state == "requires_action" else "",
        reason=reason,
    )


def refund_of(order: Mapping[str, Any], key: str) -> Refund | None:
    """Return the refund that was made with a key."""
    for refund in _all(order, "refunds"):
        if refund.get("invoice_id") == key:
            money: Money = minor(refund["amount"])
            return Refund(
                provider="paypal",
                reference=refund["id"],
                payment=order["id"],
                money=money,
                state=REFUND_STATES.get(refund["status"], "failed"),  # type: ignore[arg-type]
            )
    return None


def dispute_of(dispute: Mapping[str, Any], order: str) -> Dispute:
    """Read a dispute over a capture of an order."""
    outcome = dispute.get("dispute_outcome") or {}
    lost = outcome.get("outcome_code") in LOST
    return Dispute(
        provider="paypal",
        reference=dispute["dispute_id"],
        payment=order,
        money=minor((lost and outcome.get("amount_refunded")) or dispute["dispute_amount"]),
        state=("lost" if lost else "won") if dispute["status"] == "RESOLVED" else "open",
        reason=str(dispute.get("reason") or ""),
        respond_by=due_of(dispute),
    )


def due_of(dispute: Mapping[str, Any]) -> datetime | None:
    """Return until when a dispute takes an answer, where it says so."""
    due = dispute.get("seller_response_due_date")
    if not due:
        return None
    moment = datetime.fromisoformat(due)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def declined(thing: Mapping[str, Any]) -> DeclinedError:
    """Return the error for an authorisation or capture that was denied."""
    code = (thing.get("processor_response") or {}).get("response_code", "")
    return DeclinedError(PROCESSOR.get(code, "card_declined"), f"PayPal declined the payment ({code or 'no code'})")
