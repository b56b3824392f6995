"""What repti-animal remembers of animals and of who owns, holds and may see them."""

from datetime import date, datetime
from typing import Literal

import msgspec

from reptidex.domain.registry.templates import DEFAULT
from reptidex.streams.values import (
    AnimalStatus,
    BirthPrecision,
    Gene,
    LineageStatus,
    Role,
    Sex,
    Visibility,
)
from reptidex.tables.row import Row, stored


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that repti-media holds of an animal."""

    file_id: str
    primary: bool = False
    variants: tuple[str, ...] = ()


@stored(
    "animals",
    key="animal_id",
    indexes=(("vivarium_id", "animal_id"), ("sire_id",), ("dam_id",), ("clutch_id",), ("species_id",)),
    unique=(("vivarium_id", "code"), ("vivarium_id", "external_ref")),
)
class Animal(Row, frozen=True, kw_only=True):
    """An animal as it now stands. Its row stays when it is archived: pedigrees need it."""

    animal_id: str
    vivarium_id: str
    """The owner."""
    code: str
    name: str = ""
    species_id: str
    species: str
    morphs: tuple[str, ...] = ()
    genotype: tuple[Gene, ...] = ()
    sex: Sex = "unknown"
    born_on: date | None = None
    birth_precision: BirthPrecision = "unknown"
    died_on: date | None = None
    status: AnimalStatus = "active"
    visibility: Visibility = "private"
    placeholder: bool = False
    """An ancestor that stands for an animal kept elsewhere."""
    sire_id: str | None = None
    dam_id: str | None = None
    clutch_id: str | None = None
    breeder_vivarium_id: str | None = None
    lineage_status: LineageStatus = "claimed"
    photos: tuple[Photo, ...] = ()
    notes: str = ""
    subspecies: str | None = None
    phenotype: str = ""
    """What the animal looks like, in the keeper's own words."""
    external_ref: str | None = None
    """The animal's id in the file or the studbook that it was imported from; imported again, it is known by it."""
    enclosure_id: str | None = None
    archived_as: Literal["deceased", "erased", "mistake"] | None = None
    held_by: str | None = None
    """The transaction for which the animal is held; it is then neither archived nor given away."""
    held_until: datetime | None = None
    revision: int = 1
    created_at: datetime
    updated_at: datetime


@stored("ownerships", key="ownership_id", indexes=(("animal_id", "number"), ("vivarium_id",)))
class Ownership(Row, frozen=True, kw_only=True):
    """One owner's time with an animal; the one without an end is the owner."""

    ownership_id: str
    animal_id: str
    number: int
    """1 for the first owner known to the platform, then up without a gap."""
    vivarium_id: str
    code: str
    since: datetime
    until: datetime | None = None
    how: Literal["registered", "hatched", "imported", "sale", "gift"]
    order_id: str | None = None
    transaction_id: str | None = None


@stored("holds", key="hold_id", indexes=(("animal_id",),))
class Hold(Row, frozen=True, kw_only=True):
    """A sale's claim on an animal. The row stays after its end, so that a late repeat cannot hold again."""

    hold_id: str
    """`<animal>:<transaction>`"""
    animal_id: str
    transaction_id: str
    vivarium_id: str
    generation: int
    token: str
    until: datetime
    state: Literal["held", "lapsed", "released", "used", "rejected"]

    @staticmethod
    def id_of(animal_id: str, transaction_id: str) -> str:
        """Return the key of a transaction's hold on an animal."""
        return f"{animal_id}:{transaction_id}"


@stored("collections", key="vivarium_id")
class Collection(Row, frozen=True, kw_only=True):
    """A vivarium's collection with the template of its animals' codes."""

    vivarium_id: str
    owner_id: str | None = None
    """The person whose personal collection it is; None for a business's."""
    prefix: str
    prefix_chosen: bool = False
    """Whether the prefix is final: made from the founder's name, or animals already carry it."""
    template: str = DEFAULT
    species_codes: dict[str, str] = {}
    """Other letters for a species than the catalogue's, by species id."""
    opened_at: datetime


@stored("accesses", key="access_id", indexes=(("vivarium_id",), ("user_id",)))
class Access(Row, frozen=True, kw_only=True):
    """A member's access to a vivarium's animals, kept after its end so that a late event cannot restore it."""

    access_id: str
    """`<vivarium>:<user>`"""
    vivarium_id: str
    user_id: str
    role: Role
    active: bool = True
    seen_version: int = 0

    @staticmethod
    def id_of(vivarium_id: str, user_id: str) -> str:
        """Return the key of a person's access to a vivarium."""
        return f"{vivarium_id}:{user_id}"


@stored("taxa", key="taxon_id")
class Taxon(Row, frozen=True, kw_only=True):
    """A species, morph or combination of the catalogue, as it was last told to the platform."""

    taxon_id: str
    digest: str
    facts: str = ""
    """What was told, as JSON."""
    told_at: datetime
