"""Stripe's webhooks: proof of origin, and what they tell (https://docs.stripe.com/webhooks)."""

import re
from collections.abc import Mapping
from typing import Any

import stripe

from reptidex.connectors.payments.port import ForgedNoticeError, NoticeKind, PaymentNotice
from reptidex.connectors.payments.proof import only, sound
from reptidex.connectors.payments.stripe_answers import due_of, kept, reason_of
from reptidex.streams.values import Money

TOLERANCE_S = 300
HEADER = re.compile(r"t=(?P<at>[1-9][0-9]{0,11})(?:,v[0-9]=[0-9a-f]{64})+", re.ASCII)

KINDS: dict[str, NoticeKind] = {
    "payment_intent.requires_action": "requires_action",
    "payment_intent.amount_capturable_updated": "authorised",
    "payment_intent.succeeded": "captured",
    "payment_intent.payment_failed": "failed",
    "payment_intent.canceled": "canceled",
    "refund.created": "refunded",
    "refund.updated": "refunded",
    "refund.failed": "refund_failed",
    "charge.dispute.created": "dispute",
    "charge.dispute.closed": "dispute_closed",
}
REFUND_KINDS: dict[str, NoticeKind] = {
    "succeeded": "refunded",
    "failed": "refund_failed",
    "canceled": "refund_failed",
}
AMOUNTS = {"authorised": "amount_capturable", "captured": "amount_received"}


def read_notice(
    client: stripe.StripeClient, body: bytes, headers: Mapping[str, str], secrets: tuple[str, ...], now: float
) -> PaymentNotice:
    """Verify a webhook against any of the secrets, and read it.

    The SDK checks the signature; the form of its header and the age, in both directions, are judged here, because the SDK
    also takes odd numerals and stamps of the future. Raises `ForgedNoticeError`.
    """
    header = only(headers, "Stripe-Signature")
    form = HEADER.fullmatch(header)
    if form is None:
        raise ForgedNoticeError("the header Stripe-Signature is malformed")
    if abs(now - int(form["at"])) > TOLERANCE_S:
        raise ForgedNoticeError(f"the notice was signed more than {TOLERANCE_S} s from now")
    for secret in secrets:
        try:
            return sound(_read(client.construct_event(body, header, secret, tolerance=0)))
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            continue
        except (ValueError, AttributeError, KeyError, TypeError, OverflowError, OSError) as problem:
            raise ForgedNoticeError(f"the notice is signed, but it is no event: {problem}") from problem
    raise ForgedNoticeError("no live secret made this signature")


def _read(event: stripe.Event) -> PaymentNotice:
    kind = KINDS.get(getattr(event, "type", ""), "other")
    if kind == "other":
        return PaymentNotice(provider="stripe", event=event.id, kind="other", reference="")
    thing: Any = event.data.object
    if event.type.startswith("refund."):
        kind = REFUND_KINDS.get(thing.status, "other")
    intent = event.type.startswith("payment_intent.")
    problem = getattr(thing, "last_payment_error", None)
    return PaymentNotice(
        provider="stripe",
        event=event.id,
        kind=kind,
        reference=thing.id if intent else (thing.payment_intent or ""),
        order=kept(thing, "order"),
        transaction=kept(thing, "transaction"),
        money=Money(amount=getattr(thing, AMOUNTS.get(kind, "amount")), currency=thing.currency.upper()),
        detail="" if intent else thing.id,
        reason=_reason(thing, problem),
        respond_by=due_of(thing),
    )


def _reason(thing: Any, problem: Any) -> str:
    if problem is not None:
        return reason_of(problem)
    names = ("cancellation_reason", "failure_reason", "reason")
    return str(next((value for name in names if (value := getattr(thing, name, None))), ""))
