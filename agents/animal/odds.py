"""Predictions of crosses in the words of the contracts."""

from collections.abc import Iterable
from fractions import Fraction

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.genetics.cross import Outcome as Class
from reptidex.domain.genetics.cross import Prediction, at_locus, predict
from reptidex.domain.genetics.loci import NORMAL, Distribution
from reptidex.streams.commands.animal import Appearance
from reptidex.streams.values import Gene, Outcome, WelfareFlag
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.relatives import genotype_of, ratio


def cross(species: Species, sire: Iterable[Gene], dam: Iterable[Gene]) -> Prediction:
    """Cross two recorded genotypes. Raises `InvalidError` as `genotype_of` and `predict` do."""
    return predict(species.by_locus, genotype_of(species, sire), genotype_of(species, dam))


def outcomes(prediction: Prediction) -> tuple[Outcome, ...]:
    """Return the classes of live young; their shares add up to one."""
    return tuple(_outcome(one) for one in prediction.outcomes if one.live_share)


def _outcome(one: Class) -> Outcome:
    genes = tuple(Gene(locus=locus, alleles=pair) for locus, pair in one.genotype.items())
    return Outcome(label=one.label[:255], probability=ratio(one.live_share), genotype=genes)


def looks(prediction: Prediction) -> tuple[Appearance, ...]:
    """Return what the keeper will see."""
    return tuple(
        Appearance(
            label=one.label,
            probability=ratio(one.share),
            carries={allele: ratio(chance) for allele, chance in one.carries.items()},
        )
        for one in prediction.looks
    )


def warnings(prediction: Prediction) -> tuple[WelfareFlag, ...]:
    """Return the hazards that some of the young bear."""
    return tuple(
        WelfareFlag(
            trait=one.trait,
            severity=one.hazard.severity,
            certainty=one.hazard.certainty,
            text=one.hazard.text,
            source=one.hazard.source,
        )
        for one in prediction.warnings
    )


def inherited(species: Species, sire: Animal | None, dam: Animal) -> dict[str, Gene]:
    """Return what every young of two parents is bound to carry, locus by locus."""
    if sire is None:
        return {}
    fathers, mothers = genotype_of(species, sire.genotype), genotype_of(species, dam.genotype)
    normal: Distribution = {NORMAL: Fraction(1)}
    certain: dict[str, Gene] = {}
    for locus in species.loci:
        table = at_locus(locus, fathers.get(locus.locus, normal), mothers.get(locus.locus, normal))
        if len(table) == 1 and NORMAL not in table:
            certain[locus.locus] = Gene(locus=locus.locus, alleles=next(iter(table)), evidence="parentage")
    return certain
