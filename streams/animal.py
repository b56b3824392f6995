"""The events that repti-animal publishes: animals, lineage, breeding, genetics, taxonomy."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.streams.contract import Event, event
from reptidex.streams.values import (
    AnimalStatus,
    BirthPrecision,
    CitesListing,
    Count,
    Digest,
    Evidence,
    Gene,
    Id,
    Inheritance,
    LineageStatus,
    LongText,
    Outcome,
    Positive,
    PriceClass,
    Ratio,
    Sex,
    SexSystem,
    Share,
    Text,
    Visibility,
    WelfareFlag,
)

Inbreeding = Annotated[float, Meta(ge=0, le=1, description="Wright's coefficient F")]


class AnimalRecord(Event, frozen=True, kw_only=True):
    """The public record of an animal, whole."""

    animal_id: Id
    vivarium_id: Id
    """The owner."""
    code: Text
    """The breeder's own id of the animal, such as CR-062."""
    name: Text = ""
    species_id: Id
    species: Text
    """The scientific name."""
    morphs: tuple[Text, ...] = ()
    genotype: tuple[Gene, ...] = ()
    sex: Sex = "unknown"
    born_on: date | None = None
    birth_precision: BirthPrecision = "unknown"
    """How much of `born_on` is known; the rest of it is the first day or month."""
    status: AnimalStatus = "active"
    visibility: Visibility = "private"
    sire_id: Id | None = None
    dam_id: Id | None = None
    clutch_id: Id | None = None
    breeder_vivarium_id: Id | None = None
    """Who bred it; None where that is not known to the platform."""
    lineage_status: LineageStatus = "claimed"
    photo_file_id: Id | None = None
    subspecies: Text | None = None
    phenotype: LongText = ""
    """What the animal looks like, in its keeper's own words."""


@event("animal.created", key="animal_id")
class AnimalCreated(AnimalRecord, frozen=True, kw_only=True):
    """An animal was registered."""

    how: Literal["registered", "hatched", "imported", "placeholder"] = "registered"


@event("animal.updated", key="animal_id")
class AnimalUpdated(AnimalRecord, frozen=True, kw_only=True):
    """An animal's record changed; the event carries the whole record as it now reads."""

    changed: tuple[Text, ...] = ()


@event("animal.transferred", key="animal_id")
class AnimalTransferred(Event, frozen=True, kw_only=True):
    """An animal has another owner; its lineage is untouched."""

    animal_id: Id
    from_vivarium_id: Id
    to_vivarium_id: Id
    order_id: Id | None = None
    """The sale; None for a gift or a move between own vivariums."""
    transaction_id: Id | None = None
    generation: Count = 0
    """The fencing generation of the sale that asked for it."""
    price_class: PriceClass = "gift"
    code: Text = ""
    """The animal's code in its new collection."""


@event("animal.transfer.rejected", key="animal_id")
class AnimalTransferRejected(Event, frozen=True, kw_only=True):
    """An animal could not change hands for an order: the sale has to be undone."""

    animal_id: Id
    order_id: Id
    transaction_id: Id
    generation: Count = 0
    from_vivarium_id: Id
    to_vivarium_id: Id
    reason: Literal["missing", "owner", "deceased", "archived", "held", "disputed", "suspended", "stale"]


@event("animal.archived", key="animal_id")
class AnimalArchived(Event, frozen=True, kw_only=True):
    """An animal left the active collection; its place in pedigrees stays."""

    animal_id: Id
    vivarium_id: Id
    reason: Literal["deceased", "erased", "mistake"]
    died_on: date | None = None


