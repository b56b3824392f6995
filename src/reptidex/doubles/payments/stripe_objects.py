"""The shapes of Stripe's objects and errors, as its API reference gives them."""

from typing import Any

import msgspec
import stripe

from reptidex.doubles.payments.book import Book, Thing
from reptidex.doubles.payments.desk import Answer

DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": (
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "pm_card_visa_chargeDeclinedInsufficientFunds": (
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card", "Your card has expired."),
    "pm_card_chargeDeclinedProcessingError": (
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}
"""Stripe's own test means of payment (https://docs.stripe.com/testing) and what they answer."""
AUTHENTICATED = {"pm_card_authenticationRequired", "pm_card_threeDSecure2Required"}
ABSENT = ("authentication_required", "authentication_required", "Your card was declined: it wants authentication.")
"""What is answered where one of these has to pay and nobody is there (`off_session`)."""
ANSWER_S = 7 * 86400
"""So long a dispute waits for the merchant's answer."""
DISPUTED = "pm_card_createDispute"
ACCEPTED = {"pm_card_visa", "pm_card_mastercard", "pm_card_amex", DISPUTED}


ONCE = "pm_once_"
"""A card as a person's own: it pays once, and again only for the customer who keeps it (test means are made anew each time)."""


def is_known(method: str) -> bool:
    """Return whether a means of payment exists here."""
    return (
        method in DECLINES or method in AUTHENTICATED or method in ACCEPTED or method.startswith(("pm_double_", ONCE))
    )


def error(status: int, kind: str, message: str, **more: Any) -> Answer:
    """Return an error as Stripe does; one of form alone is not kept under the idempotency key."""
    body = {"error": {"type": kind, "message": message, **{name: value for name, value in more.items() if value}}}
    return Answer(status=status, body=body, begun=more.get("code") not in (None, "parameter_missing"))


def missing(what: str, key: str, param: str = "intent") -> Answer:
    """Return the error for an object that is not there."""
    status = 404 if param in ("intent", "id") else 400
    return error(status, "invalid_request_error", f"No such {what}: '{key}'", code="resource_missing", param=param)


def new_intent(book: Book, params: dict[str, Any], amount: int) -> Thing:
    """Return a fresh payment intent."""
    key = book.fresh("pi_")
    return {
        "id": key,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": book.fresh(f"{key}_secret_"),
        "confirmation_method": "automatic",
        "created": int(book.now()),
        "currency": params["currency"].lower(),
        "customer": params.get("customer"),
        "description": params.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "next_action": None,
        "payment_method": params.get("payment_method"),
        "payment_method_types": params.get("payment_method_types") or ["card"],
        "receipt_email": params.get("receipt_email"),
        "return_url": params.get("return_url"),
        "status": "requires_payment_method",
    }


def new_charge(book: Book, intent: Thing) -> Thing:
    """Return the charge that an authorised intent gets."""
    return {
        "id": book.fresh("ch_"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "captured": False,
        "created": int(book.now()),
        "currency": intent["currency"],
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "refunded": False,
        "status": "succeeded",
    }


def new_refund(book: Book, intent: Thing, amount: int, params: dict[str, Any]) -> Thing:
    """Return a refund that went through at once."""
    return {
        "id": book.fresh("re_"),
        "object": "refund",
        "amount": amount,
        "charge": intent["latest_charge"],
        "created": int(book.now()),
        "currency": intent["currency"],
        "metadata": params.get("metadata") or {},
        "payment_intent": intent["id"],
        "reason": params.get("reason"),
        "status": "succeeded",
    }


def new_dispute(book: Book, intent: Thing, reason: str) -> Thing:
    """Return a dispute over the whole sum."""
    return {
        "id": book.fresh("du_"),
        "object": "dispute",
        "amount": intent["amount_received"],
        "charge": intent["latest_charge"],
        "created": int(book.now()),
        "currency": intent["currency"],
        "evidence_details": {"due_by": int(book.now()) + ANSWER_S, "has_evidence": False, "past_due": False},
        "livemode": False,
        "metadata": {},
        "payment_intent": intent["id"],
        "reason": reason,
        "status": "needs_response",
    }


def new_event(book: Book, kind: str, thing: Thing) -> Thing:
    """Return an event with the object as it is at this moment."""
    return {
        "id": book.fresh("evt_"),
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(book.now()),
        "data": {"object": msgspec.json.decode(msgspec.json.encode(thing))},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def listed(url: str, things: list[Thing], more: bool) -> Thing:
    """Return a list object."""
    return {"object": "list", "url": url, "has_more": more, "data": things}
