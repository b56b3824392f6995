"""The shapes of PayPal's objects and errors, as its Orders and Payments v2 references give them."""

from datetime import UTC, datetime
from typing import Any

from reptidex.doubles.payments.book import Book, Thing
from reptidex.doubles.payments.desk import Answer

REFUSING = {
    "vault_declined": "INSTRUMENT_DECLINED",
    "vault_expired": "CARD_EXPIRED",
    "vault_cannot_pay": "PAYER_CANNOT_PAY",
}
"""Vaulted accounts whose payments are answered 422 with this issue."""
DENYING = {"vault_insufficient": "5120"}
"""Vaulted accounts whose authorisations come back as DENIED with this code of the processor."""

ANSWER_S = 10 * 86400
"""So long a dispute waits for the seller's answer."""


def is_known(vault: str) -> bool:
    """Return whether a vaulted account exists here."""
    return vault == "vault_ok" or vault in REFUSING or vault in DENYING or vault.startswith("vault_double_")


def stamp(book: Book, ahead_s: int = 0) -> str:
    """Return the double's time, or one that is ahead of it, as PayPal writes it."""
    return datetime.fromtimestamp(int(book.now()) + ahead_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def error(status: int, issue: str, text: str = "") -> Answer:
    """Return an error as PayPal does."""
    name = {400: "INVALID_REQUEST", 404: "RESOURCE_NOT_FOUND", 422: "UNPROCESSABLE_ENTITY"}.get(status, "ERROR")
    details = [{"issue": issue, "description": text or issue.replace("_", " ").capitalize()}]
    return Answer(status=status, body={"name": name, "message": name, "debug_id": "double", "details": details})


def new_order(book: Book, url: str, body: dict[str, Any]) -> Thing:
    """Return an order that waits for the buyer."""
    key = book.fresh("", 17).upper()
    asked = "paypal" in (body.get("payment_source") or {})
    rel, status = ("payer-action", "PAYER_ACTION_REQUIRED") if asked else ("approve", "CREATED")
    context = ((body.get("payment_source") or {}).get("paypal") or {}).get("experience_context") or {}
    return {
        "id": key,
        "intent": body["intent"],
        "status": status,
        "create_time": stamp(book),
        "purchase_units": [{"reference_id": "default", **body["purchase_units"][0]}],
        "links": [
            {"href": f"{url}/v2/checkout/orders/{key}", "rel": "self", "method": "GET"},
            {"href": f"{url}/_buyer/paypal/{key}", "rel": rel, "method": "GET"},
        ],
        "return_url": context.get("return_url"),
        "vault": "",
    }


def new_payment(book: Book, order: Thing, status: str, amount: dict[str, str]) -> Thing:
    """Return an authorisation or a capture of an order."""
    unit = order["purchase_units"][0]
    return {
        "id": book.fresh("", 17).upper(),
        "status": status,
        "amount": amount,
        "custom_id": unit.get("custom_id", ""),
        "invoice_id": unit.get("invoice_id", ""),
        "supplementary_data": {"related_ids": {"order_id": order["id"]}},
        "create_time": stamp(book),
    }


def new_refund(book: Book, body: dict[str, Any], amount: dict[str, str]) -> Thing:
    """Return a refund; unlike the others PayPal's does not name the order."""
    return {
        "id": book.fresh("", 17).upper(),
        "status": "COMPLETED",
        "amount": amount,
        "custom_id": body.get("custom_id", ""),
        "invoice_id": body.get("invoice_id", ""),
        "create_time": stamp(book),
    }


def new_dispute(book: Book, capture: Thing, reason: str) -> Thing:
    """Return a dispute over a whole capture, as the Disputes API v1 shows it."""
    return {
        "dispute_id": book.fresh("PP-D-", 8),
        "create_time": stamp(book),
        "update_time": stamp(book),
        "disputed_transactions": [{"seller_transaction_id": capture["id"], "custom": capture["custom_id"]}],
        "reason": reason.upper(),
        "status": "OPEN",
        "dispute_amount": capture["amount"],
        "dispute_life_cycle_stage": "CHARGEBACK",
        "dispute_channel": "INTERNAL",
        "seller_response_due_date": stamp(book, ANSWER_S),
    }


def decided(book: Book, dispute: Thing, *, won: bool) -> Thing:
    """Return a dispute that was decided for the seller or for the buyer."""
    outcome: Thing = {"outcome_code": "RESOLVED_SELLER_FAVOUR"}
    if not won:
        outcome = {"outcome_code": "RESOLVED_BUYER_FAVOUR", "amount_refunded": dispute["dispute_amount"]}
    open_only = ("seller_response_due_date",)
    kept = {name: value for name, value in dispute.items() if name not in open_only}
    return kept | {"status": "RESOLVED", "update_time": stamp(book), "dispute_outcome": outcome}


def new_event(book: Book, kind: str, resource_type: str, resource: Thing) -> Thing:
    """Return a webhook event."""
    return {
        "id": book.fresh("WH-"),
        "event_version": "1.0",
        "create_time": stamp(book),
        "resource_type": resource_type,
        "resource_version": "2.0",
        "event_type": kind,
        "summary": kind.replace(".", " ").lower(),
        "resource": resource,
    }


def shown(order: Thing) -> Thing:
    """Return an order without what only the double knows."""
    return {name: value for name, value in order.items() if name not in ("return_url", "vault")}