@event("lineage.updated", key="animal_id")
class LineageUpdated(Event, frozen=True, kw_only=True):
    """An animal's parents changed, and with them the lineage of its descendants."""

    animal_id: Id
    vivarium_id: Id
    sire_id: Id | None = None
    dam_id: Id | None = None
    generation: Count
    """The longest known line of ancestors, in generations."""
    descendants: tuple[Id, ...] = ()
    """All animals whose pedigree this changes."""
    inbreeding_before: Inbreeding = 0.0
    inbreeding_after: Inbreeding = 0.0
    reason: Literal["registered", "parents", "correction", "resolved"] = "parents"


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that the check of a lineage noticed."""

    rule: Text
    severity: Literal["error", "warning", "note"]
    text: LongText = ""
    animal_ids: tuple[Id, ...] = ()


@event("lineage.validated", key="animal_id")
class LineageValidated(Event, frozen=True, kw_only=True):
    """An animal's lineage was checked and given a standing."""

    animal_id: Id
    vivarium_id: Id
    status: LineageStatus
    previous_status: LineageStatus | None = None
    findings: tuple[Finding, ...] = ()


@event("pedigree.generated", key="animal_id")
class PedigreeGenerated(Event, frozen=True, kw_only=True):
    """A pedigree document of an animal was drawn up."""

    animal_id: Id
    vivarium_id: Id
    depth: Positive
    """In generations of ancestors."""
    completeness: Share
    """Known ancestors of all that the depth has room for."""
    document_reference: Text
    """The path at repti-animal under which the document is read."""
    digest: Digest
    inbreeding: Inbreeding = 0.0


@event("breeding.paired", key="pairing_id")
class BreedingPaired(Event, frozen=True, kw_only=True):
    """A dam was put together with one or more sires for a season."""

    pairing_id: Id
    vivarium_id: Id
    dam_id: Id
    candidate_sire_ids: tuple[Id, ...]
    species_id: Id
    season: Text
    """Such as 2026 or 2026-spring."""
    paired_on: date | None = None
    predicted: tuple[Outcome, ...] = ()
    predicted_inbreeding: Inbreeding = 0.0
    visibility: Visibility = "private"


class ClutchRecord(Event, frozen=True, kw_only=True):
    """A clutch of eggs, or a litter of a live-bearing species, as it stands."""

    clutch_id: Id
    vivarium_id: Id
    pairing_id: Id | None = None
    dam_id: Id
    candidate_sire_ids: tuple[Id, ...] = ()
    """Empty where no sire is known, or none was needed (parthenogenesis)."""
    species_id: Id
    species: Text
    kind: Literal["eggs", "litter"] = "eggs"
    laid_on: date
    laid: Count
    fertile: Count = 0
    slugs: Count = 0
    due_from: date | None = None
    due_until: date | None = None
    status: Literal["incubating", "hatching", "hatched", "lost"] = "incubating"
    visibility: Visibility = "private"


@event("breeding.clutch.created", key="clutch_id")
class BreedingClutchCreated(ClutchRecord, frozen=True, kw_only=True):
    """A clutch was laid or a litter born."""


@event("breeding.clutch.updated", key="clutch_id")
class BreedingClutchUpdated(ClutchRecord, frozen=True, kw_only=True):
    """A clutch's counts, dates or candidates changed, or its due window opened or passed."""

    changed: tuple[Text, ...] = ()
    """The fields that changed; `due` where the due window opens, `overdue` where it has passed and nothing has hatched."""


@event("breeding.clutch.hatched", key="clutch_id")
class BreedingClutchHatched(ClutchRecord, frozen=True, kw_only=True):
    """A clutch has finished hatching."""

    hatched_on: date
    hatched: Count
    dead_in_egg: Count = 0


@event("breeding.offspring.recorded", key="clutch_id")
class BreedingOffspringRecorded(Event, frozen=True, kw_only=True):
    """Hatchlings of a clutch were registered, each with an `animal.created` of its own."""

    clutch_id: Id
    vivarium_id: Id
    animal_ids: tuple[Id, ...]
    hatched_on: date


@event("breeding.offspring.resolved", key="clutch_id")
class BreedingOffspringResolved(Event, frozen=True, kw_only=True):
    """It became known which of the candidates sired these hatchlings."""

    clutch_id: Id
    vivarium_id: Id
    animal_ids: tuple[Id, ...]
    dam_id: Id
    sire_id: Id | None
    """None where no sire took part."""
    evidence: Evidence = "claim"


