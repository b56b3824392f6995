"""What is known of a gene: its locus, its alleles, and what an animal carries there.

An animal has two alleles at a locus, never three; alleles of one complex (Mojave, Lesser …) therefore share a locus. `+` is
the wild type. What is not certain is a distribution over pairs: "66 % het albino" is albino/+ with 2/3 and +/+ with 1/3.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

import msgspec

from reptidex.errors import InvalidError

WILD = "+"
Mode = Literal["recessive", "incomplete", "dominant", "codominant", "unknown"]
Pair = tuple[str, str]
Distribution = Mapping[Pair, Fraction]
"""How likely each pair of alleles is; the shares sum to 1."""
Genotype = Mapping[str, Distribution]
"""What is known at each locus; a locus left out is taken as wild type."""

NORMAL: Pair = (WILD, WILD)


class Hazard(msgspec.Struct, frozen=True, kw_only=True):
    """What an allele does to the animal that carries `copies` of it or more."""

    severity: Literal["lethal", "nonviable", "welfare", "fertility"]
    copies: Literal[1, 2]
    certainty: Literal["established", "disputed"]
    text: str
    source: str

    @property
    def loses_egg(self) -> bool:
        """Whether an egg of this genotype is counted as lost: only where that is established."""
        return self.severity in ("lethal", "nonviable") and self.certainty == "established"


class Allele(msgspec.Struct, frozen=True, kw_only=True):
    """One mutant form of a gene."""

    allele: str
    name: str
    mode: Mode
    super_name: str | None = None
    """What two copies are called, where that look differs."""
    hazards: tuple[Hazard, ...] = ()

    @property
    def hidden(self) -> bool:
        """Whether one copy does not show. An unknown mode is treated like recessive, and said so in a warning."""
        return self.mode in ("recessive", "unknown")


class Locus(msgspec.Struct, frozen=True, kw_only=True):
    """A gene with its known mutant alleles."""

    locus: str
    name: str
    alleles: tuple[Allele, ...]
    compounds: dict[str, str] = {}
    """Names of two different alleles together, by `one/two`."""
    gene: str | None = None
    """The gene's symbol where the molecular cause is known."""
    sources: tuple[str, ...] = ()

    def find(self, allele: str) -> Allele | None:
        """Return a mutant allele, or None for one that this locus does not have."""
        return next((one for one in self.alleles if one.allele == allele), None)

    def pair(self, one: str, two: str) -> Pair:
        """Write two alleles in the one order used everywhere: as the locus lists them, wild type last."""
        places = {allele.allele: place for place, allele in enumerate(self.alleles)}
        first, second = sorted((one, two), key=lambda allele: places.get(allele, len(places)))
        return first, second


def read(locus: Locus, alleles: Sequence[str], chance: Fraction | None = None) -> Distribution:
    """Read what is recorded at a locus: its alleles, and how likely the animal carries them (else it is wild type).

    A single allele means that the other is not known; it is taken as wild type.
    Raises `InvalidError` for three alleles, an allele that the locus lacks, or a probability that is none.
    """
    if not 1 <= len(alleles) <= 2:
        raise InvalidError(f"{locus.name}: an animal has two alleles at a locus, not {len(alleles)}", "/genotype")
    for allele in alleles:
        if allele != WILD and locus.find(allele) is None:
            raise InvalidError(f"{allele!r} is no allele of {locus.name}", "/genotype")
    pair = locus.pair(alleles[0], alleles[1] if len(alleles) == 2 else WILD)
    if chance is None or chance == 1 or pair == NORMAL:
        return {pair: Fraction(1)}
    if not 0 < chance < 1:
        raise InvalidError(f"{locus.name}: {chance} is no probability between 0 and 1", "/genotype")
    return {pair: chance, NORMAL: 1 - chance}


def hazards(locus: Locus, pair: Pair) -> list[Hazard]:
    """List what this pair of alleles does to its bearer."""
    found = []
    for allele in locus.alleles:
        found += [hazard for hazard in allele.hazards if pair.count(allele.allele) >= hazard.copies]
    return found
