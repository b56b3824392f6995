"""What repti-core is asked to do about payments that are contested, and what it sees of them at the provider."""

from datetime import datetime
from typing import Literal

from reptidex.streams.contract import Command, command
from reptidex.streams.values import Money


@command(key="order_id", service="core")
class CheckDispute(Command, frozen=True, kw_only=True):
    """Look a dispute up at the provider: the word that it was decided may be lost."""

    order_id: str
    payment_id: str
    dispute_reference: str


@command(key="order_id", service="core")
class SeeDispute(Command, frozen=True, kw_only=True):
    """Note how a dispute stands at the provider."""

    order_id: str
    payment_id: str
    dispute_reference: str
    state: Literal["open", "won", "lost", "absent"]
    """`absent`: the provider knows none by this name."""
    contested: Money | None = None
    code: str = ""
    """Why the payment is contested, in the provider's own word."""
    respond_by: datetime | None = None


@command(key="vivarium_id", service="core")
class DropMeans(Command, frozen=True, kw_only=True):
    """Charge a vivarium's plan no more to a means of payment, whose owner has contested what it paid."""

    vivarium_id: str
    method: str
