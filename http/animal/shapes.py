"""Animals and pedigrees as they are shown."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from reptidex.domain.ancestry import Ancestry
from reptidex.domain.pedigree import chart, standing
from reptidex.domain.visibility import shows_name, sight
from reptidex.http.animal.naming import Names
from reptidex.streams.commands.animal import Remarked
from reptidex.streams.values import CitesListing, Gene, Ratio, WelfareFlag
from reptidex.tables.animal.models import Animal, Photo
from reptidex.tables.animal.relatives import ratio


class AnimalView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An animal. What only its keepers see is left out for others."""

    animal_id: str
    vivarium_id: str
    code: str
    name: str = ""
    species_id: str
    species: str
    morphs: tuple[str, ...] = ()
    genotype: tuple[Gene, ...] = ()
    sex: str
    born_on: date | None = None
    birth_precision: str
    died_on: date | None = None
    status: str
    visibility: str
    sire_id: str | None = None
    dam_id: str | None = None
    sire_hidden: bool = False
    """True where the sire is known, and its owner does not show who it is."""
    dam_hidden: bool = False
    clutch_id: str | None = None
    breeder_vivarium_id: str | None = None
    lineage_status: str
    photos: tuple[Photo, ...] = ()
    created_at: datetime
    updated_at: datetime
    version: int
    subspecies: str | None = None
    phenotype: str = ""
    placeholder: bool = False
    notes: str | None = None
    external_ref: str | None = None
    enclosure_id: str | None = None
    held_by: str | None = None
    held_until: datetime | None = None
    remarks: tuple[Remarked, ...] = ()
    """What the check of its lineage noticed; in answers to changes alone."""


KEEPERS_ONLY = frozenset(("notes", "held_by", "held_until", "external_ref", "enclosure_id"))
"""What an animal's keepers see and nobody else."""
_FIELDS = set(AnimalView.__struct_fields__) - {"version", "remarks", "sire_id", "dam_id", "sire_hidden", "dam_hidden"}


def animal_view(animal: Animal, names: Names, remarks: tuple[Remarked, ...] = ()) -> AnimalView:
    """Show an animal to somebody; `names` knows its parents, and for whom they look."""
    seen = sight(animal.visibility, animal.vivarium_id, names.looking or "")
    shown = _FIELDS if seen == "all" else _FIELDS - KEEPERS_ONLY
    values: dict[str, Any] = {name: getattr(animal, name) for name in shown}
    return AnimalView(
        **values,
        sire_id=names.id(animal.sire_id),
        dam_id=names.id(animal.dam_id),
        sire_hidden=names.hides(animal.sire_id),
        dam_hidden=names.hides(animal.dam_id),
        version=animal.revision,
        remarks=remarks,
    )


class PublicMark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mark that is shown to everybody."""

    kind: str
    value: str
    place: str = ""


class ProductView(msgspec.Struct, frozen=True, kw_only=True):
    """What other services need to know of an animal."""

    animal_id: str
    code: str
    name: str
    species_id: str
    species: str
    venomous: bool
    morph: str
    sex: str
    birth: date | None
    status: str
    visibility: str
    vivarium_id: str
    lineage_status: str
    welfare: tuple[WelfareFlag, ...]
    held_by: str | None
    photos: tuple[Photo, ...]
    sire_id: str | None
    dam_id: str | None
    inbreeding: float
    version: int
    subspecies: str | None = None
    morphs: tuple[str, ...] = ()
    phenotype: str = ""
    birth_precision: str = "unknown"
    clutch_id: str | None = None
    breeder_vivarium_id: str | None = None
    placeholder: bool = False
    marks: tuple[PublicMark, ...] = ()
    """Those that the keepers show to everybody and that are still there."""
    cites: CitesListing | None = None
    """For manifests of shipments: what they cross borders with."""


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One place in a pedigree; numbered so that the sire of n is 2n and the dam 2n + 1."""

    number: int
    generation: int
    known: bool
    """False where nobody knows the ancestor."""
    hidden: bool = False
    """True where the ancestor is known, and its owner does not show who it is."""
    animal_id: str | None = None
    code: str = ""
    name: str = ""
    species: str = ""
    morphs: tuple[str, ...] = ()
    sex: str = ""
    born_on: date | None = None
    lineage_status: str = ""


class PedigreeView(msgspec.Struct, frozen=True, kw_only=True):
    """A pedigree; an ancestor stands in every place that it fills, since repeats are what inbreeding is made of."""

    animal_id: str
    generations: int
    lineage_status: str
    inbreeding: float
    """Wright's F over everything that is known."""
    inbreeding_exact: Ratio
    """The fraction; the nearest one where more than 256 animals have known parents, or its denominator is above 2^53."""
    inbreeding_within: float
    """F when only the generations shown count."""
    completeness: tuple[float, ...]
    """The known share of each generation of ancestors."""
    complete_generations: float
    completeness_index: float
    """MacCluer's index: 0 as soon as one parent is unknown."""
    ancestors: int
    distinct_ancestors: int
    ancestor_loss: float
    """The share of the known places that repeat an ancestor."""
    places: tuple[Place, ...]


def pedigree_view(
    animals: Mapping[str, Animal], ancestry: Ancestry, animal_id: str, generations: int, looking: str
) -> PedigreeView:
    """Show a pedigree to somebody who looks for a vivarium; the figures count hidden ancestors too."""
    said = standing(ancestry, animal_id, generations)
    slots = chart(ancestry.pedigree, animal_id, generations)
    return PedigreeView(
        animal_id=animal_id,
        generations=generations,
        lineage_status=animals[animal_id].lineage_status,
        inbreeding=said.inbreeding.value,
        inbreeding_exact=ratio(said.inbreeding.fraction),
        inbreeding_within=said.inbreeding_within.value,
        completeness=tuple(float(share) for share in said.completeness),
        complete_generations=float(said.complete_equivalents),
        completeness_index=float(said.index),
        ancestors=said.ancestors,
        distinct_ancestors=said.distinct,
        ancestor_loss=float(said.loss),
        places=tuple(
            _place(slot.number, slot.generation, animals.get(slot.animal) if slot.animal else None, looking)
            for slot in slots
        ),
    )


def _place(number: int, generation: int, animal: Animal | None, looking: str) -> Place:
    if animal is None:
        return Place(number=number, generation=generation, known=False)
    # The subject itself is shown: whoever is given the pedigree may open its page.
    if number > 1 and not shows_name(sight(animal.visibility, animal.vivarium_id, looking)):
        return Place(number=number, generation=generation, known=True, hidden=True, sex=animal.sex)
    return Place(
        number=number,
        generation=generation,
        known=True,
        animal_id=animal.animal_id,
        code=animal.code,
        name=animal.name,
        species=animal.species,
        morphs=animal.morphs,
        sex=animal.sex,
        born_on=animal.born_on,
        lineage_status=animal.lineage_status,
    )
