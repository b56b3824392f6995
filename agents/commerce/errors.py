"""What the rules of the marketplace refuse, in words for the person who asked."""

from typing import ClassVar

from reptidex.domain.offer import WORDS, Objection
from reptidex.errors import DomainError


class ReservedError(DomainError):
    """Somebody else is buying the animal."""

    title: ClassVar[str] = "Somebody was faster"

    def __init__(self, animal_id: str) -> None:
        super().__init__("another buyer has reserved this animal; if their payment fails it is offered again")
        self.animal_id = animal_id


class NotOfferedError(DomainError):
    """The offer is not on the marketplace, or not any more."""

    title: ClassVar[str] = "Not on offer"

    def __init__(self, listing_id: str, status: str) -> None:
        super().__init__(f"this offer is {status}, so it cannot be bought or asked about")
        self.listing_id, self.listing_status = listing_id, status


class DoubtedLineageError(DomainError):
    """The animal's lineage does not stand: repti-animal would not hand it over, so no money is taken for it."""

    title: ClassVar[str] = "The lineage is not settled"

    def __init__(self, animal_id: str, lineage_status: str) -> None:
        super().__init__(f"the lineage of this animal is {lineage_status}: it can be bought once that is settled")
        self.animal_id, self.lineage_status = animal_id, lineage_status


class PriceChangedError(DomainError):
    """The offer costs something else than the buyer was shown; `total` is what it costs now, shipping included."""

    title: ClassVar[str] = "The price has changed"

    def __init__(self, total: int, currency: str) -> None:
        super().__init__(f"this costs {total} {currency} (minor units, with shipping) by now: agree to it as `total`")
        self.total, self.currency = total, currency


class TooManyUnpaidError(DomainError):
    """The buyer keeps as many animals from others, unpaid, as anybody may."""

    title: ClassVar[str] = "Pay for the other orders first"


class NotPublishableError(DomainError):
    """Something speaks against putting an offer on the marketplace; `objections` names all of it."""

    title: ClassVar[str] = "This cannot be offered"

    def __init__(self, objections: list[Objection]) -> None:
        super().__init__("; ".join(WORDS[objection] for objection in objections))
        self.objections = objections


class WrongStateError(DomainError):
    """What was asked does not fit how far the thing has come."""

    title: ClassVar[str] = "Too late, or too early"


class SuspendedError(DomainError):
    """A party may not trade now."""

    status: ClassVar[int] = 403
    title: ClassVar[str] = "Trading is suspended"
