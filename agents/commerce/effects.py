"""The acts of a sale in the outside world, as they are stored until they are done."""

from datetime import datetime
from typing import Literal

from reptidex.agents.agent import Effect
from reptidex.streams.values import Money


class SaleEffect(Effect, frozen=True, kw_only=True):
    """An act of a sale; the outcome is told to the writer of its animal."""

    animal_id: str
    transaction_id: str


class HoldAnimal(SaleEffect, frozen=True, kw_only=True):
    """Have animal hold the animal, so that it can be neither moved nor archived nor sold elsewhere."""

    generation: int
    until: datetime
    """When animal lets go of it by itself."""
    vivarium_id: str
    """The seller."""


class ReleaseHold(SaleEffect, frozen=True, kw_only=True):
    """Have animal let go."""


class SettleTransfer(SaleEffect, frozen=True, kw_only=True):
    """Take the hold away, without which no transfer can happen any more, and see whose the animal is."""

    buyer_vivarium_id: str


class RequestPayment(SaleEffect, frozen=True, kw_only=True):
    """Have core take the buyer's money."""

    payment_id: str
    order_id: str
    generation: int
    amount: Money
    provider: str
    method: str
    buyer_user_id: str
    buyer_vivarium_id: str
    seller_vivarium_id: str
    description: str


class LookUpPayment(SaleEffect, frozen=True, kw_only=True):
    """Ask core how the payment stands."""

    payment_id: str


class CancelPayment(SaleEffect, frozen=True, kw_only=True):
    """Have core call the payment off, if it is not too late."""

    payment_id: str
    reason: str


class RefundPart(SaleEffect, frozen=True, kw_only=True):
    """Have core pay a part of the sum back, once by the refund's id. How much is back by then, core's event tells."""

    payment_id: str
    refund_id: str
    amount: int


class RefundPayment(SaleEffect, frozen=True, kw_only=True):
    """Have core pay the whole sum back. The refund's id is the sale's: however often it is asked, it happens once."""

    payment_id: str
    refund_id: str
    reason: Literal["cancelled", "rejected", "late", "requested"]
