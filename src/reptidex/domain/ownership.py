"""When an animal may change hands. An animal has one owner at any time, and a sale needs its hold."""

from typing import Literal

from reptidex.errors import DomainError

Refusal = Literal["missing", "owner", "deceased", "archived", "held", "disputed", "suspended", "stale"]

GONE = ("deceased", "archived")
DOUBTED = ("disputed", "rejected")
"""The standings of a lineage with which an animal is not sold."""
LEFT = (*GONE, "sold")
"""Whoever is not here any more: neither in an enclosure nor in a new pairing."""


class HeldError(DomainError):
    """A sale holds the animal: until it ends, the animal is neither archived nor given away nor sold elsewhere."""

    title = "The animal is held for a sale"

    def __init__(self, animal_id: str) -> None:
        super().__init__("the animal is held for a sale; wait until that sale ends")
        self.animal_id = animal_id


class GoneError(DomainError):
    """The animal is dead or archived."""

    title = "The animal is no longer kept"

    def __init__(self, animal_id: str, status: str) -> None:
        super().__init__(f"the animal is {status}")
        self.animal_id, self.state = animal_id, status


class StaleHoldError(DomainError):
    """This sale has already given its hold back; a late repeat of the request must not take it again."""

    title = "The sale no longer holds the animal"

    def __init__(self, animal_id: str, transaction_id: str) -> None:
        super().__init__("this sale has already let the animal go")
        self.animal_id, self.transaction_id = animal_id, transaction_id


class DoubtedError(DomainError):
    """The lineage is disputed or rejected: the animal would not be handed over, so a sale need not begin."""

    title = "The lineage is not settled"

    def __init__(self, animal_id: str, lineage: str) -> None:
        super().__init__(f"the animal's lineage is {lineage}; settle that before it is sold")
        self.animal_id, self.lineage = animal_id, lineage


def check_lineage(animal_id: str, lineage: str) -> None:
    """Check that a paid sale may move the animal, as far as its lineage goes. Raises `DoubtedError`."""
    if lineage in DOUBTED:
        raise DoubtedError(animal_id, lineage)


def check_free(animal_id: str, status: str, held_by: str | None, transaction_id: str | None = None) -> None:
    """Check that an animal is alive, kept, and held by nobody but this transaction.

    Raises `GoneError`, `HeldError`.
    """
    if status in GONE:
        raise GoneError(animal_id, status)
    if held_by is not None and held_by != transaction_id:
        raise HeldError(animal_id)


def refusal(
    *, owner: str, seller: str, status: str, lineage: str, held_by: str | None, transaction_id: str, hold: str | None
) -> Refusal | None:
    """Say why a paid sale may not move the animal; None where it may.

    `hold` is the state of this sale's own hold. One that has only lapsed still counts as long as nobody else holds the
    animal: the buyer has paid, and the deadline may have passed while this service was down. One given back does not.
    """
    if owner != seller:
        return "owner"
    if status == "deceased":
        return "deceased"
    if status == "archived":
        return "archived"
    if held_by is not None and held_by != transaction_id:
        return "held"
    if hold not in ("held", "lapsed"):
        return "stale"
    return "disputed" if lineage in DOUBTED else None


WHOLE_UNIT_CURRENCIES = frozenset(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    )
)
"""Currencies of ISO 4217 without a minor unit."""
CLASSES: tuple[tuple[int, Literal["low", "middle", "high"]], ...] = ((100, "low"), (500, "middle"), (2000, "high"))


def price_class(amount: int, currency: str) -> Literal["gift", "low", "middle", "high", "top"]:
    """Reduce a price in minor units to what an ownership record may say of it for ever."""
    if amount <= 0:
        return "gift"
    units = amount if currency in WHOLE_UNIT_CURRENCIES else amount / 100
    return next((name for bound, name in CLASSES if units < bound), "top")
