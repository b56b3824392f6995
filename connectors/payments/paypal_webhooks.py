"""PayPal's webhooks: proof of origin without a call per notice, and what they tell.

https://developer.paypal.com/api/rest/webhooks/rest/ signs `transmission id|time|webhook id|crc32(body)`. A CRC is no
secure hash: whoever holds one true notice could fit another body to it, so act on `look_up`, never on the notice alone.
"""

import re
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import httpx
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from reptidex.connectors.certificates import PinnedCertificates, canonical_base64
from reptidex.connectors.payments.money import minor
from reptidex.connectors.payments.paypal_answers import due_of
from reptidex.connectors.payments.port import ForgedNoticeError, NoticeKind, PaymentNotice
from reptidex.connectors.payments.proof import only, sound

OLDEST_S = 3 * 86400 + 3600
"""PayPal goes on sending for three days."""
NEWEST_S = 300
PATH = r"/v1/notifications/certs/[A-Za-z0-9_-]{1,128}"
TRANSMISSION = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)

KINDS: dict[str, NoticeKind] = {
    "CHECKOUT.ORDER.APPROVED": "approved",
    "PAYMENT.AUTHORIZATION.CREATED": "authorised",
    "PAYMENT.AUTHORIZATION.VOIDED": "canceled",
    "PAYMENT.CAPTURE.COMPLETED": "captured",
    "PAYMENT.CAPTURE.DENIED": "failed",
    "PAYMENT.CAPTURE.DECLINED": "failed",
    "PAYMENT.CAPTURE.REFUNDED": "refunded",
    "PAYMENT.REFUND.FAILED": "refund_failed",
    "CUSTOMER.DISPUTE.CREATED": "dispute",
    "CUSTOMER.DISPUTE.RESOLVED": "dispute_closed",
}


class Certificates(PinnedCertificates):
    """PayPal's certificates, fetched from pinned hosts only and kept.

    A host is trusted over https. Plain http is for emulators: a loopback address with a port, or what is written `http://…`.
    """

    def __init__(self, http: httpx.AsyncClient, hosts: tuple[str, ...], clock: Callable[[], float]) -> None:
        origins = "|".join(re.escape(_origin(host)) for host in hosts)
        trusted = re.compile(f"(?:{origins}){PATH}", re.ASCII)
        super().__init__(http, trusted, clock, whose="paypal", forged=ForgedNoticeError)


def _origin(host: str) -> str:
    if host.startswith("http://"):
        return host.rstrip("/")
    name, _, port = host.partition(":")
    try:
        plain = bool(port) and ip_address(name).is_loopback
    except ValueError:
        plain = False
    return f"{'http' if plain else 'https'}://{host}"


async def read_notice(
    body: bytes, headers: Mapping[str, str], webhook_id: str, certificates: Certificates, now: float
) -> tuple[PaymentNotice, str]:
    """Verify a webhook, and read it; with the capture's id where the notice names that in place of the order.

    Raises `ForgedNoticeError`, or `UnavailableError` (retriable).
    """
    transmission = only(headers, "PAYPAL-TRANSMISSION-ID")
    stamp = only(headers, "PAYPAL-TRANSMISSION-TIME")
    if only(headers, "PAYPAL-AUTH-ALGO") != "SHA256withRSA":
        raise ForgedNoticeError("the algorithm is not SHA256withRSA")
    if TRANSMISSION.fullmatch(transmission) is None or TIME.fullmatch(stamp) is None:
        raise ForgedNoticeError("the transmission's id or time is malformed")
    try:
        age = now - datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError as problem:
        raise ForgedNoticeError("there is no such time") from problem
    if not -NEWEST_S <= age <= OLDEST_S:
        raise ForgedNoticeError("the notice is older than PayPal's retries, or from the future")
    signature = canonical_base64(only(headers, "PAYPAL-TRANSMISSION-SIG"), ForgedNoticeError)
    key = await certificates.key(only(headers, "PAYPAL-CERT-URL"))
    signed = f"{transmission}|{stamp}|{webhook_id}|{zlib.crc32(body)}".encode()
    try:
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature as problem:
        raise ForgedNoticeError("PayPal did not make this signature") from problem
    try:
        notice, capture = _read(msgspec.json.decode(body))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError) as problem:
        raise ForgedNoticeError(f"the notice is signed, but it is no event: {problem!r}") from problem
    return sound(notice), capture


def _read(event: dict[str, Any]) -> tuple[PaymentNotice, str]:
    kind = KINDS.get(event["event_type"], "other")
    thing = event["resource"]
    if kind == "other":
        return PaymentNotice(provider="paypal", event=event["id"], kind="other", reference=""), ""
    unit, reference, amount, detail, capture = thing, "", thing.get("amount"), "", ""
    if kind == "approved":
        unit, reference = thing["purchase_units"][0], thing["id"]
        amount = unit["amount"]
    elif kind in ("dispute", "dispute_closed"):
        amount, detail = thing["dispute_amount"], thing["dispute_id"]
        disputed = thing["disputed_transactions"][0]
        unit, capture = {"custom_id": disputed.get("custom", "")}, disputed["seller_transaction_id"]
    elif kind in ("refunded", "refund_failed"):
        detail = thing["id"]
    order, transaction, named = [*unit.get("custom_id", "").split("|"), "", "", ""][:3]
    related = (thing.get("supplementary_data") or {}).get("related_ids") or {}
    notice = PaymentNotice(
        provider="paypal",
        event=event["id"],
        kind=kind,
        reference=reference or related.get("order_id", "") or named,
        order=order,
        transaction=transaction,
        money=minor(amount),
        detail=detail,
        reason=str(thing.get("reason") or (thing.get("status_details") or {}).get("reason") or ""),
        respond_by=due_of(thing),
    )
    return notice, capture
