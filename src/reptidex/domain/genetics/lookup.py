"""The reverse look-up: which pairings give what is wanted, among one's own animals and among genotypes as such."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product

import msgspec

from reptidex.domain.genetics.chromosomes import Group, Origin, Phased, carried, origin_of, pairs_of, sex_of, young
from reptidex.domain.genetics.inheriting import all_states
from reptidex.domain.genetics.loci import ABSENT, WILD, Locus, Pair, Sex
from reptidex.domain.genetics.targets import (
    Stock,
    Target,
    chances,
    checked_target,
    lethal_groups,
    lives,
    meets,
    sex_share,
    target_groups,
)


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing of two animals that can give the target."""

    sire_id: str
    dam_id: str
    share: Fraction
    """Of all eggs."""
    live_share: Fraction
    """Of the young that live."""
    egg_loss: Fraction


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """Two genotypes whose young may be the target."""

    sire: dict[str, Pair]
    dam: dict[str, Pair]
    share: Fraction
    origins: dict[str, Origin] = {}
    """For genes on both sex chromosomes: from which of its own parents the sire (of ZW species the dam) has the allele."""


def matches(loci: Mapping[str, Locus], target: Target, stock: Sequence[Stock], most: int) -> tuple[list[Match], int]:
    """Return the pairings of one's animals that give the target, the best first, and how many there are in all.

    Animals that carry the same are reckoned once, so that a large collection costs what its different genotypes cost.
    Raises `InvalidError` for a target that cannot be reckoned.
    """
    together = target_groups(loci, checked_target(loci, target))
    others = lethal_groups(loci, target, stock)
    half = sex_share(together, target)
    males = _alike([one for one in stock if one.sex == "male"], (*together, *others))
    females = _alike([one for one in stock if one.sex == "female"], (*together, *others))
    cache: dict[tuple[int, object, object], tuple[Fraction, Fraction]] = {}
    found: list[tuple[Fraction, Fraction, list[str], list[str]]] = []
    for (father, sires), (mother, dams) in product(males.items(), females.items()):
        hits, alive = half, Fraction(1)
        for place, group in enumerate((*together, *others)):
            key = place, father[place], mother[place]
            if key not in cache:
                cache[key] = chances(group, dict(father[place]), dict(mother[place]), target)
            hit, lives_ = cache[key]
            hits, alive = hits * hit, alive * lives_
            if not hits:
                break
        if hits:
            found.append((hits, alive, sires, dams))
    found.sort(key=lambda one: (-one[0], one[2][0], one[3][0]))
    every = (
        Match(sire_id=sire, dam_id=dam, share=hits, live_share=hits / alive, egg_loss=1 - alive)
        for hits, alive, sires, dams in found
        for sire, dam in product(sires, dams)
    )
    return list(islice(every, most)), sum(len(sires) * len(dams) for _, _, sires, dams in found)


Arranged = tuple[tuple[Phased, Fraction], ...]


def _alike(stock: Iterable[Stock], together: Sequence[Group]) -> dict[tuple[Arranged, ...], list[str]]:
    """Gather the animals that carry the same at the loci concerned."""
    found: dict[tuple[Arranged, ...], list[str]] = {}
    for one in stock:
        key = tuple(tuple(sorted(carried(group, one.genotype, one.origins, one.sex).items())) for group in together)
        found.setdefault(key, []).append(one.animal_id)
    return found


def recipes(loci: Mapping[str, Locus], target: Target, most: int) -> list[Recipe]:
    """Return the pairs of genotypes whose young may be the target, the best first.

    Groups of loci multiply, so the best of all are found among the best of each group. Raises `InvalidError`.
    """
    together = target_groups(loci, checked_target(loci, target))
    best = [Recipe(sire={}, dam={}, share=sex_share(together, target))]
    for group in together:
        choices = _recipes(group, target)
        longer = [
            Recipe(
                sire=one.sire | two.sire,
                dam=one.dam | two.dam,
                share=one.share * two.share,
                origins=one.origins | two.origins,
            )
            for one, two in product(best, choices)
        ]
        longer.sort(key=lambda one: (-one.share, _copies(one)))
        best = longer[:most]
    return best


def _copies(recipe: Recipe) -> int:
    """Count mutant alleles: of two equally good recipes the one with fewer comes first."""
    return sum(
        allele not in (WILD, ABSENT) for side in (recipe.sire, recipe.dam) for pair in side.values() for allele in pair
    )


def _recipes(group: Group, target: Target) -> list[Recipe]:
    fathers, mothers = _parents(group, target, "male"), _parents(group, target, "female")
    found = []
    for one, two in product(fathers, mothers):
        share = sum(
            (
                chance
                for state, chance in young(group, {one: Fraction(1)}, {two: Fraction(1)}).items()
                if lives(group, state) and meets(group, state, target)
            ),
            Fraction(0),
        )
        if share:
            found.append(
                Recipe(sire=_named(group, one), dam=_named(group, two), share=share, origins=_origins(group, one, two))
            )
    return list(
        {
            (tuple(one.sire.items()), tuple(one.dam.items()), tuple(one.origins.items()), one.share): one
            for one in found
        }.values()
    )


def _parents(group: Group, target: Target, sex: Sex) -> list[Phased]:
    """List what a parent may carry of the alleles that the target needs; lost genotypes are nobody's parents."""
    if len(group.loci) == 1:
        [locus] = group.loci
        mutants = [a.allele for a in locus.alleles if a.allele in target.pairs.get(locus.locus, ())]
        states = [
            state for state in all_states(group, (*mutants, WILD)) if group.sexed is None or sex_of(group, state) == sex
        ]
        ordered = [(state[1], state[0]) if group.sexed == "x" and sex == "male" else state for state in states]
        return [state for state in ordered if lives(group, state)]
    choices = []
    for locus in group.loci:
        alleles = [a for a in dict.fromkeys(target.pairs.get(locus.locus, ())) if a not in (WILD, ABSENT)] + [WILD]
        pairs = [(one, two) for one in alleles for two in alleles]
        single = sex == locus.single_in
        choices.append([(one, ABSENT) for one in alleles] if single else pairs)
    found: dict[Phased, None] = {}
    for pairs_ in product(*choices):
        genotype = {locus.locus: {pair: Fraction(1)} for locus, pair in zip(group.loci, pairs_, strict=True)}
        origins: dict[str, Origin] = {locus.locus: "sire" for locus in group.loci}
        found |= dict.fromkeys(carried(group, genotype, origins, sex))
    return [state for state in found if lives(group, state)]


def _named(group: Group, state: Phased) -> dict[str, Pair]:
    return {locus.locus: pair for locus, pair in zip(group.loci, pairs_of(group, state), strict=True)}


def _origins(group: Group, sire: Phased, dam: Phased) -> dict[str, Origin]:
    """Say how the alleles lie in the parent where that matters."""
    if not group.sexed and len(group.loci) == 1:
        return {}
    state = dam if group.sexed == "z" else sire
    found = {
        locus.locus: origin_of(group, state, place) for place, locus in enumerate(group.loci) if locus.single_in is None
    }
    return {locus: by for locus, by in found.items() if by is not None}
