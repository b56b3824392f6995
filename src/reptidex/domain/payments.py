"""A payment as a state machine: what is seen of it at the provider, and what follows, each exactly once.

`decide` is total: every status meets everything that may be seen, in any order, any number of times, from the provider's
answer, its webhooks and our own look-ups alike.
"""

from typing import Literal

import msgspec

Status = Literal[
    "authorising",
    "awaiting",
    "capturing",
    "completed",
    "failed",
    "canceling",
    "canceled",
    "refunding",
    "refunded",
]
"""`awaiting`: the buyer has to act at the provider. `canceling`: called off, and what the provider did is not known yet."""

Seen = Literal[
    "approved",
    "requires_action",
    "processing",
    "authorised",
    "captured",
    "miscaptured",
    "declined",
    "canceled",
    "absent",
]
"""`absent`: the provider has never heard of it. `miscaptured`: money was taken, but not the sum that was asked for."""

Act = Literal["confirm", "capture", "let_go", "refund", "say_completed", "say_failed"]

OPEN: tuple[Status, ...] = ("authorising", "awaiting", "capturing", "canceling", "refunding")
"""Something is still to come; a payment in any other status has rest."""
BLOCKING: tuple[Status, ...] = ("authorising", "awaiting", "capturing", "canceling", "completed")
"""While one payment of an order is so, another for the same order is refused: money is taken once."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What follows: the status from now on, and what is to be done."""

    status: Status
    acts: tuple[Act, ...] = ()


def decide(status: Status, seen: Seen) -> Decision:
    """Return what follows when a payment with this status is seen so at the provider."""
    match status:
        case "authorising" | "awaiting":
            return _asked(status, seen)
        case "capturing":
            return _capturing(seen)
        case "canceling":
            return _canceling(seen)
        case "failed" | "canceled":
            return _over(status, seen)
        case _:
            return Decision(status=status)


def _asked(status: Status, seen: Seen) -> Decision:
    match seen:
        case "requires_action":
            return Decision(status="awaiting")
        case "approved":
            return Decision(status="awaiting", acts=("confirm",))
        case "authorised":
            return Decision(status="capturing", acts=("capture",))
        case "captured":
            return Decision(status="completed", acts=("say_completed",))
        case "miscaptured":
            return Decision(status="refunding", acts=("refund",))
        case "declined" | "canceled" | "absent":
            return Decision(status="failed", acts=("say_failed",))
        case "processing":
            return Decision(status=status)


def _capturing(seen: Seen) -> Decision:
    match seen:
        case "captured":
            return Decision(status="completed", acts=("say_completed",))
        case "miscaptured":
            return Decision(status="refunding", acts=("refund",))
        case "declined" | "canceled":
            return Decision(status="failed", acts=("say_failed",))
        case _:
            return Decision(status="capturing")


def _canceling(seen: Seen) -> Decision:
    match seen:
        case "captured" | "miscaptured":
            return Decision(status="refunding", acts=("refund",))
        case "declined" | "canceled" | "absent":
            return Decision(status="canceled", acts=("say_failed",))
        case "authorised" | "requires_action" | "processing":
            return Decision(status="canceling", acts=("let_go",))
        case "approved":
            return Decision(status="canceling")


def _over(status: Status, seen: Seen) -> Decision:
    """Money that arrives after we said that it would not: given back, or let go of."""
    match seen:
        case "captured" | "miscaptured":
            return Decision(status="refunding", acts=("refund",))
        case "authorised":
            return Decision(status=status, acts=("let_go",))
        case _:
            return Decision(status=status)


def as_asked(status: Status) -> str:
    """Return what the service that asked for the payment is told of its status."""
    return "processing" if status in ("authorising", "awaiting", "capturing") else status


DISPUTES: dict[str, str] = {
    "fraudulent": "fraud",
    "unauthorised": "fraud",
    "unrecognized": "unrecognised",
    "product_not_received": "undelivered",
    "merchandise_or_service_not_received": "undelivered",
    "product_unacceptable": "misdescribed",
    "merchandise_or_service_not_as_described": "misdescribed",
    "duplicate": "duplicate",
    "duplicate_transaction": "duplicate",
}
"""Stripe's dispute reasons (https://docs.stripe.com/disputes/categories) and PayPal's (Disputes API v1), in our words."""


def dispute_reason(code: str) -> str:
    """Name why a payment is contested in the words of the contract `payment.disputed`, from the provider's own code."""
    return DISPUTES.get(code.lower(), "other")


FAILURES = ("declined", "expired", "canceled", "authentication", "fraud", "provider")


def failure(seen: Seen, code: str) -> str:
    """Name the reason of a failure in the words of the contract `payment.failed`, from the provider's own code."""
    if seen == "canceled":
        return "expired"
    if seen == "absent":
        return "provider"
    if code in FAILURES:
        return code
    if "authentication" in code or "3d" in code:
        return "authentication"
    if code in ("fraudulent", "lost_card", "stolen_card", "pickup_card", "merchant_blacklist"):
        return "fraud"
    return "provider" if code in ("processing_error", "api_error") else "declined"
