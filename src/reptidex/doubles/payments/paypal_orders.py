"""The life of a PayPal order: opened, approved, authorised, captured or voided, refunded; upon the ledger."""

from decimal import Decimal, InvalidOperation
from typing import Any

from reptidex.doubles.payments.book import Book, Thing
from reptidex.doubles.payments.desk import Answer
from reptidex.doubles.payments.hooks import Hooks
from reptidex.doubles.payments.ledger import Ledger, Purpose
from reptidex.doubles.payments.paypal_objects import (
    DENYING,
    REFUSING,
    decided,
    error,
    is_known,
    new_dispute,
    new_event,
    new_order,
    new_payment,
    new_refund,
    shown,
)

ORDER, OWNER, DISPUTE = "paypal order", "paypal owner", "paypal dispute"
"""`paypal owner` leads from an authorisation or a capture to its order."""
WHOLE = {"JPY", "KRW", "CLP", "VND"}
APPROVABLE = ("CREATED", "PAYER_ACTION_REQUIRED")


class PayPalOrders:
    """What PayPal does to orders. Each method runs inside the book's transaction and returns PayPal's answer."""

    def __init__(self, book: Book, ledger: Ledger, hooks: Hooks, url: str) -> None:
        self._book, self._ledger, self._hooks, self._url = book, ledger, hooks, url

    def create(self, body: dict[str, Any]) -> Answer:
        """Open an order."""
        units = body.get("purchase_units") or []
        if body.get("intent") != "AUTHORIZE" or len(units) != 1 or _cents(units[0].get("amount")) <= 0:
            return error(400, "INVALID_PARAMETER_VALUE")
        order = self._book.put(ORDER, new_order(self._book, self._url, body))
        return Answer(status=201, body=shown(order), subject=_subject(order))

    def read(self, key: str) -> Answer:
        """Show an order."""
        order = self._book.get(ORDER, key)
        return error(404, "INVALID_RESOURCE_ID") if order is None else Answer(body=shown(order))

    def approve(self, key: str, vault: str) -> Thing | None:
        """Let the buyer approve, as `vault` would pay. Returns the order, or None where none waits for that."""
        order = self._book.get(ORDER, key)
        if order is None or order["status"] not in APPROVABLE:
            return None
        order |= {"status": "APPROVED", "vault": vault}
        self._book.put(ORDER, order)
        self._tell("CHECKOUT.ORDER.APPROVED", "checkout-order", shown(order), order)
        return order

    def authorize(self, key: str, body: dict[str, Any]) -> Answer:
        """Set the money aside."""
        order = self._book.get(ORDER, key)
        if order is None:
            return error(404, "INVALID_RESOURCE_ID")
        vault = ((body.get("payment_source") or {}).get("paypal") or {}).get("vault_id") or ""
        if order["status"] == "COMPLETED":
            return error(422, "ORDER_ALREADY_AUTHORIZED")
        if order["status"] != "APPROVED" and not vault:
            return error(422, "ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
        order["vault"] = payer = vault or order["vault"]
        if not is_known(payer):
            return error(422, "TOKEN_ID_NOT_FOUND")
        if payer in REFUSING:
            return error(422, REFUSING[payer], "The instrument presented was declined.")
        unit = order["purchase_units"][0]
        denied = payer in DENYING
        made = new_payment(self._book, order, "DENIED" if denied else "CREATED", unit["amount"])
        if denied:
            made["processor_response"] = {"response_code": DENYING[payer]}
        else:
            self._ledger.post("authorise", _purpose(order), _cents(unit["amount"]))
        self._keep(order, "authorizations", made)
        if not denied:
            order["status"] = "COMPLETED"
            self._tell("PAYMENT.AUTHORIZATION.CREATED", "authorization", made, order)
        self._book.put(ORDER, order)
        return Answer(status=201, body=shown(order), act="authorise", subject=_subject(order), method=payer)

    def capture(self, key: str, body: dict[str, Any]) -> Answer:
        """Take what was set aside."""
        order, authorization = self._owned("authorizations", key)
        if order is None or authorization is None:
            return error(404, "INVALID_RESOURCE_ID")
        refusals = {
            "CAPTURED": "AUTHORIZATION_ALREADY_CAPTURED",
            "VOIDED": "PREVIOUSLY_VOIDED",
            "DENIED": "AUTH_DENIED",
        }
        if authorization["status"] != "CREATED":
            return error(422, refusals[authorization["status"]])
        amount = body.get("amount") or authorization["amount"]
        held = _cents(authorization["amount"])
        if not 0 < _cents(amount) <= held:
            return error(422, "MAX_CAPTURE_AMOUNT_EXCEEDED")
        self._ledger.post("capture", _purpose(order), _cents(amount))
        if _cents(amount) < held:
            self._ledger.post("release", _purpose(order), held - _cents(amount))
        authorization["status"] = "CAPTURED"
        made = new_payment(self._book, order, "COMPLETED", amount)
        self._keep(order, "captures", made)
        self._book.put(ORDER, order)
        self._tell("PAYMENT.CAPTURE.COMPLETED", "capture", made, order)
        return Answer(status=201, body=made, act="capture", subject=_subject(order), method=order["vault"])

    def void(self, key: str) -> Answer:
        """Let go of it."""
        order, authorization = self._owned("authorizations", key)
        if order is None or authorization is None:
            return error(404, "INVALID_RESOURCE_ID")
        if authorization["status"] != "CREATED":
            return error(422, "PREVIOUSLY_CAPTURED" if authorization["status"] == "CAPTURED" else "PREVIOUSLY_VOIDED")
        authorization["status"] = "VOIDED"
        self._ledger.post("release", _purpose(order), _cents(authorization["amount"]))
        self._book.put(ORDER, order)
        self._tell("PAYMENT.AUTHORIZATION.VOIDED", "authorization", authorization, order)
        return Answer(status=204, body=None, act="cancel", subject=_subject(order), method=order["vault"])

    def read_capture(self, key: str) -> Answer:
        """Show a capture."""
        _, capture = self._owned("captures", key)
        return error(404, "INVALID_RESOURCE_ID") if capture is None else Answer(body=capture)

    def refund(self, key: str, body: dict[str, Any]) -> Answer:
        """Give captured money back."""
        order, capture = self._owned("captures", key)
        if order is None or capture is None:
            return error(404, "INVALID_RESOURCE_ID")
        refunds = order["purchase_units"][0]["payments"].get("refunds", [])
        left = _cents(capture["amount"]) - sum(_cents(refund["amount"]) for refund in refunds)
        if left == 0:
            return error(422, "CAPTURE_FULLY_REFUNDED")
        amount = body.get("amount") or _written(left, capture["amount"]["currency_code"])
        if not 0 < _cents(amount) <= left:
            return error(422, "REFUND_AMOUNT_EXCEEDED")
        self._ledger.post("refund", _purpose(order), _cents(amount))
        made = new_refund(self._book, body, amount)
        capture["status"] = "REFUNDED" if _cents(amount) == left else "PARTIALLY_REFUNDED"
        self._keep(order, "refunds", made)
        self._book.put(ORDER, order)
        self._tell("PAYMENT.CAPTURE.REFUNDED", "refund", made, order)
        subject = body.get("invoice_id") or made["id"]
        return Answer(status=201, body=made, act="refund", subject=subject, method=order["vault"])

    def dispute(self, key: str, reason: str) -> Thing | None:
        """Open a dispute over a captured order. Returns it, or None where nothing was captured."""
        order = self._book.get(ORDER, key)
        captures = ((order or {"purchase_units": [{}]})["purchase_units"][0].get("payments") or {}).get("captures")
        if order is None or not captures:
            return None
        left = self._ledger.balance(key, "merchant")
        if left:
            self._ledger.post("dispute", _purpose(order), left)
        dispute = new_dispute(self._book, captures[0], reason)
        self._book.put(DISPUTE, {"id": dispute["dispute_id"], "order": key, "dispute": dispute})
        self._tell("CUSTOMER.DISPUTE.CREATED", "dispute", dispute, order)
        return dispute

    def decide(self, key: str, *, won: bool) -> Thing | None:
        """Let PayPal decide the open dispute over an order. Returns it, or None where there is none."""
        order = self._book.get(ORDER, key)
        mine = (each for each in self._book.newest(DISPUTE) if each["order"] == key)
        kept = next((each for each in mine if each["dispute"]["status"] == "OPEN"), None)
        if order is None or kept is None:
            return None
        dispute = decided(self._book, kept["dispute"], won=won)
        self._book.put(DISPUTE, kept | {"dispute": dispute})
        taken = self._ledger.balance(key, "disputed")
        if taken:
            self._ledger.post("reinstate" if won else "chargeback", _purpose(order), taken)
        self._tell("CUSTOMER.DISPUTE.RESOLVED", "dispute", dispute, order)
        return dispute

    def read_dispute(self, key: str) -> Answer:
        """Show a dispute."""
        kept = self._book.get(DISPUTE, key)
        return error(404, "INVALID_RESOURCE_ID") if kept is None else Answer(body=kept["dispute"])

    def _owned(self, kind: str, key: str) -> tuple[Thing | None, Thing | None]:
        owner = self._book.get(OWNER, key)
        order = self._book.get(ORDER, owner["order"]) if owner else None
        if order is None:
            return None, None
        made = order["purchase_units"][0]["payments"].get(kind, [])
        return order, next((thing for thing in made if thing["id"] == key), None)

    def _keep(self, order: Thing, kind: str, made: Thing) -> None:
        order["purchase_units"][0].setdefault("payments", {}).setdefault(kind, []).append(made)
        self._book.put(OWNER, {"id": made["id"], "order": order["id"]})

    def _tell(self, kind: str, resource_type: str, resource: Thing, order: Thing) -> None:
        event = new_event(self._book, kind, resource_type, resource)
        self._hooks.queue("paypal", event, subject=f"{_subject(order)}/{resource.get('id', '')}", method=order["vault"])


def _cents(amount: Any) -> int:
    try:
        return int(Decimal(amount["value"]) * (1 if amount["currency_code"] in WHOLE else 100))
    except (TypeError, KeyError, InvalidOperation):
        return 0


def _written(cents: int, currency: str) -> dict[str, str]:
    value = str(cents) if currency in WHOLE else f"{Decimal(cents) / 100:.2f}"
    return {"currency_code": currency, "value": value}


def _subject(order: Thing) -> str:
    return str(order["purchase_units"][0].get("custom_id") or order["id"])


def _purpose(order: Thing) -> Purpose:
    unit = order["purchase_units"][0]
    ours, _, transaction = unit.get("custom_id", "").partition("|")
    currency = unit["amount"]["currency_code"]
    return Purpose(provider="paypal", order=ours, transaction=transaction, reference=order["id"], currency=currency)
