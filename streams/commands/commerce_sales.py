"""What came of the acts of a sale, told to the one writer of its animal: the saga's own messages."""

from typing import Literal

from reptidex.streams.commerce import SaleFailure
from reptidex.streams.contract import Command, command
from reptidex.streams.values import Count, Id, Money, Text


class SaleOutcome(Command, frozen=True, kw_only=True):
    """Something that a sale hears."""

    animal_id: Id
    transaction_id: Id


@command(key="animal_id", service="commerce")
class TellHold(SaleOutcome, frozen=True, kw_only=True):
    """Tell a sale how animal answered its request for a hold."""

    generation: Count
    answer: Literal["granted", "refused", "unknown"]
    reason: SaleFailure = "unavailable"


@command(key="animal_id", service="commerce")
class TellReleased(SaleOutcome, frozen=True, kw_only=True):
    """Tell a sale that animal holds nothing for it any more."""


@command(key="animal_id", service="commerce")
class TellPayment(SaleOutcome, frozen=True, kw_only=True):
    """Tell a sale how its payment stands."""

    state: Literal["captured", "ended", "unknown", "refunded", "contested"]
    reason: SaleFailure = "declined"
    reference: Text = ""
    """The provider's name of the refund or dispute."""
    refunded: Money | None = None
    """What was paid back, in state `refunded`."""


@command(key="animal_id", service="commerce")
class TellTransfer(SaleOutcome, frozen=True, kw_only=True):
    """Tell a sale who owns its animal, now that nothing can change it any more."""

    done: bool


@command(key="animal_id", service="commerce")
class PassDeadline(SaleOutcome, frozen=True, kw_only=True):
    """Tell a sale that the deadline which was set with this generation passed."""

    generation: Count
