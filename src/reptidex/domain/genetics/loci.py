"""What is known of a gene: its locus, its alleles, and what an animal carries there.

An animal has two alleles at a locus, never three; alleles of one complex (Mojave, Lesser …) therefore share a locus. `+` is
the wild type, and `-` the empty place of a gene that one sex has only once. What is not certain is a distribution over
pairs: "66 % het albino" is albino/+ with 2/3 and +/+ with 1/3.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

import msgspec

WILD = "+"
ABSENT = "-"
"""No allele: the second sex chromosome has no copy of the gene."""
Mode = Literal["recessive", "incomplete", "dominant", "codominant", "unknown"]
Sex = Literal["male", "female", "unknown"]
Pair = tuple[str, str]
Distribution = Mapping[Pair, Fraction]
"""How likely each pair of alleles is; the shares sum to 1."""
Genotype = Mapping[str, Distribution]
"""What is known at each locus; a locus left out is taken as wild type."""

NORMAL: Pair = (WILD, WILD)
HALF = Fraction(1, 2)


class Hazard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class Allele(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class Linkage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next gene on the same chromosome, and how often the two part company."""

    locus: str
    recombination: str
    """The recombination fraction, from 0 (never parted) to 1/2 (as if on different chromosomes), such as `1/10`."""
    source: str = ""

    def __post_init__(self) -> None:
        recombination(self.recombination)

    @property
    def crossover(self) -> Fraction:
        """The recombination fraction as a number."""
        return recombination(self.recombination)


class Locus(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gene with its known mutant alleles."""

    locus: str
    name: str
    alleles: tuple[Allele, ...]
    compounds: dict[str, str] = {}
    """Names of two different alleles together, by `one/two`."""
    gene: str | None = None
    """The gene's symbol where the molecular cause is known."""
    sex_linked: Literal["x", "z"] | None = None
    """The sex chromosome that bears it: `x` where males are XY, `z` where females are ZW. None: it is on neither."""
    recombination: str | None = None
    """For a sex-linked gene that both sex chromosomes bear: its recombination fraction with the sex-determining region.

    An estimate such as `1/20`. None: the other chromosome (Y or W) has no copy, and one sex has the gene only once.
    """
    linked: Linkage | None = None
    """The next gene along the chromosome, where data say that the two do not segregate independently."""
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.recombination is not None:
            recombination(self.recombination)
            if self.sex_linked is None:
                raise ValueError(f"{self.locus}: recombination is with the sex-determining region; say sex_linked too")
        names = [allele.allele for allele in self.alleles]
        if len(set(names)) != len(names) or {WILD, ABSENT, "X", "Y", "Z", "W"} & set(names):
            raise ValueError(f"{self.locus}: alleles are named once each, and none is called +, -, X, Y, Z or W")
        for compound in self.compounds:
            one, _, two = compound.partition("/")
            if one == two or one not in names or two not in names:
                raise ValueError(f"{self.locus}: a compound names two different alleles of the locus, not {compound!r}")

    def __hash__(self) -> int:
        return hash((self.locus, self.name))

    @property
    def crossover(self) -> Fraction | None:
        """The recombination fraction with the sex-determining region; None where only one chromosome bears the gene."""
        return recombination(self.recombination) if self.recombination is not None else None

    @property
    def single_in(self) -> Literal["male", "female"] | None:
        """The sex that has this gene only once (hemizygous), if one has."""
        if self.sex_linked is None or self.recombination is not None:
            return None
        return "male" if self.sex_linked == "x" else "female"

    def find(self, allele: str) -> Allele | None:
        """Return a mutant allele, or None for one that this locus does not have."""
        return next((one for one in self.alleles if one.allele == allele), None)

    def place(self, allele: str) -> int:
        """Return where an allele stands in the order used everywhere: as the locus lists them, then `+`, then `-`."""
        for place, one in enumerate(self.alleles):
            if one.allele == allele:
                return place
        return len(self.alleles) + (allele == ABSENT)

    def pair(self, one: str, two: str) -> Pair:
        """Write two alleles in the one order used everywhere: as the locus lists them, wild type last."""
        return (one, two) if self.place(one) <= self.place(two) else (two, one)

    def normal(self, sex: Sex = "unknown") -> Pair:
        """Return the pair of an animal without any mutant allele."""
        return (WILD, ABSENT) if self.single_in is not None and sex == self.single_in else NORMAL


def recombination(text: str) -> Fraction:
    """Read a recombination fraction. Raises `ValueError` for what is not a number from 0 to 1/2."""
    try:
        value = Fraction(text)
    except ZeroDivisionError as problem:
        raise ValueError(f"{text!r} is no recombination fraction") from problem
    if not 0 <= value <= HALF:
        raise ValueError(f"a recombination fraction lies between 0 and 1/2, not at {text}")
    return value


def hazards(locus: Locus, pair: Pair) -> list[Hazard]:
    """List what this pair of alleles does to its bearer. A gene that the sex has only once counts as if it had it twice."""
    found = []
    for allele in locus.alleles:
        copies = pair.count(allele.allele) * (2 if ABSENT in pair else 1)
        found += [hazard for hazard in allele.hazards if copies >= hazard.copies]
    return found
