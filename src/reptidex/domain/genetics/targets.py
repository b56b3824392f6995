"""What somebody wants to hatch, and how likely two parents give it."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from reptidex.domain.genetics.chromosomes import Group, Origins, Phased, groups, pairs_of, sex_of, young
from reptidex.domain.genetics.loci import Genotype, Locus, Pair, Sex, hazards
from reptidex.domain.genetics.looks import full_name, looks_alike
from reptidex.errors import InvalidError

MOST_LOCI = 6
"""Loci of one target; more is a project of decades, and its table is nobody's plan."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A genotype that is wanted: a look where the alleles show, these very alleles where they do not (a het)."""

    pairs: dict[str, Pair]
    sex: Sex = "unknown"
    """`unknown`: either."""


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """An animal that may be bred."""

    animal_id: str
    sex: Sex
    genotype: Genotype = {}
    origins: Origins = {}


def checked_target(loci: Mapping[str, Locus], target: Target) -> Target:
    """Return a target that can be reckoned with. Raises `InvalidError`, also for one that does not live."""
    if not 1 <= len(target.pairs) <= MOST_LOCI:
        raise InvalidError(f"a target names 1 to {MOST_LOCI} loci, not {len(target.pairs)}", "/target")
    for name, pair in target.pairs.items():
        if any(hazard.loses_egg for hazard in hazards(loci[name], pair)):
            raise InvalidError(f"{full_name(loci[name], pair)} does not live: no pairing gives it", "/target")
    return target


def target_groups(loci: Mapping[str, Locus], target: Target) -> tuple[Group, ...]:
    """Return the linkage groups that a target concerns."""
    return groups(loci, target.pairs)


def lethal_groups(loci: Mapping[str, Locus], target: Target, stock: Sequence[Stock]) -> tuple[Group, ...]:
    """Return the linkage groups beside the target's of which some stock bears an allele that costs eggs."""
    wanted = {locus.locus for group in target_groups(loci, target) for locus in group.loci}
    recorded = {name for one in stock for name in one.genotype} - wanted
    costly = {
        name for name in recorded if any(hazard.loses_egg for allele in loci[name].alleles for hazard in allele.hazards)
    }
    return groups(loci, costly)


def meets(group: Group, state: Phased, target: Target) -> bool:
    """Say whether a state at a linkage group, and the sex it decides, is what the target wants there."""
    sex = sex_of(group, state)
    if target.sex != "unknown" and sex not in ("unknown", target.sex):
        return False
    return all(
        looks_alike(locus, pair, target.pairs[locus.locus])
        for locus, pair in zip(group.loci, pairs_of(group, state), strict=True)
        if locus.locus in target.pairs
    )


def lives(group: Group, state: Phased) -> bool:
    """Say whether an egg of this state can hatch, as far as established."""
    return not any(
        hazard.loses_egg
        for locus, pair in zip(group.loci, pairs_of(group, state), strict=True)
        for hazard in hazards(locus, pair)
    )


def chances(
    group: Group, sire: Mapping[Phased, Fraction], dam: Mapping[Phased, Fraction], target: Target
) -> tuple[Fraction, Fraction]:
    """Return which share of the eggs meets the target at a linkage group and lives, and which lives at all."""
    hit, alive = Fraction(0), Fraction(0)
    for state, share in young(group, sire, dam).items():
        if lives(group, state):
            alive += share
            hit += share if meets(group, state, target) else 0
    return hit, alive


def sex_share(together: Sequence[Group], target: Target) -> Fraction:
    """Return the share that the wanted sex takes where no gene of the target decides it: one half, or all if either will do."""
    decided = target.sex == "unknown" or any(group.sexed for group in together)
    return Fraction(1) if decided else Fraction(1, 2)
