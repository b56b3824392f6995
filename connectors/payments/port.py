"""Taking money: what every payment provider can do for us, in words of no vendor.

Bare amounts are integers in the minor unit of the currency (cents), as in `Money`. Every act that moves
money takes an idempotency key that the caller derived (`<transaction>/<step>/<generation>`) and stored before the first
attempt: the same key never moves money twice, however often it is tried.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from reptidex.errors import DomainError, UnavailableError
from reptidex.streams.values import Money

State = Literal["requires_method", "requires_action", "processing", "authorised", "captured", "canceled"]
"""`requires_action`: the buyer must act (3-D Secure, approval at PayPal); `requires_method`: declined, may try another."""

NoticeKind = Literal[
    "approved",
    "requires_action",
    "authorised",
    "captured",
    "failed",
    "canceled",
    "refunded",
    "refund_failed",
    "dispute",
    "dispute_closed",
    "other",
]
"""`approved`: the buyer approved, `confirm` can go on. `dispute_closed`: it was decided, `look_up_dispute` says how.
`other`: authentic, and of no interest to us."""


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """Money that we ask for: who it is for is said by `order` and `transaction`, which the provider keeps for us."""

    order: str
    transaction: str
    money: Money
    description: str = ""
    method: str = ""
    """The provider's token of a stored means of payment; empty where the buyer chooses at the provider's own page."""
    email: str = ""
    return_url: str = ""
    """Where the provider sends the buyer after they acted."""
    payer: str = ""
    """Our name of the person whose `method` is to pay again later, so that the provider keeps it; empty for what is paid once."""
    absent: bool = False
    """Whether nobody is there who could act: the payer agreed to it when the `method` was first used."""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as the provider knows it now."""

    provider: str
    reference: str
    """The provider's name for it; every later act takes this."""
    order: str
    transaction: str
    money: Money
    state: State
    captured: int = 0
    refunded: int = 0
    action_url: str = ""
    """Where the buyer acts, in state `requires_action`."""
    client_secret: str = ""
    """What the buyer's browser needs to act (Stripe). Never to be logged or published."""
    reason: str = ""
    """Why the last try was declined."""


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money given back."""

    provider: str
    reference: str
    payment: str
    money: Money
    state: Literal["pending", "succeeded", "failed"]


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A captured payment that the buyer or their bank contests, as the provider knows it now."""

    provider: str
    reference: str
    payment: str
    """The payment's reference, as in `Payment.reference`."""
    money: Money
    """How much is contested; of a lost one, how much the buyer has back by it."""
    state: Literal["open", "won", "lost"]
    """From our side: `won`, and the money stays; so where the buyer withdrew it, or the provider pays them itself."""
    reason: str = ""
    respond_by: datetime | None = None


class PaymentNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider told us by webhook, after its signature was verified.

    Providers repeat and reorder: drop an `event` that was seen, and re-read the payment (`look_up`) where order matters.
    """

    provider: str
    event: str
    """The provider's id of the event: the same on every repeat."""
    kind: NoticeKind
    reference: str
    """The payment's reference, as in `Payment.reference`; empty for kind `other` only."""
    order: str = ""
    """Empty where the provider does not repeat it (disputes at Stripe): find the payment by `reference`."""
    transaction: str = ""
    money: Money | None = None
    detail: str = ""
    """The provider's reference of the refund or dispute."""
    reason: str = ""
    respond_by: datetime | None = None
    """Until when a dispute has to be answered."""


class DeclinedError(DomainError):
    """The buyer's bank or the provider declines; asking again changes nothing, another means of payment may."""

    status = 402
    title = "The payment was declined"

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class PaymentRefusedError(DomainError):
    """The provider will not do this to the payment as it stands (captured already, more than was paid, unknown)."""

    title = "The payment does not allow this"

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class UnknownPaymentError(PaymentRefusedError):
    """The provider knows no such payment, or no more: PayPal forgets an order that nobody approved."""


class UnknownOutcomeError(UnavailableError):
    """The provider may or may not have done it, and cannot be asked yet. Try again with the same key, never another."""


class ForgedNoticeError(DomainError):
    """A webhook that is not proved to come from the provider, or is too old or damaged to be trusted."""

    status = 400
    title = "The notice is not authentic"


class PaymentGateway(Protocol):
    """One payment provider.

    Every act raises `PaymentRefusedError`, `UnknownOutcomeError` (retriable) or `UnavailableError` (retriable; nothing was
    done). An answer that got lost is looked up before any of them is raised, never guessed.
    """

    @property
    def provider(self) -> str:
        """`stripe`, `paypal` or, for the twin, `memory`."""

    async def authorise(self, charge: Charge, *, key: str) -> Payment:
        """Set the money aside (manual capture); state `requires_action` where the buyer has to act first.

        Raises `DeclinedError`.
        """

    async def confirm(self, reference: str, *, key: str) -> Payment:
        """Carry on after the buyer acted; answers the payment as it is where nothing is left to do.

        Raises `DeclinedError`.
        """

    async def capture(self, reference: str, *, key: str) -> Payment:
        """Take the whole sum that was set aside.

        Raises `DeclinedError` where the authorisation lapsed.
        """

    async def cancel(self, reference: str, *, key: str) -> Payment:
        """Let go of money that was not captured. Cancelling twice is one cancellation."""

    async def refund(self, reference: str, *, amount: int | None = None, key: str) -> Refund:
        """Give captured money back: `amount` of it, or all that is left."""

    async def look_up(self, reference: str) -> Payment:
        """Read a payment by the provider's reference. Raises `UnknownPaymentError`."""

    async def look_up_dispute(self, reference: str) -> Dispute:
        """Read a dispute by the provider's reference. Raises `UnknownPaymentError`."""

    async def find(self, charge: Charge, *, key: str) -> Payment | None:
        """Read the payment that `authorise(charge, key=key)` made, where its answer never came; None: there is none.

        Moves no money. PayPal has no search by our reference: it replays the order under its request id, and where it
        never heard of it opens one that nobody approved, which lapses by itself.
        """

    async def read_notice(self, body: bytes, headers: Mapping[str, str]) -> PaymentNotice:
        """Verify a webhook's raw bytes and say what it tells.

        Raises `ForgedNoticeError`, or `UnavailableError` where the provider's certificate cannot be fetched now.
        """

    async def aclose(self) -> None:
        """Close the connections."""
