"""Reads what is recorded of an animal at a locus, and refuses what no animal can carry, with the reason."""

from collections.abc import Sequence
from fractions import Fraction

from reptidex.domain.genetics.loci import ABSENT, WILD, Distribution, Locus, Pair, Sex
from reptidex.errors import InvalidError

LARGEST = 2**53
"""The largest denominator of a recorded chance: what every reader of JSON still reads exactly."""


class ImpossibleGenotypeError(InvalidError):
    """No animal can carry this: three alleles at one locus, an allele of another gene, a second copy where there is none."""

    title = "No animal can carry this"

    def __init__(self, locus: str, detail: str) -> None:
        super().__init__(detail, "/genotype")
        self.locus = locus


def read(locus: Locus, alleles: Sequence[str], chance: Fraction | None = None, sex: Sex = "unknown") -> Distribution:
    """Read what is recorded at a locus: its alleles, and how likely the animal carries them (else it is wild type).

    A single allele means that the other is not known; it is taken as wild type, or as absent where the sex has no other.
    Raises `ImpossibleGenotypeError`, and `InvalidError` for a probability that is none.
    """
    pair = read_pair(locus, alleles, sex)
    normal = locus.normal("unknown" if ABSENT not in pair else locus.single_in or "unknown")
    if chance is None or chance == 1 or pair == normal:
        return {pair: Fraction(1)}
    if chance.denominator > LARGEST:
        raise InvalidError(f"{locus.name}: a probability is given with a denominator of at most 2^53", "/genotype")
    if not 0 < chance < 1:
        raise InvalidError(f"{locus.name}: {chance} is no probability between 0 and 1", "/genotype")
    return {pair: chance, normal: 1 - chance}


def read_pair(locus: Locus, alleles: Sequence[str], sex: Sex = "unknown") -> Pair:
    """Return the pair of alleles that is recorded at a locus. Raises `ImpossibleGenotypeError`."""
    if not 1 <= len(alleles) <= 2:
        raise ImpossibleGenotypeError(
            locus.locus, f"{locus.name}: an animal has two alleles at a locus, not {len(alleles)}"
        )
    for allele in alleles:
        if allele not in (WILD, ABSENT) and locus.find(allele) is None:
            raise ImpossibleGenotypeError(locus.locus, f"{allele!r} is no allele of {locus.name}")
    whole = [allele for allele in alleles if allele != ABSENT]
    if len(whole) == 1 and ABSENT in alleles and sex != "unknown" and sex != locus.single_in:
        raise ImpossibleGenotypeError(locus.locus, f"{locus.name}: a {sex} has two copies of this gene, none is absent")
    if not whole or (ABSENT in alleles and locus.single_in is None):
        raise ImpossibleGenotypeError(locus.locus, f"{locus.name}: no copy of this gene is ever absent")
    if locus.single_in is not None and sex == locus.single_in:
        if len(whole) == 2:
            raise ImpossibleGenotypeError(
                locus.locus,
                f"{locus.name} lies on the {(locus.sex_linked or '').upper()} chromosome: a {sex} has one copy of it, not two",
            )
        return whole[0], ABSENT
    if ABSENT in alleles:
        return whole[0], ABSENT
    return locus.pair(whole[0], whole[1] if len(whole) == 2 else WILD)


def recordable(chance: Fraction) -> Fraction:
    """Return a chance as it is recorded: exactly where its denominator allows, else the nearest that does, never 0 or 1."""
    if chance.denominator <= LARGEST:
        return chance
    least = Fraction(1, LARGEST)
    return min(max(chance.limit_denominator(LARGEST), least), 1 - least)
