"""The shape of a catalogue entry. Decoding is strict: a misspelt field or an allele that does not exist is refused."""

from datetime import date
from typing import Annotated, Literal
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Meta

from reptidex.domain.catalogue.biology import Calendar, Subspecies, Warmth
from reptidex.domain.genetics.chromosomes import check_chromosomes
from reptidex.domain.genetics.loci import Hazard, Locus, hazards
from reptidex.domain.genetics.reading import read


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


class Combo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trade name for several traits together; it is a name only, each trait is inherited on its own."""

    name: str
    genotype: dict[str, tuple[str, str]]
    """The alleles at each locus whose look belongs to the combination: two loci or more."""
    aliases: tuple[str, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    """What the combination does to its bearer beyond its parts; `copies` does not matter here, and no egg is lost by it."""
    sources: tuple[str, ...] = ()

    def morph_id(self, species_id: str) -> str:
        """Return the id under which the combination is told as a morph."""
        return str(uuid5(NAMESPACE_URL, f"urn:reptidex:{species_id}:combo:{self.name.casefold()}"))

    def __post_init__(self) -> None:
        if len(self.genotype) < 2:
            raise ValueError(f"{self.name}: a combination has two loci or more; what one locus gives is a morph")
        if any(hazard.loses_egg for hazard in self.hazards):
            raise ValueError(f"{self.name}: eggs are lost locus by locus; an established lethal belongs to an allele")


class SpeciesFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a species beside its genes and looks."""

    slug: Annotated[str, Meta(pattern="^[a-z]+(-[a-z]+)+$", max_length=80)]
    """Its name in addresses: the scientific name in lower case, with dashes."""
    scientific_name: Annotated[str, Meta(min_length=3, max_length=120)]
    common_names: Annotated[tuple[str, ...], Meta(max_length=20)]
    family: str
    code: Annotated[str, Meta(pattern="^[A-Z]{2,3}$")]
    """Two or three letters for breeders' own ids."""
    sex_system: Literal["xy", "zw", "temperature", "mixed", "unknown"]
    venomous: bool = False
    live_bearing: bool = False
    incubation_days: tuple[int, int] | None = None
    incubation_source: str = ""
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
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("incubation_days", "clutch_size"):
            span = getattr(self, name)
            if span is not None and not 0 < span[0] <= span[1]:
                raise ValueError(f"{name}: {span[0]} to {span[1]} is no span")
        if self.live_bearing and self.incubation_days:
            raise ValueError("a live-bearing species has no incubation time")


class Species(SpeciesFacts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A species with what breeders need to know of it."""

    format: Literal[1] = 1
    """The form of the entry; `docs/catalogue.schema.json` describes it."""
    revision: int = 1
    """Counts the versions of the shipped entry."""
    species_id: str
    loci: tuple[Locus, ...] = ()
    morphs: tuple[Morph, ...] = ()
    combos: tuple[Combo, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        for kind, names in (
            ("locus", [locus.locus for locus in self.loci]),
            ("morph", [morph.name.casefold() for morph in self.morphs]),
            ("morph", [morph.morph_id for morph in self.morphs]),
            ("combination", [combo.name.casefold() for combo in self.combos]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"two entries of the kind {kind} are called {twice!r}")
        named = [(morph.name, morph.genotype) for morph in self.morphs]
        for name, genotype in [*named, *((combo.name, combo.genotype) for combo in self.combos)]:
            for locus, pair in genotype.items():
                if locus not in self.by_locus:
                    raise ValueError(f"{name}: {locus!r} is no locus of {self.scientific_name}")
                read(self.locus(locus), pair)
        for entry in self.loci:
            if entry.sex_linked and {"x": "xy", "z": "zw"}[entry.sex_linked] != self.sex_system:
                raise ValueError(f"{entry.locus}: no gene is {entry.sex_linked}-linked where sex is {self.sex_system}")
        check_chromosomes(self.loci)

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

    def welfare(self, look: Morph | Combo) -> list[tuple[str, Hazard]]:
        """List what a look does to its bearer, each with the name of the allele's locus, or of the combination."""
        found = [(look.name, hazard) for hazard in look.hazards] if isinstance(look, Combo) else []
        for locus, pair in look.genotype.items():
            entry = self.locus(locus)
            found += [(entry.name, hazard) for hazard in hazards(entry, entry.pair(*pair))]
        return found
