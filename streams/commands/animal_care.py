"""What keepers note of an animal's care and health, and the commands that note, correct and remove it.

None of it is published: it concerns the keepers alone.
"""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.streams.contract import Command, command
from reptidex.streams.values import Id, LongPersonal, LongText, Money, Personal, Positive, Text

Grams = Annotated[float, Meta(gt=0, le=2_000_000)]
Reason = Annotated[str, Meta(min_length=1, max_length=400)]


class Noted(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="kind"
):
    """What every record has."""

    on_day: date
    text: LongText = ""


class Weight(Noted, frozen=True, kw_only=True, tag="weight"):
    """What the animal weighs."""

    grams: Grams


class Length(Noted, frozen=True, kw_only=True, tag="length"):
    """How long the animal is."""

    centimetres: Annotated[float, Meta(gt=0, le=2_000)]
    measured: Literal["snout_vent", "total", "carapace"] = "total"


class Feeding(Noted, frozen=True, kw_only=True, tag="feeding"):
    """What the animal was offered, and whether it ate."""

    prey: Annotated[str, Meta(min_length=1, max_length=255)]
    """Such as `rat, weaned` or `crickets`."""
    count: Positive = 1
    prey_grams: Grams | None = None
    """The weight of all that was offered."""
    response: Literal["accepted", "refused", "regurgitated"] = "accepted"
    supplement: Text = ""


class Shed(Noted, frozen=True, kw_only=True, tag="shed"):
    """The animal shed its skin."""

    quality: Literal["complete", "partial", "retained"] = "complete"


class Medication(Noted, frozen=True, kw_only=True, tag="medication"):
    """A medicine that the animal is given, once or as a course."""

    substance: Annotated[str, Meta(min_length=1, max_length=255)]
    dose: Annotated[float, Meta(gt=0)] | None = None
    unit: Literal["mg", "ml", "mg/kg", "ml/kg", "IU", "IU/kg", "drop", "tablet"] | None = None
    route: Literal["oral", "injection", "topical", "bath", "nebulised", "other"] | None = None
    every_hours: Annotated[int, Meta(ge=1, le=24 * 90)] | None = None
    until: date | None = None
    """The last day of the course; None where it is given once."""
    withdrawal_until: date | None = None
    """Until when residues have to be reckoned with: not to be sold, bred from or fed off before."""
    prescribed_by: Personal = ""


class Visit(Noted, frozen=True, kw_only=True, tag="visit"):
    """A visit to, or by, a veterinarian."""

    cause: Text = ""
    veterinarian: Personal = ""
    findings: LongPersonal = ""
    treatment: LongText = ""
    next_on: date | None = None
    cost: Money | None = None


class Test(Noted, frozen=True, kw_only=True, tag="test"):
    """A test of a sample: parasites, viruses, blood."""

    __test__ = False
    tested_for: Annotated[str, Meta(min_length=1, max_length=255)]
    result: Literal["negative", "positive", "inconclusive", "pending"] = "pending"
    laboratory: Personal = ""


class Checkup(Noted, frozen=True, kw_only=True, tag="checkup"):
    """A look at the animal by its keeper."""

    condition: Annotated[int, Meta(ge=1, le=9)] | None = None
    """Body condition from 1 (wasted) to 9 (obese)."""


class Injury(Noted, frozen=True, kw_only=True, tag="injury"):
    """An injury."""

    severity: Literal["minor", "serious"] = "minor"
    healed_on: date | None = None


class Treatment(Noted, frozen=True, kw_only=True, tag="treatment"):
    """A treatment without medicine: a soak, a wound dressed, a shed helped along."""


class Note(Noted, frozen=True, kw_only=True, tag="note"):
    """Anything else."""


Entry = Weight | Length | Feeding | Shed | Medication | Visit | Test | Checkup | Injury | Treatment | Note
CareKind = Literal[
    "weight",
    "length",
    "feeding",
    "shed",
    "medication",
    "visit",
    "test",
    "checkup",
    "injury",
    "treatment",
    "note",
]


@command(key="animal_id", service="animal")
class RecordHealth(Command, frozen=True, kw_only=True):
    """Note something about an animal; answers `Done`."""

    record_id: Id
    animal_id: Id
    vivarium_id: Id
    entry: Entry


@command(key="vivarium_id", service="animal")
class RecordForMany(Command, frozen=True, kw_only=True):
    """Note the same of several animals: one evening's feeding; answers `NotedMany`. All of them, or none."""

    vivarium_id: Id
    record_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=200)]
    animal_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=200)]
    entry: Entry


class NotedMany(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `RecordForMany`."""

    record_ids: tuple[str, ...]


@command(key="animal_id", service="animal")
class CorrectHealth(Command, frozen=True, kw_only=True):
    """Put another entry of the same kind in a record's place; answers `Done`."""

    record_id: Id
    animal_id: Id
    vivarium_id: Id
    entry: Entry


@command(key="animal_id", service="animal")
class RemoveHealth(Command, frozen=True, kw_only=True):
    """Strike a record out; it stays with the reason, and counts no more. Answers `Done`."""

    record_id: Id
    animal_id: Id
    vivarium_id: Id
    reason: Reason
