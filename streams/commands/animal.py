"""What repti-animal can be asked to do. Registrations queue per vivarium (codes are numbered there), the rest per animal."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from reptidex.streams.contract import Command, command
from reptidex.streams.values import (
    AnimalStatus,
    BirthPrecision,
    Count,
    Evidence,
    Gene,
    Id,
    LongText,
    Outcome,
    Ratio,
    Sex,
    Text,
    Time,
    Visibility,
    WelfareFlag,
)

Genes = Annotated[tuple[Gene, ...], Meta(max_length=32)]
Reference = Annotated[str, Meta(min_length=1, max_length=100)]
"""An animal's id in the file or the studbook that it comes from."""
Morphs = Annotated[tuple[Text, ...], Meta(max_length=20)]


class Remarked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that the check of a lineage noticed and let pass."""

    rule: str
    severity: Literal["error", "warning", "note"]
    text: str
    animal_ids: tuple[str, ...] = ()


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a command about one thing."""

    id: str
    remarks: tuple[Remarked, ...] = ()


class Changes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to change of an animal; what is left out stays."""

    name: Text | UnsetType = UNSET
    code: Text | UnsetType = UNSET
    morphs: Morphs | UnsetType = UNSET
    genotype: Genes | UnsetType = UNSET
    sex: Sex | UnsetType = UNSET
    born_on: date | UnsetType | None = UNSET
    birth_precision: BirthPrecision | UnsetType = UNSET
    status: Literal["active", "holdback", "external", "lease"] | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    notes: LongText | UnsetType = UNSET
    subspecies: Text | UnsetType | None = UNSET
    phenotype: LongText | UnsetType = UNSET
    external_ref: Reference | UnsetType | None = UNSET


@command(key="vivarium_id")
class RegisterAnimal(Command, frozen=True, kw_only=True):
    """Register an animal in a vivarium; answers `Done`."""

    animal_id: Id
    vivarium_id: Id
    species_id: Id
    code: Text | None = None
    """None to take the next of the vivarium's own sequence."""
    name: Text = ""
    morphs: Morphs = ()
    genotype: Genes = ()
    sex: Sex = "unknown"
    born_on: date | None = None
    birth_precision: BirthPrecision = "unknown"
    status: AnimalStatus = "active"
    visibility: Visibility = "private"
    placeholder: bool = False
    sire_id: Id | None = None
    dam_id: Id | None = None
    hybrid: bool = False
    """Whether its parents may be of different species."""
    notes: LongText = ""
    subspecies: Text | None = None
    phenotype: LongText = ""
    external_ref: Reference | None = None


@command(key="animal_id")
class UpdateAnimal(Command, frozen=True, kw_only=True):
    """Change an animal's record; answers `Done`."""

    animal_id: Id
    vivarium_id: Id
    changes: Changes


@command(key="animal_id")
class SetParents(Command, frozen=True, kw_only=True):
    """Set or clear parents of an animal; one that is left out stays. Answers `Done` with the warnings."""

    animal_id: Id
    vivarium_id: Id
    sire_id: Id | UnsetType | None = UNSET
    dam_id: Id | UnsetType | None = UNSET
    hybrid: bool | None = None
    """Whether they may be of different species; None leaves it as it is."""
    evidence: Evidence = "claim"
    reference: Text = ""
    note: LongText = ""


@command(key="animal_id")
class ValidateLineage(Command, frozen=True, kw_only=True):
    """Check an animal's lineage as it is recorded and give it its standing; answers `Done` with all findings."""

    animal_id: Id
    vivarium_id: Id


@command(key="animal_id")
class ArchiveAnimal(Command, frozen=True, kw_only=True):
    """Take an animal out of the active collection; refused while it is held. Answers `Done`."""

    animal_id: Id
    vivarium_id: Id
    reason: Literal["deceased", "erased", "mistake"]
    died_on: date | None = None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `HoldAnimal`."""

    animal_id: str
    transaction_id: str
    hold_token: str
    until: datetime


@command(key="animal_id")
class HoldAnimal(Command, frozen=True, kw_only=True):
    """Keep an animal for one sale until a deadline; answers `Held`."""

    animal_id: Id
    vivarium_id: Id
    """The seller."""
    transaction_id: Id
    generation: Count
    until: Time


@command(key="animal_id")
class ReleaseAnimal(Command, frozen=True, kw_only=True):
    """Let go of an animal that a sale holds; nothing happens where it holds nothing."""

    animal_id: Id
    transaction_id: Id


@command(key="animal_id")
class LapseHold(Command, frozen=True, kw_only=True):
    """Let a hold go whose deadline has passed."""

    animal_id: Id
    transaction_id: Id


@command(key="vivarium_id")
class PairAnimals(Command, frozen=True, kw_only=True):
    """Put a dam together with one or more sires, and predict what they can give; answers `Done`."""

    pairing_id: Id
    vivarium_id: Id
    dam_id: Id
    candidate_sire_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=8)]
    season: Annotated[str, Meta(max_length=20)] = ""
    """Left out: the name of `season_id`."""
    season_id: Id | None = None
    paired_on: date | None = None
    visibility: Visibility = "private"
    planned: bool = False
    """Whether they have not met yet; `breeding.paired` is then told when they do."""
    remark: LongText = ""


@command(key="vivarium_id")
class PredictGenetics(Command, frozen=True, kw_only=True):
    """Work out what two genotypes can give, without any pairing; answers `Predicted`."""

    prediction_id: Id
    vivarium_id: Id
    species_id: Id
    sire_genotype: Genes = ()
    dam_genotype: Genes = ()
    sire_id: Id | None = None
    """An animal instead of a genotype: its recorded genes are taken."""
    dam_id: Id | None = None
    morphs: Morphs = ()
    """Names of polygenic looks that the parents show: the answer says that they have no odds."""
    eggs: Annotated[int, Meta(ge=1, le=1000)] | None = None
    """How many eggs the expected numbers are of."""


class Appearance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One look among the living young, with the chance of each allele that it may carry unseen."""

    label: str
    probability: Ratio
    carries: dict[str, Ratio] = {}
    sex: Sex = "unknown"
    """`unknown` where the look does not depend on the sex."""
    trade_name: str = ""
    eggs_for_nine_tenths: int | None = None
    """How many eggs give at least one with a chance of 9 in 10, lost ones included; None where nobody hatches so many."""
    expected: float | None = None
    """Of the eggs that were asked about, on average."""


