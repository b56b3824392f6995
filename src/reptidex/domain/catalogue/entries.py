"""The shape of a catalogue entry. Decoding is strict: a misspelt field or an allele that does not exist is refused."""

from datetime import date
from typing import Literal

import msgspec

from reptidex.domain.catalogue.biology import Calendar, Subspecies, Warmth
from reptidex.domain.genetics.loci import Hazard, Locus, hazards, read


class Cites(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A taxon's protection as one source said it on one day; None in an entry means that no source was found."""

    appendix: Literal["I", "II", "III", "none"]
    checked_on: date
    source: str
    listed_on: date | None = None


class Morph(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named look: one allele, two of it, or a combination."""

    morph_id: str
    name: str
    inheritance: Literal["recessive", "incomplete", "dominant", "codominant", "polygenic", "fixed", "unknown"]
    genotype: dict[str, tuple[str, str]] = {}
    """The alleles that make it, by locus; empty for polygenic looks."""
    aliases: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class Species(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A species with what breeders need to know of it."""

    species_id: str
    slug: str
    scientific_name: str
    common_names: tuple[str, ...]
    family: str
    code: str
    """Two or three letters for breeders' own ids."""
    sex_system: Literal["xy", "zw", "temperature", "mixed", "unknown"]
    venomous: bool = False
    live_bearing: bool = False
    incubation_days: tuple[int, int] | None = None
    clutch_size: tuple[int, int] | None = None
    maturity_days: int = 0
    """The least age of a parent; 0 where no source gives one, and then the incubation time bounds it."""
    sperm_storage_days: int = 0
    """How long after a mating, or after the sire's death, it may still have sired; 0 where no source gives a figure."""
    subspecies: tuple[Subspecies, ...] = ()
    synonyms: tuple[str, ...] = ()
    """Scientific names under which the species has been known."""
    warmth: Warmth | None = None
    calendar: Calendar = Calendar()
    cites: Cites | None = None
    loci: tuple[Locus, ...] = ()
    morphs: tuple[Morph, ...] = ()
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for morph in self.morphs:
            for locus, pair in morph.genotype.items():
                read(self.locus(locus), pair)

    def locus(self, name: str) -> Locus:
        """Return a locus. Raises `KeyError` for one that the species does not have."""
        return self.by_locus[name]

    @property
    def by_locus(self) -> dict[str, Locus]:
        """The loci by name."""
        return {locus.locus: locus for locus in self.loci}

    @property
    def parent_days(self) -> int:
        """How many days a parent is at least older than its young."""
        return max(self.maturity_days, self.incubation_days[0] if self.incubation_days else 1)

    def welfare(self, morph: Morph) -> list[tuple[str, Hazard]]:
        """List what a morph does to its bearer, each with the name of the allele's locus."""
        found = []
        for locus, pair in morph.genotype.items():
            entry = self.locus(locus)
            found += [(entry.name, hazard) for hazard in hazards(entry, entry.pair(*pair))]
        return found
