"""What a sale may hear: answers, events, deadlines, wishes. In any order, late, and more than once."""

from dataclasses import dataclass

from reptidex.domain.sale.state import Reason


@dataclass(frozen=True, slots=True)
class HoldGranted:
    """Animal holds the animal for the request of this generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class HoldRefused:
    """Animal refuses the hold for good."""

    generation: int
    reason: Reason = "unavailable"


@dataclass(frozen=True, slots=True)
class HoldUnknown:
    """Animal never answered the request for a hold; it may hold the animal all the same."""

    generation: int


@dataclass(frozen=True, slots=True)
class HoldReleased:
    """Animal says that nothing is held for this sale."""


@dataclass(frozen=True, slots=True)
class PaymentCaptured:
    """The buyer's money was taken."""


@dataclass(frozen=True, slots=True)
class PaymentEnded:
    """The payment has come to its end without money: declined, canceled, or never begun."""

    reason: Reason = "declined"


@dataclass(frozen=True, slots=True)
class PaymentUnknown:
    """Core never answered a request about the payment."""


@dataclass(frozen=True, slots=True)
class PaymentRefunded:
    """The buyer has the whole amount back."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """The animal belongs to the buyer, by this sale."""


@dataclass(frozen=True, slots=True)
class TransferRejected:
    """The animal does not and will not change hands by this sale."""


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The deadline that was set with this generation passed."""

    generation: int


@dataclass(frozen=True, slots=True)
class CalledOff:
    """Somebody or something ends the sale: the buyer asks, a party is suspended, the animal is gone."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Contested:
    """The buyer or their bank disputes the payment."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The buyer's bank has decided about the payment. What it took back is heard as money."""


@dataclass(frozen=True, slots=True)
class RefundGranted:
    """The seller pays the buyer back, who has the animal; what becomes of it is between the two."""


Heard = (
    HoldGranted
    | HoldRefused
    | HoldUnknown
    | HoldReleased
    | PaymentCaptured
    | PaymentEnded
    | PaymentUnknown
    | PaymentRefunded
    | Transferred
    | TransferRejected
    | DeadlinePassed
    | CalledOff
    | Contested
    | Resolved
    | RefundGranted
)
