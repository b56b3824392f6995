"""Whether parents can have given what a child carries, by what is recorded of all of them."""

from fractions import Fraction
from typing import Literal

from reptidex.domain.genetics.cells import at_locus
from reptidex.domain.genetics.loci import ABSENT, WILD, Genotype, Locus, Sex


def possible(locus: Locus, child: Genotype, sire: Genotype, dam: Genotype) -> bool:
    """Say whether two parents, as recorded, can give what a child certainly carries at a locus."""
    recorded = child.get(locus.locus)
    if recorded is None or len(recorded) != 1:
        return True
    given = at_locus(
        locus,
        sire.get(locus.locus, {locus.normal("male"): Fraction(1)}),
        dam.get(locus.locus, {locus.normal("female"): Fraction(1)}),
    )
    return next(iter(recorded)) in given


def excluded(locus: Locus, child: Genotype, parent: Genotype, role: Literal["sire", "dam"]) -> bool:
    """Say whether one parent cannot have given an allele of what a child certainly carries, whatever the other parent is."""
    other_sex: Sex = "female" if role == "sire" else "male"
    for allele in (*(one.allele for one in locus.alleles), WILD):
        pair = (allele, ABSENT) if locus.single_in == other_sex else (allele, allele)
        other = {locus.locus: {pair: Fraction(1)}}
        if possible(locus, child, *((parent, other) if role == "sire" else (other, parent))):
            return False
    return True
