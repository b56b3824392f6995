"""What repti-core can be asked to do with money: plans, invoices, payments.

Commands about a payment are keyed by its order (for a plan: its invoice), so that one writer decides per order.
"""

from datetime import datetime
from typing import Literal

import msgspec

from reptidex.domain.payments import Seen
from reptidex.streams.contract import Command, command
from reptidex.streams.core import RefundReason
from reptidex.streams.values import InvoiceLine, Money, Plan, Provider


@command(key="vivarium_id", service="core")
class ChangePlan(Command, frozen=True, kw_only=True):
    """Change a vivarium's plan: a higher one counts once it is paid, a lower one from the end of the period."""

    vivarium_id: str
    plan: Plan
    invoice_id: str
    payment_id: str
    user_id: str
    provider: Provider | None = None
    method: str = ""


@command(key="vivarium_id", service="core")
class RenewPlan(Command, frozen=True, kw_only=True):
    """End a period: ask for the next payment, or let the plan lapse."""

    vivarium_id: str
    subscription_id: str


@command(key="vivarium_id", service="core")
class OverridePlan(Command, frozen=True, kw_only=True):
    """Give a vivarium a plan that nobody pays for, as an administrator decided."""

    vivarium_id: str
    plan: Plan


@command(key="vivarium_id", service="core")
class SettleInvoice(Command, frozen=True, kw_only=True):
    """Note that an invoice was paid, or that its payment failed."""

    vivarium_id: str
    invoice_id: str
    paid: bool
    provider: Provider
    provider_reference: str
    reason: str = ""


@command(key="vivarium_id", service="core")
class IssueOrderInvoice(Command, frozen=True, kw_only=True):
    """Write the invoice of an order that is fulfilled and paid."""

    vivarium_id: str
    order_id: str
    lines: tuple[InvoiceLine, ...]
    total: Money
    tax: Money
    completed_at: datetime


@command(key="order_id", service="core")
class RequestPayment(Command, frozen=True, kw_only=True):
    """Take money for an order; the same payment asked for again is answered as it stands."""

    order_id: str
    payment_id: str
    transaction_id: str
    generation: int
    amount: Money
    provider: Provider
    method: str
    buyer_user_id: str
    buyer_vivarium_id: str
    seller_vivarium_id: str = ""
    description: str = ""
    purpose: Literal["order", "plan"] = "order"
    absent: bool = False
    """Whether nobody is there who could act at the provider: a renewal."""


class PaymentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Answers every command about one payment."""

    payment_id: str
    order_id: str
    status: str
    """`processing`, `completed`, `failed`, `canceling`, `canceled`, `refunding`, `refunded`."""
    reason: str = ""
    action_url: str = ""
    """Where the buyer has to act, while they have to."""
    refunded: Money | None = None
    """What the buyer has back so far."""
    refund_reference: str = ""
    """The provider's name of the refund, where it has told it."""


@command(key="order_id", service="core")
class CancelPayment(Command, frozen=True, kw_only=True):
    """Call a payment off; answered `completed` where it was too late."""

    order_id: str
    payment_id: str
    reason: str = ""


@command(key="order_id", service="core")
class RefundPayment(Command, frozen=True, kw_only=True):
    """Give the whole sum back, or a part of it, once a refund's id."""

    order_id: str
    payment_id: str
    refund_id: str
    reason: RefundReason
    amount: int | None = None
    """How much, in minor units; None for all that is left."""


@command(key="order_id", service="core")
class SeePayment(Command, frozen=True, kw_only=True):
    """Note how a payment stands at the provider, as its answer to us or a look-up said."""

    order_id: str
    payment_id: str
    seen: Seen
    reference: str = ""
    taken: Money | None = None
    """What was captured, where something was."""
    refunded: int = 0
    action_url: str = ""
    code: str = ""


@command(key="order_id", service="core")
class SeeRefund(Command, frozen=True, kw_only=True):
    """Note how the refund of a payment stands at the provider."""

    order_id: str
    payment_id: str
    state: Literal["pending", "succeeded", "failed"]
    refund_reference: str = ""


@command(key="order_id", service="core")
class TakeNotice(Command, frozen=True, kw_only=True):
    """Act on a provider's webhook, whose signature was verified, once."""

    order_id: str
    provider: Provider
    event: str
    kind: str
    reference: str
    amount: int = 0
    currency: str = ""
    detail: str = ""
    code: str = ""
    respond_by: datetime | None = None
    """Until when a dispute has to be answered."""


@command(key="order_id", service="core")
class CheckPayment(Command, frozen=True, kw_only=True):
    """Look a payment up at the provider, where no news has come for a while."""

    order_id: str
    payment_id: str
