"""The rows of orders and of the sales that carry them out."""

from datetime import datetime
from typing import Literal

from reptidex.domain.sale.state import Hold, Money, Reason, Step
from reptidex.streams.commerce import DisputeReason, OrderLine, OrderStatus, PolicySnapshot
from reptidex.streams.values import Money as Sum
from reptidex.tables.row import Row, stored


@stored(
    "orders",
    key="order_id",
    indexes=(("buyer_vivarium_id", "created_at"), ("seller_vivarium_id", "created_at"), ("status", "created_at")),
)
class Order(Row, frozen=True, kw_only=True):
    """An order: what was bought, from whom, on which terms. Amounts are minor units of `currency`."""

    order_id: str
    transaction_id: str
    inquiry_id: str
    listing_id: str
    animal_id: str
    buyer_vivarium_id: str
    buyer_user_id: str
    seller_vivarium_id: str
    seller_user_id: str
    lines: tuple[OrderLine, ...]
    currency: str
    subtotal: int
    shipping: int
    tax: int
    total: int
    policy: PolicySnapshot
    status: OrderStatus
    reason: str = ""
    pay_by: datetime
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None


@stored(
    "sales",
    key="transaction_id",
    indexes=(
        ("order_id",),
        ("animal_id", "step"),
        ("buyer_vivarium_id", "step"),
        ("seller_vivarium_id", "step"),
        ("buyer_user_id", "step"),
        ("seller_user_id", "step"),
    ),
)
class SaleRow(Row, frozen=True, kw_only=True):
    """A sale under way or over. `step` to `disputed` are the state machine's own (`domain/sale`)."""

    transaction_id: str
    order_id: str
    animal_id: str
    listing_id: str
    buyer_vivarium_id: str
    buyer_user_id: str
    seller_vivarium_id: str
    seller_user_id: str
    amount: int
    currency: str
    provider: str
    method: str
    payment_id: str
    refund_id: str
    reserved_until: datetime
    step: Step
    generation: int
    hold: Hold
    money: Money
    reason: Reason = ""
    disputed: bool = False
    dispute: DisputeReason | None = None
    reference: str = ""
    """The provider's name of the refund or the dispute."""
    bank_dispute: str = ""
    """The provider's name of the last dispute that a bank, or the buyer at the provider, began."""
    verdict: Literal["", "won", "lost"] = ""
    """How it was decided, from the seller's side; empty while it is not."""
    contested: Sum | None = None
    """How much it was about; of a lost one, how much it took."""
    paid_back: Sum | None = None
    """What core says that the buyer got back so far: not `amount`, where that is a part, or another sum was taken."""
    started_at: datetime
    updated_at: datetime

    @property
    def refund(self) -> Sum:
        """What the buyer gets back, as far as is known: what they paid."""
        return self.paid_back or Sum(amount=self.amount, currency=self.currency)

    @property
    def left(self) -> Sum:
        """What the buyer has not got back of what was asked for."""
        back = self.paid_back.amount if self.paid_back is not None else 0
        return Sum(amount=self.amount - back, currency=self.currency)

    @property
    def with_the_bank(self) -> bool:
        """Whether a bank decides about the money: what it may take must not be paid back beside it."""
        return bool(self.bank_dispute) and not self.verdict
