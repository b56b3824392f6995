"""The life of a payment intent (https://docs.stripe.com/payments/paymentintents/lifecycle), upon the ledger."""

from typing import Any

from reptidex.doubles.payments.book import Book, Thing
from reptidex.doubles.payments.desk import Answer
from reptidex.doubles.payments.faults import subject_of
from reptidex.doubles.payments.hooks import Hooks
from reptidex.doubles.payments.ledger import Ledger, Purpose
from reptidex.doubles.payments.stripe_objects import (
    ABSENT,
    AUTHENTICATED,
    DECLINES,
    DISPUTED,
    ONCE,
    error,
    is_known,
    missing,
    new_charge,
    new_dispute,
    new_event,
    new_intent,
    new_refund,
)

INTENT, CHARGE, REFUND, DISPUTE = "stripe payment_intent", "stripe charge", "stripe refund", "stripe dispute"
METHOD, CUSTOMER = "stripe payment_method", "stripe customer"
CANCELABLE = {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture", "processing"}


class StripeIntents:
    """What Stripe does to intents. Each method runs inside the book's transaction and returns Stripe's answer."""

    def __init__(self, book: Book, ledger: Ledger, hooks: Hooks, url: str) -> None:
        self._book, self._ledger, self._hooks, self._url = book, ledger, hooks, url

    def create(self, params: dict[str, Any]) -> Answer:
        """Create an intent, and confirm it where `confirm` says so."""
        for name in ("amount", "currency"):
            if not params.get(name):
                text = f"Missing required param: {name}."
                return error(400, "invalid_request_error", text, code="parameter_missing", param=name)
        if not params["amount"].isdigit() or not 0 < int(params["amount"]) < 10**8:
            return error(
                400, "invalid_request_error", "Invalid integer", code="parameter_invalid_integer", param="amount"
            )
        method = params.get("payment_method") or ""
        if method and not is_known(method):
            return missing("PaymentMethod", method, "payment_method")
        customer = params.get("customer") or ""
        if customer and self._book.get(CUSTOMER, customer) is None:
            return missing("customer", customer, "customer")
        used = self._book.get(METHOD, method)
        spent = used is not None and (not customer or used["customer"] != customer)
        if spent or (used is None and method.startswith(ONCE) and params.get("off_session") == "true"):
            text = "The PaymentMethod is not attached to this Customer, and cannot be used (again) without."
            return error(400, "invalid_request_error", text, code="payment_method_unexpected_state")
        if params.get("off_session") == "true" and params.get("setup_future_usage"):
            return error(
                400, "invalid_request_error", "Both off_session and setup_future_usage", code="parameter_invalid"
            )
        intent = new_intent(self._book, params, int(params["amount"]))
        if method:
            intent["status"] = "requires_confirmation"
        self._book.put(INTENT, intent)
        if params.get("confirm") == "true":
            if method.startswith(ONCE) and used is None:
                kept = customer if params.get("setup_future_usage") else ""
                self._book.put(METHOD, {"id": method, "customer": kept})
            return self._confirm(intent, absent=params.get("off_session") == "true")
        return self._answer(intent, "")

    def confirm(self, key: str, params: dict[str, Any]) -> Answer:
        """Confirm an intent with its own means of payment or a new one."""
        intent = self._book.get(INTENT, key)
        if intent is None:
            return missing("payment_intent", key)
        if intent["status"] not in ("requires_confirmation", "requires_payment_method"):
            return self._unexpected(intent, "confirm")
        method = params.get("payment_method") or intent["payment_method"]
        if not method or not is_known(method):
            return missing("PaymentMethod", method or "", "payment_method")
        intent["payment_method"] = method
        return self._confirm(intent)

    def capture(self, key: str, params: dict[str, Any]) -> Answer:
        """Take what was set aside, and let go of the rest."""
        intent = self._book.get(INTENT, key)
        if intent is None:
            return missing("payment_intent", key)
        if intent["status"] != "requires_capture":
            return self._unexpected(intent, "capture")
        amount = int(params.get("amount_to_capture") or intent["amount_capturable"])
        if not 0 < amount <= intent["amount_capturable"]:
            return error(400, "invalid_request_error", "Too much", code="amount_too_large", param="amount_to_capture")
        self._take(intent, amount)
        if intent["payment_method"] == DISPUTED:
            self.dispute(key, "fraudulent")
        return self._answer(intent, "capture")

    def cancel(self, key: str, params: dict[str, Any]) -> Answer:
        """Cancel an intent that was not captured."""
        intent = self._book.get(INTENT, key)
        if intent is None:
            return missing("payment_intent", key)
        if intent["status"] not in CANCELABLE:
            return self._unexpected(intent, "cancel")
        if intent["amount_capturable"]:
            self._ledger.post("release", _purpose(intent), intent["amount_capturable"])
        intent |= {
            "status": "canceled",
            "amount_capturable": 0,
            "canceled_at": int(self._book.now()),
            "cancellation_reason": params.get("cancellation_reason"),
            "next_action": None,
        }
        self._tell("payment_intent.canceled", self._book.put(INTENT, intent))
        return self._answer(intent, "cancel")

    def refund(self, params: dict[str, Any]) -> Answer:
        """Give captured money back."""
        key = params.get("payment_intent", "")
        intent = self._book.get(INTENT, key)
        if intent is None:
            return missing("payment_intent", key, "payment_intent")
        charge = self._book.get(CHARGE, intent["latest_charge"] or "")
        if charge is None or not charge["captured"]:
            return error(
                400, "invalid_request_error", "This intent has no charge to refund", code="charge_not_captured"
            )
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            text = f"Charge {charge['id']} has already been refunded."
            return error(400, "invalid_request_error", text, code="charge_already_refunded")
        amount = int(params.get("amount") or left)
        if not 0 < amount <= left or self._ledger.balance(key, "merchant") < amount:
            text = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            return error(400, "invalid_request_error", text, code="amount_too_large", param="amount")
        self._ledger.post("refund", _purpose(intent), amount)
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self._book.put(CHARGE, charge)
        refund = self._book.put(REFUND, new_refund(self._book, intent, amount, params))
        method = intent["payment_method"] or ""
        self._hooks.queue(
            "stripe", new_event(self._book, "refund.created", refund), subject=refund["id"], method=method
        )
        return Answer(body=refund, act="refund", subject=refund["metadata"].get("key", refund["id"]), method=method)

    def authenticate(self, key: str, *, succeeds: bool) -> Thing | None:
        """Let the buyer pass or fail 3-D Secure. Returns the intent, or None where none waits for that."""
        intent = self._book.get(INTENT, key)
        if intent is None or intent["status"] != "requires_action":
            return None
        intent["next_action"] = None
        if succeeds:
            self._authorise(intent)
        else:
            text = "The provided PaymentMethod has failed authentication."
            self._fail(intent, "payment_intent_authentication_failure", "authentication_failed", text)
        return intent

    def dispute(self, key: str, reason: str) -> Thing | None:
        """Let the buyer's bank take the money back. Returns the dispute, or None where nothing was captured."""
        intent = self._book.get(INTENT, key)
        if intent is None or intent["status"] != "succeeded":
            return None
        dispute = self._book.put(DISPUTE, new_dispute(self._book, intent, reason))
        left = self._ledger.balance(key, "merchant")
        if left:
            self._ledger.post("dispute", _purpose(intent), left)
        self._tell_of("charge.dispute.created", dispute, intent)
        return dispute

    def decide(self, key: str, *, won: bool) -> Thing | None:
        """Let the bank decide the open dispute of an intent. Returns it, or None where there is none."""
        intent = self._book.get(INTENT, key)
        open_ones = (each for each in self._book.newest(DISPUTE) if each["payment_intent"] == key)
        dispute = next((each for each in open_ones if each["status"] == "needs_response"), None)
        if intent is None or dispute is None:
            return None
        dispute = self._book.put(DISPUTE, dispute | {"status": "won" if won else "lost"})
        taken = self._ledger.balance(key, "disputed")
        if taken:
            self._ledger.post("reinstate" if won else "chargeback", _purpose(intent), taken)
        if won:
            self._tell_of("charge.dispute.funds_reinstated", dispute, intent)
        self._tell_of("charge.dispute.closed", dispute, intent)
        return dispute

    def _tell_of(self, kind: str, dispute: Thing, intent: Thing) -> None:
        method = intent["payment_method"] or ""
        self._hooks.queue("stripe", new_event(self._book, kind, dispute), subject=subject_of(intent), method=method)

    def expanded(self, intent: Thing) -> Thing:
        """Return an intent with its charge inside."""
        return intent | {"latest_charge": self._book.get(CHARGE, intent["latest_charge"] or "")}

    def _confirm(self, intent: Thing, *, absent: bool = False) -> Answer:
        method = intent["payment_method"]
        if method in DECLINES or (absent and method in AUTHENTICATED):
            code, decline, text = DECLINES.get(method, ABSENT)
            self._fail(intent, code, decline, text)
            refused = error(
                402, "card_error", text, code=code, decline_code=decline, payment_intent=self.expanded(intent)
            )
            return refused
        if method in AUTHENTICATED:
            intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
            if intent[
                "return_url"
            ]:  # without it the buyer is sent nowhere: a page of ours would have to run Stripe's script
                redirect = {"url": f"{self._url}/_buyer/stripe/{intent['id']}", "return_url": intent["return_url"]}
                intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": redirect}
            intent["status"] = "requires_action"
            self._tell("payment_intent.requires_action", self._book.put(INTENT, intent))
        else:
            self._authorise(intent)
        return self._answer(intent, "authorise")

    def _authorise(self, intent: Thing) -> None:
        self._ledger.post("authorise", _purpose(intent), intent["amount"])
        charge = self._book.put(CHARGE, new_charge(self._book, intent))
        intent |= {"latest_charge": charge["id"], "amount_capturable": intent["amount"], "status": "requires_capture"}
        intent["last_payment_error"] = None
        if intent["capture_method"] == "manual":
            self._tell("payment_intent.amount_capturable_updated", self._book.put(INTENT, intent))
        else:
            self._take(intent, intent["amount"])

    def _take(self, intent: Thing, amount: int) -> None:
        self._ledger.post("capture", _purpose(intent), amount)
        if amount < intent["amount_capturable"]:
            self._ledger.post("release", _purpose(intent), intent["amount_capturable"] - amount)
        charge = self._book.get(CHARGE, intent["latest_charge"])
        assert charge is not None
        self._book.put(CHARGE, charge | {"captured": True, "amount_captured": amount})
        intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
        self._tell("payment_intent.succeeded", self._book.put(INTENT, intent))

    def _fail(self, intent: Thing, code: str, decline: str, text: str) -> None:
        intent["last_payment_error"] = {"type": "card_error", "code": code, "decline_code": decline, "message": text}
        intent["status"] = "requires_payment_method"
        self._tell("payment_intent.payment_failed", self._book.put(INTENT, intent))

    def _tell(self, kind: str, intent: Thing) -> None:
        method = intent["payment_method"] or ""
        self._hooks.queue("stripe", new_event(self._book, kind, intent), subject=subject_of(intent), method=method)

    def _answer(self, intent: Thing, act: str) -> Answer:
        method = intent["payment_method"] or ""
        return Answer(body=self.expanded(intent), act=act, subject=subject_of(intent), method=method)

    def _unexpected(self, intent: Thing, verb: str) -> Answer:
        text = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
        return error(
            400,
            "invalid_request_error",
            text,
            code="payment_intent_unexpected_state",
            payment_intent=self.expanded(intent),
        )


def _purpose(intent: Thing) -> Purpose:
    return Purpose(
        provider="stripe",
        order=intent["metadata"].get("order", ""),
        transaction=intent["metadata"].get("transaction", ""),
        reference=intent["id"],
        currency=intent["currency"].upper(),
    )
