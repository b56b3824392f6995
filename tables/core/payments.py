"""Payments and what providers told us of them. The single writer is the order's id (the invoice's, for a plan)."""

from datetime import datetime
from typing import Literal

from reptidex.domain.payments import Status
from reptidex.streams.values import Money
from reptidex.tables.row import Row, stored


@stored(
    "payments",
    key="payment_id",
    indexes=(("order_id", "payment_id"), ("provider", "reference"), ("buyer_vivarium_id", "payment_id")),
)
class Payment(Row, frozen=True, kw_only=True):
    """One attempt to pay for one order; a later attempt has another id and a higher generation."""

    payment_id: str
    order_id: str
    transaction_id: str
    generation: int
    purpose: Literal["order", "plan"]
    absent: bool = False
    """Whether nobody is there who could act at the provider: a renewal."""
    amount: Money
    provider: str
    method: str
    buyer_user_id: str
    buyer_vivarium_id: str
    seller_vivarium_id: str = ""
    description: str = ""
    status: Status
    reason: str = ""
    reference: str = ""
    """The provider's name for it; empty until it has told us."""
    action_url: str = ""
    asked_at: datetime
    correlation_id: str = ""
    """The request that began the sale: what a provider tells later belongs to it."""
    captured_at: datetime | None = None
    taken: Money | None = None
    """What was captured in truth, once that is known: another sum or currency than `amount` is given back."""
    given_back: int = 0
    """How much of `taken` was given back and told, in its minor unit."""
    refund_id: str = ""
    refund_reason: str = ""
    refund_reference: str = ""
    disputed: bool = False
    looks: int = 0
    """How often it was looked up at the provider since the last news."""

    refund_tries: int = 0
    """Refunds that the provider said had failed."""

    @property
    def refunded(self) -> Money | None:
        """What the buyer has back so far; None while that is nothing."""
        paid = self.taken or self.amount
        return Money(amount=self.given_back, currency=paid.currency) if self.given_back else None

    @property
    def left(self) -> int:
        """How much of what was taken is not given back, in its minor unit."""
        return (self.taken or self.amount).amount - self.given_back

    @property
    def charged_back(self) -> bool:
        """Whether a bank took some of it back by a dispute: `given_back` has it, and the provider's books of refunds do not."""
        return self.refund_reason == "disputed"

    def at_provider(self, step: str) -> dict[str, str]:
        """Return what every act at the provider is given; its idempotency key is `<transaction>/<step>/<generation>`."""
        return {
            "order_id": self.order_id,
            "payment_id": self.payment_id,
            "provider": self.provider,
            "key": f"{self.transaction_id}/{step}/{self.generation}",
        }


@stored("provider_events", key="event_key", indexes=(("order_id",),))
class ProviderEvent(Row, frozen=True, kw_only=True):
    """A provider's event that was taken: its repeats are dropped. The key is `<provider>/<event>`."""

    event_key: str
    order_id: str
    payment_id: str
    kind: str
    taken_at: datetime
