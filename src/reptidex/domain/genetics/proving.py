"""Proving out: how clutches change the belief that an animal carries a recessive allele (Bayes' rule)."""

from fractions import Fraction
from typing import Literal

MISS = {"visual": Fraction(1, 2), "het": Fraction(3, 4)}
"""The chance that one hatchling of a true carrier shows nothing, by what the mate is."""


def posterior(prior: Fraction, offspring: int, mate: Literal["visual", "het"], visuals: int = 0) -> Fraction:
    """Return the probability that an animal is a carrier after so many hatchlings, `visuals` of them visual.

    One visual hatchling proves it. `prior` lies in 0 to 1.
    """
    if visuals:
        return Fraction(1)
    missed = prior * MISS[mate] ** offspring
    return missed / (missed + 1 - prior)


def inheritable(child: frozenset[str], sire: frozenset[str], dam: frozenset[str], pair: tuple[str, str]) -> bool:
    """Say whether a pair of alleles can come one from each parent, given the alleles that each may pass on."""
    one, two = pair
    return child == frozenset(pair) and ((one in sire and two in dam) or (two in sire and one in dam))
