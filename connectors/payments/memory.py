"""The twin of a payment provider: payments, declines, lost answers and signed webhooks in memory."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, cast

import msgspec

from reptidex.connectors.payments.port import (
    Charge,
    DeclinedError,
    Dispute,
    ForgedNoticeError,
    NoticeKind,
    Payment,
    PaymentNotice,
    PaymentRefusedError,
    Refund,
    UnknownOutcomeError,
    UnknownPaymentError,
)
from reptidex.connectors.payments.proof import only
from reptidex.errors import UnavailableError
from reptidex.streams.values import Money

DECLINES = {"declined": "card_declined", "insufficient": "insufficient_funds", "expired": "expired_card"}
TOLERANCE_S = 300
SECRET = b"twin"
SIGNATURE, STAMP = "Twin-Signature", "Twin-Time"


class MemoryPaymentGateway:
    """`PaymentGateway` in memory.

    Means of payment: `ok`, `action` (the buyer must act, see `act`), and the keys of `DECLINES`. `lose_answers` lets that
    many acts happen whose answer is then lost; `down` refuses every call; `short` is left out of each capture. Webhooks are
    collected in `webhooks`.
    """

    def __init__(self, *, provider: str = "memory", clock: Callable[[], float] = time.time) -> None:
        self.provider = provider
        self.lose_answers = 0
        self.down = False
        self.short = 0
        self.webhooks: list[tuple[bytes, dict[str, str]]] = []
        self.captures: dict[str, int] = {}
        """How often each order was captured: what a judge of money asks."""
        self._payments: dict[str, Payment] = {}
        self._disputes: dict[str, Dispute] = {}
        self._answers: dict[str, Payment | Refund | DeclinedError] = {}
        self._clock = clock

    async def authorise(self, charge: Charge, *, key: str) -> Payment:
        """Set money aside."""
        return cast(Payment, self._once(key, lambda: self._authorise(charge)))

    async def confirm(self, reference: str, *, key: str) -> Payment:
        """Answer the payment: the twin goes on by itself once the buyer acted."""
        self._up()
        return self._need(reference)

    async def capture(self, reference: str, *, key: str) -> Payment:
        """Take what was set aside."""
        return cast(Payment, self._once(key, lambda: self._capture(reference)))

    async def cancel(self, reference: str, *, key: str) -> Payment:
        """Let go of it."""
        return cast(Payment, self._once(key, lambda: self._cancel(reference)))

    async def refund(self, reference: str, *, amount: int | None = None, key: str) -> Refund:
        """Give it back."""
        return cast(Refund, self._once(key, lambda: self._refund(reference, amount)))

    async def look_up(self, reference: str) -> Payment:
        """Read a payment."""
        self._up()
        return self._need(reference)

    async def look_up_dispute(self, reference: str) -> Dispute:
        """Read a dispute."""
        self._up()
        if reference not in self._disputes:
            raise UnknownPaymentError("resource_missing", f"there is no dispute {reference}")
        return self._disputes[reference]

    async def find(self, charge: Charge, *, key: str) -> Payment | None:
        """Read what a key made."""
        self._up()
        made = self._answers.get(key)
        return self._payments[made.reference] if isinstance(made, Payment) else None

    async def read_notice(self, body: bytes, headers: Mapping[str, str]) -> PaymentNotice:
        """Verify the twin's own signature."""
        stamp, signature = only(headers, STAMP), only(headers, SIGNATURE)
        if not hmac.compare_digest(self._signature(stamp, body).encode(), signature.encode()):
            raise ForgedNoticeError("this is not the twin's signature")
        if abs(self._clock() - float(stamp)) > TOLERANCE_S:
            raise ForgedNoticeError("the notice is too old")
        return msgspec.json.decode(body, type=PaymentNotice)

    async def aclose(self) -> None:
        """There are no connections."""

    def act(self, reference: str, *, succeeds: bool = True) -> None:
        """Let the buyer do what the state `requires_action` asks of them."""
        payment = self._need(reference)
        if payment.state == "requires_action":
            if succeeds:
                self._write(payment, "authorised", state="authorised", action_url="")
            else:
                self._write(payment, "failed", state="requires_method", reason="authentication_failed", action_url="")

    def dispute(self, reference: str, reason: str = "fraudulent") -> None:
        """Let the buyer's bank dispute a captured payment; like real providers, without our order's name."""
        payment = self._need(reference)
        dispute = Dispute(
            provider=self.provider,
            reference=f"dispute_{len(self._disputes) + 1}",
            payment=reference,
            money=payment.money,
            state="open",
            reason=reason,
            respond_by=datetime.fromtimestamp(int(self._clock()) + 7 * 86400, UTC),
        )
        self._tell_of("dispute", dispute)

    def decide(self, reference: str, state: Literal["won", "lost"], amount: int | None = None) -> None:
        """Let the newest dispute of a payment be decided; a lost one may cost a part only."""
        dispute = [each for each in self._disputes.values() if each.payment == reference][-1]
        money = dispute.money if amount is None else msgspec.structs.replace(dispute.money, amount=amount)
        self._tell_of("dispute_closed", msgspec.structs.replace(dispute, state=state, money=money))

    def _tell_of(self, kind: NoticeKind, dispute: Dispute) -> None:
        self._disputes[dispute.reference] = dispute
        said = {name: getattr(dispute, name) for name in ("money", "reason", "respond_by")}
        payment = self._need(dispute.payment)
        self._send(payment, kind, order="", transaction="", detail=dispute.reference, **said)

    def take_back_refund(self, reference: str) -> None:
        """Let the refunds of a payment fail after all, as a bank does that cannot book them."""
        payment = self._need(reference)
        money = Money(amount=payment.refunded, currency=payment.money.currency)
        self._write(payment, "refund_failed", money=money, detail=f"refund_of_{reference}", refunded=0)

    def forget(self, reference: str) -> None:
        """Know a payment no more, as PayPal does with an order that nobody approved."""
        del self._payments[reference]

    def announce(self, reference: str, kind: NoticeKind, money: Money) -> None:
        """Send a webhook of the provider's own accord, whatever the payment is."""
        payment = self._need(reference)
        self._send(payment, kind, order=payment.order, transaction=payment.transaction, money=money)

    def _authorise(self, charge: Charge) -> Payment | DeclinedError:
        reference = f"payment_{len(self._payments) + 1}"
        payment = Payment(
            provider=self.provider,
            reference=reference,
            order=charge.order,
            transaction=charge.transaction,
            money=charge.money,
            state="requires_method",
            client_secret=f"{reference}_secret",
        )
        self._payments[reference] = payment
        if charge.method in DECLINES:
            code = DECLINES[charge.method]
            self._write(payment, "failed", reason=code)
            return DeclinedError(code, f"declined: {code}")
        if charge.method == "action":
            url = f"https://twin.invalid/act/{reference}"
            return self._write(payment, "requires_action", state="requires_action", action_url=url)
        if not charge.method:
            return payment
        if charge.method != "ok":
            raise PaymentRefusedError("resource_missing", f"there is no means of payment {charge.method}")
        return self._write(payment, "authorised", state="authorised")

    def _capture(self, reference: str) -> Payment:
        payment = self._need(reference)
        if payment.state == "captured":
            return payment
        if payment.state != "authorised":
            raise PaymentRefusedError("unexpected_state", f"the payment is {payment.state}")
        self.captures[payment.order] = self.captures.get(payment.order, 0) + 1
        taken = Money(amount=payment.money.amount - self.short, currency=payment.money.currency)
        return self._write(payment, "captured", money=taken, state="captured", captured=taken.amount)

    def _cancel(self, reference: str) -> Payment:
        payment = self._need(reference)
        if payment.state == "canceled":
            return payment
        if payment.state == "captured":
            raise PaymentRefusedError("unexpected_state", "the payment is captured")
        return self._write(payment, "canceled", state="canceled")

    def _refund(self, reference: str, amount: int | None) -> Refund:
        payment = self._need(reference)
        left = payment.captured - payment.refunded
        given = left if amount is None else amount
        if not 0 < given <= left:
            raise PaymentRefusedError("amount_too_large", f"{given} of {left} cannot be refunded")
        money = Money(amount=given, currency=payment.money.currency)
        name = f"refund_{len(self._answers) + 1}"
        self._write(payment, "refunded", money=money, detail=name, refunded=payment.refunded + given)
        return Refund(provider=self.provider, reference=name, payment=reference, money=money, state="succeeded")

    def _once(self, key: str, act: Callable[[], Payment | Refund | DeclinedError]) -> Payment | Refund:
        self._up()
        if key not in self._answers:
            self._answers[key] = act()
            if self.lose_answers:
                self.lose_answers -= 1
                raise UnknownOutcomeError(self.provider, "the answer was lost")
        answer = self._answers[key]
        if isinstance(answer, DeclinedError):
            raise answer
        return answer

    def _need(self, reference: str) -> Payment:
        if reference not in self._payments:
            raise UnknownPaymentError("resource_missing", f"there is no payment {reference}")
        return self._payments[reference]

    def _write(
        self, payment: Payment, kind: NoticeKind, *, money: Money | None = None, detail: str = "", **changes: Any
    ) -> Payment:
        written = msgspec.structs.replace(payment, **changes)
        self._payments[payment.reference] = written
        self._send(
            written,
            kind,
            order=payment.order,
            transaction=payment.transaction,
            money=money or payment.money,
            detail=detail,
            reason=written.reason,
        )
        return written

    def _send(self, payment: Payment, kind: NoticeKind, **said: Any) -> None:
        event = f"event_{len(self.webhooks) + 1}"
        notice = PaymentNotice(provider=self.provider, event=event, kind=kind, reference=payment.reference, **said)
        body, stamp = msgspec.json.encode(notice), str(self._clock())
        self.webhooks.append((body, {STAMP: stamp, SIGNATURE: self._signature(stamp, body)}))

    def _signature(self, stamp: str, body: bytes) -> str:
        return hmac.new(SECRET, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()

    def _up(self) -> None:
        if self.down:
            raise UnavailableError(self.provider, "the twin was told to be down")