@event("genetics.prediction.requested", key="pairing_id")
class GeneticsPredictionRequested(Event, frozen=True, kw_only=True):
    """The odds of a pairing were asked for."""

    pairing_id: Id
    """The pairing, or a fresh id where somebody only tries an idea."""
    prediction_id: Id
    vivarium_id: Id
    species_id: Id
    sire_genotype: tuple[Gene, ...] = ()
    dam_genotype: tuple[Gene, ...] = ()
    sire_id: Id | None = None
    dam_id: Id | None = None


@event("genetics.prediction.completed", key="pairing_id")
class GeneticsPredictionCompleted(Event, frozen=True, kw_only=True):
    """The odds of a pairing are known; the fractions are of live young and add up to one."""

    pairing_id: Id
    prediction_id: Id
    vivarium_id: Id
    species_id: Id
    outcomes: tuple[Outcome, ...]
    egg_loss: Ratio
    """The share of fertile eggs that a lethal or non-viable class costs."""
    warnings: tuple[WelfareFlag, ...] = ()
    notes: tuple[LongText, ...] = ()
    """What the odds take for granted."""


class TraitRecord(Event, frozen=True, kw_only=True):
    """What is known of one locus of an animal."""

    animal_id: Id
    vivarium_id: Id
    locus: Text
    alleles: Annotated[tuple[Text, ...], Meta(max_length=2)]
    evidence: Evidence
    posterior: Ratio | None = None
    """The chance that the animal carries the alleles; None where it is certain."""
    reason: LongText = ""
    """How that is known, in words for breeders."""


@event("genetics.trait.recorded", key="animal_id")
class GeneticsTraitRecorded(TraitRecord, frozen=True, kw_only=True):
    """A trait of an animal was recorded or its odds moved."""


@event("genetics.trait.proven", key="animal_id")
class GeneticsTraitProven(TraitRecord, frozen=True, kw_only=True):
    """A trait of an animal is certain: by its offspring, its parents, or a laboratory."""

    offspring_id: Id | None = None
    """The hatchling that proved it."""
    test_id: Id | None = None
    """The laboratory's test that proved it."""


class SpeciesRecord(Event, frozen=True, kw_only=True):
    """A species as the catalogue holds it."""

    species_id: Id
    scientific_name: Text
    common_names: tuple[Text, ...] = ()
    family: Text = ""
    sex_system: SexSystem = "unknown"
    live_bearing: bool = False
    incubation_days: tuple[Count, Count] | None = None
    clutch_size: tuple[Count, Count] | None = None
    maturity_days: Count = 0
    """The least age of a parent."""
    cites: CitesListing | None = None


@event("taxonomy.species.added", key="species_id")
class TaxonomySpeciesAdded(SpeciesRecord, frozen=True, kw_only=True):
    """A species was added to the catalogue."""


@event("taxonomy.species.updated", key="species_id")
class TaxonomySpeciesUpdated(SpeciesRecord, frozen=True, kw_only=True):
    """A species' entry in the catalogue changed."""

    changed: tuple[Text, ...] = ()


class MorphRecord(Event, frozen=True, kw_only=True):
    """A morph as the catalogue holds it."""

    morph_id: Id
    species_id: Id
    name: Text
    aliases: tuple[Text, ...] = ()
    inheritance: Inheritance
    locus: Text = ""
    """Empty for polygenic traits and for names of combinations."""
    allele: Text = ""
    super_name: Text = ""
    sex_linked: bool = False
    recombination: Share | None = None
    """Between the gene and the sex-determining region; an estimate."""
    welfare: tuple[WelfareFlag, ...] = ()


@event("taxonomy.morph.added", key="morph_id")
class TaxonomyMorphAdded(MorphRecord, frozen=True, kw_only=True):
    """A morph was added to the catalogue."""


@event("taxonomy.morph.updated", key="morph_id")
class TaxonomyMorphUpdated(MorphRecord, frozen=True, kw_only=True):
    """A morph's entry in the catalogue changed."""

    changed: tuple[Text, ...] = ()
