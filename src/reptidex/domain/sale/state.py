"""What a sale is at any time, and the acts that may follow from a step of it."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Step = Literal[
    "holding", "paying", "checking", "transferring", "voiding", "refunding", "completed", "failed", "refunded"
]
"""`checking`: no word of the payment, looked up; `voiding`: called off, and the payment's fate not yet known."""
Hold = Literal["none", "asked", "held", "releasing", "released"]
Money = Literal["none", "asked", "captured", "void", "refunded"]
Reason = Literal[
    "",
    "reserved",
    "unavailable",
    "held",
    "declined",
    "expired",
    "rejected",
    "suspended",
    "withdrawn",
    "requested",
    "provider",
    "disputed",
]


@dataclass(frozen=True, slots=True)
class Sale:
    """How far a sale has come. `reason` says why it was called off, or paid back; it is empty where it was not."""

    step: Step
    generation: int
    hold: Hold
    money: Money
    reason: Reason = ""
    disputed: bool = False

    @property
    def final(self) -> bool:
        """Whether the sale has its outcome."""
        return self.step in ("completed", "failed", "refunded")

    @property
    def owes_refund(self) -> bool:
        """Whether the seller of a completed sale has granted a refund that is not made yet."""
        return self.step == "completed" and self.money == "captured" and self.reason == "requested"

    @property
    def waits(self) -> bool:
        """Whether something outside still owes an answer, so that a deadline must stand."""
        return not self.final or self.hold == "releasing" or self.owes_refund

    @property
    def can_be_called_off(self) -> bool:
        """Whether nothing irrevocable was done yet: the money has not been captured."""
        return self.step in ("holding", "paying", "checking")


class Act(Enum):
    """What is to be done after a step; each names the port that carries it out, or what is published."""

    RESERVE = "keep the inventory line for this sale"
    HOLD = "ask animal to hold the animal"
    RELEASE_HOLD = "ask animal to let go of it"
    REQUEST_PAYMENT = "ask core for the money"
    LOOK_UP_PAYMENT = "ask core how the payment stands"
    CANCEL_PAYMENT = "ask core to call the payment off"
    REFUND_PAYMENT = "ask core to pay the money back"
    ORDER_TRANSFER = "publish that the animal is paid for"
    SETTLE_TRANSFER = "take the hold away, then see who owns the animal"
    SELL_STOCK = "the line is sold, the order completed"
    FREE_STOCK = "the line is available again, the order cancelled"
    DECLARE_FAILED = "publish that the sale failed"
    DECLARE_REFUNDED = "publish that the money is paid back"
    DECLARE_DISPUTED = "publish that the sale is contested"
    DECLARE_RESOLVED = "publish that the bank has decided"
    ARM = "set the deadline of the new step"
    DISARM = "drop the deadline"
