"""Subscriptions and invoices of vivariums. The single writer is the vivarium's id."""

from datetime import datetime

from reptidex.streams.values import InvoiceLine, Money
from reptidex.tables.row import Row, stored


@stored("subscriptions", key="vivarium_id")
class Subscription(Row, frozen=True, kw_only=True):
    """A vivarium's plan as it stands."""

    vivarium_id: str
    subscription_id: str
    plan: str
    status: str
    started_at: datetime
    period_end: datetime | None = None
    next_plan: str = ""
    """The plan that follows at the end of the period; empty where the same goes on."""
    provider: str = ""
    method: str = ""
    """The provider's token of the means of payment, for renewals."""
    payer_id: str = ""
    """Who gave it; empty where that was not written down yet: who opened the vivarium."""
    provider_reference: str = ""
    attempts: int = 0
    """Renewals that failed in a row."""
    open_invoice_id: str = ""


@stored("invoices", key="invoice_id", indexes=(("vivarium_id", "invoice_id"), ("order_id",)))
class Invoice(Row, frozen=True, kw_only=True):
    """An invoice; its number counts up by vivarium without a gap."""

    invoice_id: str
    vivarium_id: str
    number: str
    place: int
    lines: tuple[InvoiceLine, ...]
    total: Money
    tax: Money
    status: str
    """`open`, `paid` or `failed`."""
    created_at: datetime
    due_at: datetime | None = None
    paid_at: datetime | None = None
    order_id: str = ""
    plan: str = ""
    """The plan that it pays for; empty for an order's."""
    provider: str = ""
    provider_reference: str = ""
