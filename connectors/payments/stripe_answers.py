"""Stripe's objects and errors in the words of the port."""

from datetime import UTC, datetime
from typing import Any, get_args

import stripe

from reptidex.connectors.payments.port import (
    DeclinedError,
    Dispute,
    Payment,
    PaymentRefusedError,
    Refund,
    State,
    UnknownOutcomeError,
    UnknownPaymentError,
)
from reptidex.errors import ReptidexError, UnavailableError
from reptidex.streams.values import Money

STATES: dict[str, State] = {
    "requires_payment_method": "requires_method",
    "requires_confirmation": "processing",
    "requires_action": "requires_action",
    "processing": "processing",
    "requires_capture": "authorised",
    "succeeded": "captured",
    "canceled": "canceled",
}
DISPUTE_STATES = {
    "won": "won",
    "lost": "lost",
    "warning_closed": "won",
    "charge_refunded": "won",
    "prevented": "won",
}
"""Disputes that were decided (https://docs.stripe.com/api/disputes/object); by the last three nothing is taken from us, a
refund that prevented one tells of itself."""
REFUND_STATES = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


def payment_of(intent: stripe.PaymentIntent) -> Payment:
    """Read an intent whose `latest_charge` was expanded."""
    charge: Any = intent.latest_charge
    action: Any = intent.next_action
    redirect: Any = getattr(action, "redirect_to_url", None)
    problem: Any = intent.last_payment_error
    return Payment(
        provider="stripe",
        reference=intent.id,
        order=kept(intent, "order"),
        transaction=kept(intent, "transaction"),
        money=Money(amount=intent.amount, currency=intent.currency.upper()),
        state=STATES[intent.status],
        captured=intent.amount_received or 0,
        refunded=0 if charge is None or isinstance(charge, str) else charge.amount_refunded,
        action_url=(redirect.url or "") if redirect else "",
        client_secret=intent.client_secret or "",
        reason=reason_of(problem),
    )


def refund_of(refund: stripe.Refund) -> Refund:
    """Read a refund."""
    intent = refund.payment_intent
    return Refund(
        provider="stripe",
        reference=refund.id,
        payment=intent if isinstance(intent, str) else getattr(intent, "id", ""),
        money=Money(amount=refund.amount, currency=refund.currency.upper()),
        state=REFUND_STATES.get(refund.status or "", "pending"),  # type: ignore[arg-type]
    )


def dispute_of(dispute: stripe.Dispute) -> Dispute:
    """Read a dispute."""
    intent = dispute.payment_intent
    return Dispute(
        provider="stripe",
        reference=dispute.id,
        payment=intent if isinstance(intent, str) else getattr(intent, "id", ""),
        money=Money(amount=dispute.amount, currency=dispute.currency.upper()),
        state=DISPUTE_STATES.get(dispute.status, "open"),  # type: ignore[arg-type]
        reason=dispute.reason,
        respond_by=due_of(dispute),
    )


def due_of(thing: Any) -> datetime | None:
    """Return until when a dispute takes an answer, where it says so."""
    due = getattr(getattr(thing, "evidence_details", None), "due_by", None)
    return datetime.fromtimestamp(due, UTC) if due else None


def failure(problem: stripe.StripeError) -> ReptidexError:
    """Return the error of ours that an error of Stripe's means (https://docs.stripe.com/error-handling)."""
    detail = problem.user_message or problem.code or type(problem).__name__
    match problem:
        case stripe.CardError():
            return DeclinedError(reason_of(problem.error) or problem.code or "card_declined", detail)
        case stripe.RateLimitError():
            return UnavailableError("stripe", "it asks us to slow down")
        case stripe.AuthenticationError() | stripe.PermissionError():
            return UnavailableError("stripe", "it refuses our key")
        case stripe.IdempotencyError() if problem.http_status != 409:
            return PaymentRefusedError("idempotency_error", detail)
        case stripe.InvalidRequestError() if problem.http_status == 404:
            return UnknownPaymentError(problem.code or "resource_missing", detail)
        case stripe.InvalidRequestError() if problem.http_status != 409:
            return PaymentRefusedError(problem.code or "invalid_request", detail)
        case _:
            return UnknownOutcomeError("stripe", detail)


def kept(thing: Any, name: str) -> str:
    """Return what we put into the metadata of an object of Stripe, or nothing."""
    metadata = getattr(thing, "metadata", None)
    return str(getattr(metadata, name, "") or "") if metadata is not None else ""


def reason_of(error: Any) -> str:
    """Return the most exact word that Stripe has for a decline."""
    if error is None:
        return ""
    code, exact = getattr(error, "code", None) or "", getattr(error, "decline_code", None) or ""
    return str(code if exact in ("", "generic_decline") else exact)


assert set(STATES.values()) == set(get_args(State))  # every state of the port is reached
