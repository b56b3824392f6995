"""The looks that a cross can give and the look that a hatchling has, in the same words, so that they can be counted."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import msgspec

from reptidex.domain.genetics.cross import Prediction
from reptidex.domain.genetics.loci import NORMAL, Genotype, Locus, Pair
from reptidex.domain.genetics.looks import look

NOTHING = "Normal"
"""What shows where nothing shows."""
UNCERTAIN = "uncertain"


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """The looks among living young with their shares, and the loci that tell them apart."""

    loci: tuple[str, ...]
    shares: dict[str, Fraction]


def spread(loci: Mapping[str, Locus], prediction: Prediction) -> Spread:
    """Return what will show among the living young of a cross: genotypes that look alike are one class."""
    shares: dict[str, Fraction] = {}
    names: tuple[str, ...] = ()
    for outcome in prediction.outcomes:
        names = tuple(outcome.genotype)
        if outcome.live_share:
            label = _label((loci[name] for name in names), outcome.genotype)
            shares[label] = shares.get(label, Fraction(0)) + outcome.live_share
    return Spread(loci=names, shares=shares)


def seen(loci: Mapping[str, Locus], concerned: Sequence[str], known: Genotype) -> str:
    """Return the class of a hatchling by what is recorded of it, at the loci concerned first.

    A locus left out looks normal. What shows at a locus that was not concerned makes a class of its own, which nothing
    foretold. Where the record allows two looks the answer is `UNCERTAIN`.
    """
    pairs: dict[str, Pair] = {}
    places = (*concerned, *(name for name in known if name not in concerned))
    for name in places:
        possible = known.get(name) or {NORMAL: Fraction(1)}
        looks = {look(loci[name], pair) for pair in possible}
        if len(looks) > 1:
            return UNCERTAIN
        pairs[name] = next(iter(possible))
    return _label((loci[name] for name in places), pairs)


def _label(loci: Iterable[Locus], genotype: Mapping[str, Pair]) -> str:
    names = [look(locus, genotype[locus.locus]) for locus in loci]
    return " ".join(name for name in names if name) or NOTHING
