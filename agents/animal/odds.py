"""Predictions of crosses in the words of the contracts."""

from collections.abc import Iterable
from fractions import Fraction

from msgspec.structs import replace

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.genetics.cells import at_locus
from reptidex.domain.genetics.chance import OutOfReachError, eggs_for
from reptidex.domain.genetics.cross import Look, Prediction, predict
from reptidex.domain.genetics.cross import Outcome as Class
from reptidex.domain.genetics.loci import ABSENT, WILD, Sex
from reptidex.domain.genetics.looks import look
from reptidex.domain.genetics.reading import recordable
from reptidex.streams.commands.animal import Appearance, Hatchling
from reptidex.streams.values import Gene, Outcome, WelfareFlag
from reptidex.tables.animal.families import named_genes
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.relatives import genotype_of, origins_of, ratio


def cross(species: Species, sire: Iterable[Gene], dam: Iterable[Gene]) -> Prediction:
    """Cross two recorded genotypes. Raises `InvalidError` as `genotype_of` and `predict` do."""
    father, mother = list(sire), list(dam)
    return predict(
        species.by_locus,
        genotype_of(species, father, "male"),
        genotype_of(species, mother, "female"),
        (origins_of(species, father), origins_of(species, mother)),
        species.combos,
    )


def polygenic(species: Species, morphs: Iterable[str]) -> tuple[str, ...]:
    """Say of which of these looks no odds are given, since many genes make them."""
    known = {name.casefold(): one for one in species.morphs for name in (one.name, *one.aliases)}
    found = (known.get(name.strip().casefold()) for name in morphs)
    return tuple(
        dict.fromkeys(
            f"{one.name} is polygenic: many genes and selection make it, so no odds are given"
            for one in found
            if one is not None and one.inheritance == "polygenic"
        )
    )


def taken_for_granted(species: Species, *parents: Iterable[Gene]) -> tuple[str, ...]:
    """Say what a prediction assumes where a parent's record leaves an allele open."""
    found = []
    for gene in (one for genes in parents for one in genes):
        locus = species.locus(gene.locus)
        if len(gene.alleles) == 1 and locus.single_in is None:
            allele = locus.find(gene.alleles[0])
            found.append(
                f"{allele.name if allele else locus.name}: the second allele is not recorded; one copy is reckoned with"
            )
    return tuple(dict.fromkeys(found))


def outcomes(prediction: Prediction) -> tuple[Outcome, ...]:
    """Return the classes of live young; their shares add up to one. Where there are too many, the looks stand for them."""
    if not prediction.outcomes:
        return tuple(_seen(one) for one in prediction.looks)
    return tuple(_outcome(one) for one in prediction.outcomes if one.live_share)


def _outcome(one: Class) -> Outcome:
    genes = tuple(
        Gene(locus=locus, alleles=pair, inherited_from=one.origins.get(locus)) for locus, pair in one.genotype.items()
    )
    return Outcome(
        label=one.label[:255],
        probability=ratio(one.live_share),
        genotype=genes,
        sex=one.sex,
        trade_name=one.trade_name[:255],
    )


def _seen(one: Look) -> Outcome:
    return Outcome(label=one.label[:255], probability=ratio(one.share), sex=one.sex, trade_name=one.trade_name[:255])


def looks(prediction: Prediction, eggs: int | None = None) -> tuple[Appearance, ...]:
    """Return what the keeper will see, how many eggs it takes, and how many of so many eggs to expect."""
    alive = 1 - prediction.egg_loss
    # Hundreds of looks have a dozen different shares.
    needed = {share: _eggs_for(share * alive) for share in {one.share for one in prediction.looks}}
    return tuple(
        Appearance(
            label=one.label,
            probability=ratio(one.share),
            carries={allele: ratio(chance) for allele, chance in one.carries.items()},
            sex=one.sex,
            trade_name=one.trade_name,
            eggs_for_nine_tenths=needed[one.share],
            expected=float(one.share * alive * eggs) if eggs is not None else None,
        )
        for one in prediction.looks
    )


def _eggs_for(share: Fraction) -> int | None:
    try:
        return eggs_for(share, Fraction(9, 10))
    except OutOfReachError:
        return None


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


def inherited(species: Species, sire: Animal | None, dam: Animal, sex: Sex = "unknown") -> dict[str, Gene]:
    """Return what every young of two parents is bound to carry, or may carry unseen, locus by locus.

    A young of which nothing else is recorded shows nothing of the locus; its odds are Mendel's without the visual ones.
    """
    if sire is None:
        return {}
    fathers = genotype_of(species, sire.genotype, "male")
    mothers = genotype_of(species, dam.genotype, "female")
    found: dict[str, Gene] = {}
    for locus in species.loci:
        if locus.locus not in fathers and locus.locus not in mothers:
            continue
        father = fathers.get(locus.locus, {locus.normal("male"): Fraction(1)})
        mother = mothers.get(locus.locus, {locus.normal("female"): Fraction(1)})
        table = at_locus(locus, father, mother)
        if locus.single_in is not None and sex != "unknown":
            table = {pair: share for pair, share in table.items() if (ABSENT in pair) == (sex == locus.single_in)}
        if len(table) > 1:
            table = {pair: share for pair, share in table.items() if not look(locus, pair)}
        carriers = {pair: share for pair, share in table.items() if set(pair) - {WILD, ABSENT}}
        if len(carriers) != 1 or (locus.single_in is not None and sex == "unknown"):
            continue
        [(pair, share)] = carriers.items()
        chance = share / sum(table.values(), Fraction(0))
        found[locus.locus] = Gene(
            locus=locus.locus,
            alleles=pair,
            evidence="parentage",
            probability=None if chance == 1 else ratio(recordable(chance)),
        )
    return found


def hatched_with(species: Species, sire: Animal | None, dam: Animal, hatchling: Hatchling) -> dict[str, Gene]:
    """Return what is recorded of a hatchling: what its keeper says, what its morphs' names mean, what its parents gave."""
    named, understood = named_genes(species, hatchling.morphs)
    genes = inherited(species, sire, dam, hatchling.sex)
    if not understood:
        # A name that the catalogue lacks may mean anything, so nothing is reckoned from what does not show.
        genes = {key: gene for key, gene in genes.items() if gene.probability is None}
    genes |= {locus: Gene(locus=locus, alleles=pair) for locus, pair in named.items()}
    return genes | {gene.locus: gene for gene in claimed(hatchling.genotype)}


def claimed(genes: Iterable[Gene], before: Iterable[Gene] = ()) -> tuple[Gene, ...]:
    """Return genes as a keeper may record them: a laboratory's word is recorded as a test, and only that counts as one."""
    kept = set(before)
    return tuple(
        replace(gene, evidence="claim") if gene.evidence == "lab" and gene not in kept else gene for gene in genes
    )