class Predicted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `PredictGenetics`; outcome shares are of live young, in exact fractions."""

    prediction_id: str
    outcomes: tuple[Outcome, ...]
    """Empty where there are too many genotypes to list; `looks` then tells all."""
    looks: tuple[Appearance, ...]
    egg_loss: Ratio
    warnings: tuple[WelfareFlag, ...] = ()
    notes: tuple[str, ...] = ()
    classes: int = 0
    """How many genotypes there are, listed or not."""
    steps: tuple[str, ...] = ()
    """Which rule gave what, gene by gene."""
    inbreeding: Ratio | None = None
    """Of the young of two animals that were named."""


@command(key="vivarium_id")
class RecordClutch(Command, frozen=True, kw_only=True):
    """Record a clutch or litter; answers `Done`."""

    clutch_id: Id
    vivarium_id: Id
    dam_id: Id
    pairing_id: Id | None = None
    candidate_sire_ids: Annotated[tuple[Id, ...], Meta(max_length=8)] = ()
    laid_on: date
    laid: Annotated[int, Meta(ge=1, le=500)]
    fertile: Count | None = None
    """None where nobody has counted them."""
    slugs: Count = 0
    visibility: Visibility = "private"


@command(key="vivarium_id")
class UpdateClutch(Command, frozen=True, kw_only=True):
    """Change a clutch's counts, its date, its candidates or its end; what is None stays. Answers `Done`."""

    clutch_id: Id
    vivarium_id: Id
    laid_on: date | None = None
    laid: Annotated[int, Meta(ge=1, le=500)] | None = None
    fertile: Count | None = None
    slugs: Count | None = None
    dead_in_egg: Count | None = None
    candidate_sire_ids: Annotated[tuple[Id, ...], Meta(max_length=8)] | None = None
    lost: bool = False
    finished: bool = False
    """Whether no more will hatch: what has hatched is all."""
    visibility: Visibility | None = None


class Hatchling(msgspec.Struct, frozen=True, kw_only=True):
    """One animal that hatched."""

    animal_id: Id
    code: Text | None = None
    name: Text = ""
    sex: Sex = "unknown"
    morphs: Morphs = ()
    genotype: Genes = ()
    sire_id: Id | None = None
    """Which candidate sired it, where that is known; a clutch with one candidate needs no word."""


@command(key="vivarium_id")
class RegisterHatchlings(Command, frozen=True, kw_only=True):
    """Register animals that hatched from a clutch, all in one act; answers `Done`."""

    clutch_id: Id
    vivarium_id: Id
    hatched_on: date
    hatchlings: Annotated[tuple[Hatchling, ...], Meta(min_length=1, max_length=100)]
    finished: bool = True
    """Whether no more are to come."""
    visibility: Visibility = "private"


@command(key="vivarium_id")
class ResolveSire(Command, frozen=True, kw_only=True):
    """Say which candidate sired some hatchlings of a clutch; answers `Done`."""

    clutch_id: Id
    vivarium_id: Id
    animal_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=100)]
    sire_id: Id | None
    evidence: Evidence = "claim"
    reference: Text = ""
    """The laboratory's report; needed where the evidence is `lab`."""


@command(key="request_id")
class TellTaxonomy(Command, frozen=True, kw_only=True):
    """Tell the platform every species and morph of the shipped catalogue that is new or changed; answers `Told`."""

    request_id: Id


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `TellTaxonomy`."""

    species: int
    morphs: int


@command(key="animal_id")
class DrawUpPedigree(Command, frozen=True, kw_only=True):
    """Draw up an animal's pedigree as a document that can be cited; answers `Done`."""

    animal_id: Id
    vivarium_id: Id
    generations: Annotated[int, Meta(ge=1, le=10)]


@command(key="animal_id")
class AddPhoto(Command, frozen=True, kw_only=True):
    """Show a picture that repti-media keeps as a photo of an animal; answers `Done`."""

    animal_id: Id
    vivarium_id: Id
    file_id: Id
    variants: tuple[Text, ...] = ()
    primary: bool = False
