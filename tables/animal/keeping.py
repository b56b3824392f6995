"""What repti-animal remembers of marks, enclosures, origins and of offers to hand an animal over."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from reptidex.streams.commands.animal_keeping import Permit
from reptidex.streams.values import Money
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row, stored


@stored("counters", key="counter_id", indexes=(("vivarium_id",),))
class Counter(Row, frozen=True, kw_only=True):
    """A running number of a vivarium's codes: one for each text around it."""

    counter_id: str
    """`<vivarium>:<text around the number>`"""
    vivarium_id: str
    next_number: int = 1

    @staticmethod
    def id_of(vivarium_id: str, scope: str) -> str:
        """Return the key of a sequence."""
        return f"{vivarium_id}:{scope}"


@stored("marks", key="mark_id", indexes=(("animal_id",), ("kind", "value")))
class AnimalMark(Row, frozen=True, kw_only=True):
    """A mark that an animal carries or carried."""

    mark_id: str
    animal_id: str
    vivarium_id: str
    kind: str
    value: str
    standard: str = "iso"
    place: str = ""
    since: date | None = None
    until: date | None = None
    public: bool = False
    recorded_at: datetime
    removed_because: str = ""
    """Not empty once it was struck out."""


@stored("enclosures", key="enclosure_id", indexes=(("vivarium_id", "name"),))
class Enclosure(Row, frozen=True, kw_only=True):
    """A place where animals are kept."""

    enclosure_id: str
    vivarium_id: str
    name: str
    kind: str
    location: str = ""
    capacity: int | None = None
    notes: str = ""
    occupants: int = 0
    """How many animals are in it now."""
    opened_at: datetime
    closed_at: datetime | None = None


@stored("stays", key="stay_id", indexes=(("animal_id", "since"), ("enclosure_id", "since")))
class Stay(Row, frozen=True, kw_only=True):
    """An animal's time in an enclosure; the one without an end is where it is."""

    stay_id: str
    animal_id: str
    enclosure_id: str
    vivarium_id: str
    since: datetime
    until: datetime | None = None
    moved_by: str | None = None


@stored("provenances", key="provenance_id", indexes=(("animal_id", "on_day"),))
class AnimalProvenance(Row, frozen=True, kw_only=True):
    """How an animal came to its keepers, or left them. It stays with those who noted it."""

    provenance_id: str
    animal_id: str
    vivarium_id: str
    direction: Literal["acquired", "disposed"]
    how: str
    on_day: date
    party: str = ""
    price: Money | None = None
    source_code: str | None = None
    country: str | None = None
    permits: tuple[Permit, ...] = ()
    text: str = ""
    recorded_at: datetime
    removed_because: str = ""


@stored(
    "transfers", key="transfer_id", indexes=(("animal_id",), ("from_vivarium_id", "state"), ("to_vivarium_id", "state"))
)
class Transfer(Row, frozen=True, kw_only=True):
    """An offer to hand an animal over outside a sale, and what became of it."""

    transfer_id: str
    animal_id: str
    from_vivarium_id: str
    to_vivarium_id: str
    state: Literal["offered", "accepted", "declined", "withdrawn", "lapsed"]
    message: str = ""
    code: str
    """The animal's code with the giver."""
    species: str
    offered_by: str | None = None
    offered_at: datetime
    until: datetime
    settled_at: datetime | None = None


def marks_of(animal_ids: Iterable[str]) -> Query[AnimalMark]:
    """Ask for the marks of animals, those struck out left out."""
    table = AnimalMark.c
    return select(AnimalMark, table.animal_id.in_(list(animal_ids)), table.removed_because == "")


def chip_bearers(value: str) -> Query[AnimalMark]:
    """Ask for the marks of every animal on the platform that carries a microchip now."""
    table = AnimalMark.c
    return select(
        AnimalMark,
        table.kind == "microchip",
        table.value == value,
        table.until.is_(None),
        table.removed_because == "",
    )


def enclosures_of(vivarium_id: str, *, closed: bool = False) -> Query[Enclosure]:
    """Ask for a vivarium's enclosures, by name."""
    table = Enclosure.c
    where = [table.vivarium_id == vivarium_id]
    if not closed:
        where.append(table.closed_at.is_(None))
    return select(Enclosure, *where, order=("name",))


def stays_of(animal_ids: Iterable[str], *, now: bool = False, vivarium_id: str | None = None) -> Query[Stay]:
    """Ask for where animals are and were, latest first."""
    where = [Stay.c.animal_id.in_(list(animal_ids))]
    if vivarium_id:
        where.append(Stay.c.vivarium_id == vivarium_id)
    if now:
        where.append(Stay.c.until.is_(None))
    return select(Stay, *where, order=("-since",))


def stays_in(enclosure_id: str) -> Query[Stay]:
    """Ask for who is and was in an enclosure, latest first."""
    return select(Stay, Stay.c.enclosure_id == enclosure_id, order=("-since",))


def provenance_of(animal_id: str, vivarium_id: str, *, removed: bool = False) -> Query[AnimalProvenance]:
    """Ask for how an animal came to and left a vivarium."""
    table = AnimalProvenance.c
    where = [table.animal_id == animal_id, table.vivarium_id == vivarium_id]
    if not removed:
        where.append(table.removed_because == "")
    return select(AnimalProvenance, *where, order=("on_day",))


def offers_of(animal_id: str) -> Query[Transfer]:
    """Ask for the open offers of an animal."""
    return select(Transfer, Transfer.c.animal_id == animal_id, Transfer.c.state == "offered")


def transfers_of(vivarium_id: str, *, incoming: bool, state: str | None) -> Query[Transfer]:
    """Ask for what was offered to a vivarium, or by it; latest first."""
    side = Transfer.c.to_vivarium_id if incoming else Transfer.c.from_vivarium_id
    where = [side == vivarium_id]
    if state:
        where.append(Transfer.c.state == state)
    return select(Transfer, *where, order=("-offered_at",))
