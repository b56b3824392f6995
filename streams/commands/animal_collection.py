"""A vivarium as a file carries it beside its animals: what was noted of them, where they are kept, and how they are bred.

Animals are named as in the file's list of animals: by reference, code or id. Enclosures and pairings have a name that the file
gives them (`ref`); stays and clutches name them by it.
"""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.domain.interchange.animals import AnimalEntry
from reptidex.streams.commands.animal_breeding import Candling, Incubation, NoteKind, SeasonName
from reptidex.streams.commands.animal_care import Entry
from reptidex.streams.commands.animal_genetics import LocusResult
from reptidex.streams.commands.animal_keeping import NewEnclosure, Provenance
from reptidex.streams.values import Count, Gene, LongText, Outcome, Ratio, Text, Time, Visibility, WelfareFlag

Label = Annotated[str, Meta(min_length=1, max_length=100)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=200)]


class _Carried(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="record"
):
    """One record of a file."""


class CarriedEnclosure(_Carried, frozen=True, kw_only=True, tag="enclosure"):
    """A place where animals are kept; the collection's own of this name and location is the same one."""

    ref: Label
    enclosure: NewEnclosure
    opened_at: Time
    closed_at: Time | None = None


class CarriedSeason(_Carried, frozen=True, kw_only=True, tag="season"):
    """A breeding season; the collection's own of this name is the same one."""

    name: SeasonName
    from_on: date
    until_on: date
    clutches_wanted: Count | None = None
    hatchlings_wanted: Count | None = None
    notes: LongText = ""


class CarriedNote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that was seen of a pairing on a day."""

    kind: NoteKind
    on_day: date
    sire: Label | None = None
    text: LongText = ""


class CarriedPairing(_Carried, frozen=True, kw_only=True, tag="pairing"):
    """A dam and her sires, with what was foretold of them then and seen since.

    A pairing of the same dam and sires, season and day is the same one.
    """

    ref: Label
    dam: Label
    sires: Labels = ()
    season: Annotated[str, Meta(max_length=20)] = ""
    status: Literal["planned", "active", "ended", "cancelled"] = "active"
    paired_on: date | None = None
    ended_on: date | None = None
    visibility: Visibility = "private"
    outcomes: tuple[Outcome, ...] = ()
    egg_loss: Ratio = Ratio(numerator=0, denominator=1)
    warnings: tuple[WelfareFlag, ...] = ()
    notes: tuple[Text, ...] = ()
    predicted_inbreeding: Ratio = Ratio(numerator=0, denominator=1)
    remark: LongText = ""
    seen: Annotated[tuple[CarriedNote, ...], Meta(max_length=400)] = ()


class CarriedClutch(_Carried, frozen=True, kw_only=True, tag="clutch"):
    """A clutch or litter with what hatched from it. One of the same dam, day and number of eggs is the same one."""

    dam: Label
    sires: Labels = ()
    pairing: Label | None = None
    """The `ref` of its pairing."""
    laid_on: date
    laid: Count
    fertile: Count | None = None
    """None where nobody counted the fertile eggs."""
    slugs: Count = 0
    hatched: Count = 0
    dead_in_egg: Count = 0
    first_hatched_on: date | None = None
    hatched_on: date | None = None
    status: Literal["incubating", "hatching", "hatched", "lost"] = "incubating"
    visibility: Visibility = "private"
    incubation: Annotated[tuple[Incubation, ...], Meta(max_length=60)] = ()
    candlings: Annotated[tuple[Candling, ...], Meta(max_length=60)] = ()
    dam_genotype: tuple[Gene, ...] = ()
    """As it was recorded when the clutch was."""
    sire_genotypes: dict[str, tuple[Gene, ...]] = {}
    hatchlings: Labels = ()
    """The animals of the collection that hatched from it."""


class CarriedCare(_Carried, frozen=True, kw_only=True, tag="care"):
    """A weight, a meal, a shed, a medicine, a visit … of an animal."""

    animal: Label
    entry: Entry


class CarriedProvenance(_Carried, frozen=True, kw_only=True, tag="provenance"):
    """How an animal came or went."""

    animal: Label
    provenance: Provenance


class CarriedTest(_Carried, frozen=True, kw_only=True, tag="test"):
    """What a laboratory found of an animal's genes."""

    animal: Label
    laboratory: Text
    method: Text = ""
    reference: Text = ""
    tested_on: date
    results: Annotated[tuple[LocusResult, ...], Meta(min_length=1, max_length=32)]
    notes: LongText = ""


class CarriedStay(_Carried, frozen=True, kw_only=True, tag="stay"):
    """An animal's time in an enclosure; one without an end is where it is."""

    animal: Label
    enclosure: Label
    """The `ref` of the enclosure."""
    since: Time
    until: Time | None = None


Carried = (
    CarriedEnclosure
    | CarriedSeason
    | CarriedPairing
    | CarriedClutch
    | CarriedCare
    | CarriedProvenance
    | CarriedTest
    | CarriedStay
)
COLLECTION: Literal["reptidex-collection"] = "reptidex-collection"


class CollectionFile(msgspec.Struct, frozen=True, kw_only=True):
    """A whole collection."""

    format: Literal["reptidex-collection"] = COLLECTION
    version: Annotated[int, Meta(ge=1)] = 1
    animals: tuple[AnimalEntry, ...]
    records: tuple[Carried, ...] = ()


ORDER = ("enclosure", "season", "pairing", "clutch", "care", "provenance", "test", "stay")
"""In which order records are written, wherever they stand in a file: what others name comes first."""


def kind_of(record: Carried) -> str:
    """Return the word by which a file calls a kind of record."""
    return str(record.__struct_config__.tag)


def animals_in(record: Carried) -> dict[str, str]:
    """Return the animals that a record names, each with the field that names it."""
    match record:
        case CarriedPairing() | CarriedClutch():
            named = dict.fromkeys(record.sires, "sires") | {record.dam: "dam"}
            if isinstance(record, CarriedClutch):
                return dict.fromkeys(record.hatchlings, "hatchlings") | named
            return {each.sire: "seen" for each in record.seen if each.sire} | named
        case CarriedCare() | CarriedProvenance() | CarriedTest() | CarriedStay():
            return {record.animal: "animal"}
        case _:
            return {}
