"""Which genes are inherited together: linkage groups, the gametes of a parent, and the young of two.

Loci of different groups segregate independently (Mendel's second law). Within a group a gamete follows one of the parent's
two chromosomes and changes to the other between neighbours with their recombination fraction, each time independently (no
interference). A group of sex-linked genes has the sex-determining region as a place of its own, so that the sex of the young
comes out of the same reckoning. Boas and pythons are XY (Gamble et al. 2017, Current Biology 27:2148), colubrids ZW.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product, zip_longest
from typing import Literal

import msgspec

from reptidex.domain.genetics.loci import ABSENT, HALF, Distribution, Genotype, Locus, Pair, Sex

Haplotype = tuple[str, ...]
"""The alleles on one chromosome, in the order of the group's places."""
Phased = tuple[Haplotype, Haplotype]
"""What came from the sire, and what came from the dam."""
Origin = Literal["sire", "dam"]
Origins = Mapping[str, Origin]
"""By locus, the parent from which the first allele of the pair came; a locus left out is not known."""

ZERO, ONE = Fraction(0), Fraction(1)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Genes that are not inherited independently of each other, in the order of the map."""

    loci: tuple[Locus, ...]
    steps: tuple[Fraction, ...] = ()
    """The recombination fraction between each place and the next; one less than there are places."""
    sexed: Literal["x", "z"] | None = None
    """For sex-linked genes: the last place before those that both chromosomes bear is the sex-determining region."""
    single: int = 0
    """How many of the loci (the first ones) stand on X or Z alone."""

    @property
    def split(self) -> Literal["male", "female"]:
        """The sex whose two sex chromosomes differ."""
        return "male" if self.sexed == "x" else "female"


def groups(loci: Mapping[str, Locus], names: Iterable[str]) -> tuple[Group, ...]:
    """Return the linkage groups among the named loci of a species, in the species' order of loci.

    Where a gene between two others is not named, their distance is reckoned through it.
    """
    wanted = set(names)
    return _groups(tuple(loci.values()), frozenset(wanted & loci.keys()))


@lru_cache(maxsize=1024)
def _groups(loci: tuple[Locus, ...], wanted: frozenset[str]) -> tuple[Group, ...]:
    by_name = {locus.locus: locus for locus in loci}
    follows = {locus.linked.locus for locus in loci if locus.linked}
    found: list[tuple[int, Group]] = []
    places = {locus.locus: place for place, locus in enumerate(loci)}
    for locus in loci:
        if locus.sex_linked or locus.locus in follows:
            continue
        chain = _chain(by_name, locus, wanted)
        if chain[0]:
            first = min(places[one.locus] for one in chain[0])
            found.append((first, Group(loci=chain[0], steps=chain[1])))
    sexed = [locus for locus in loci if locus.sex_linked and locus.locus in wanted]
    if sexed:
        found.append((min(places[one.locus] for one in sexed), _sexed(by_name, sexed)))
    return tuple(group for _, group in sorted(found, key=lambda one: one[0]))


def _chain(
    by_name: Mapping[str, Locus], start: Locus, wanted: frozenset[str]
) -> tuple[tuple[Locus, ...], tuple[Fraction, ...]]:
    """Walk along a chromosome from its first gene, leaving out those that are not wanted."""
    members: list[Locus] = []
    steps: list[Fraction] = []
    here: Locus | None = start
    apart = ZERO
    while here is not None:
        if here.locus in wanted:
            if members:
                steps.append(apart)
            members.append(here)
            apart = ZERO
        if here.linked is None:
            break
        apart = further(apart, here.linked.crossover)
        here = by_name[here.linked.locus]
    return tuple(members), tuple(steps)


def further(one: Fraction, two: Fraction) -> Fraction:
    """Add up two recombination fractions along a map: an odd number of changes parts the ends."""
    return one * (1 - two) + two * (1 - one)


def between(near: Fraction, far: Fraction) -> Fraction:
    """Return the recombination fraction between two genes on one side of a point, from their fractions with the point."""
    return HALF if near == HALF else (far - near) / (1 - 2 * near)


def _sexed(by_name: Mapping[str, Locus], loci: Sequence[Locus]) -> Group:
    """Order sex-linked genes: those on X or Z alone, the sex-determining region, then the others by their distance from it."""
    single = [locus for locus in loci if locus.crossover is None]
    shared = sorted((locus.crossover, place, locus) for place, locus in enumerate(loci) if locus.crossover is not None)
    steps = []
    for one, two in zip_longest(single, single[1:]):
        near = one.linked is not None and two is not None and one.linked.locus == two.locus
        steps.append(one.linked.crossover if near and one.linked else HALF)
    apart = ZERO
    for crossover, _, _ in shared:
        steps.append(between(apart, crossover))
        apart = crossover
    kind = loci[0].sex_linked
    members = (*single, *(locus for _, _, locus in shared))
    return Group(loci=members, steps=tuple(steps), sexed=kind, single=len(single))


def check_chromosomes(loci: Sequence[Locus]) -> None:
    """Check that linked genes form lines: each has one neighbour after it and one before, and none comes back to itself.

    Raises `ValueError`, with the locus.
    """
    by_name = {locus.locus: locus for locus in loci}
    before: dict[str, str] = {}
    for locus in loci:
        if locus.linked is None:
            continue
        after = by_name.get(locus.linked.locus)
        if after is None or after is locus:
            raise ValueError(f"{locus.locus}: linked to {locus.linked.locus!r}, which is no other locus")
        if (locus.sex_linked, locus.crossover is None) != (after.sex_linked, after.crossover is None):
            raise ValueError(f"{locus.locus} and {after.locus} are linked, so both are sex-linked alike or neither is")
        if after.locus in before:
            raise ValueError(
                f"{after.locus} comes after {before[after.locus]} and {locus.locus}; a chromosome is a line"
            )
        before[after.locus] = locus.locus
    for locus in loci:
        seen, here = {locus.locus}, locus
        while here.linked is not None:
            here = by_name[here.linked.locus]
            if here.locus in seen:
                raise ValueError(f"{locus.locus}: linked genes come back to themselves; a chromosome is a line")
            seen.add(here.locus)


def carried(group: Group, genotype: Genotype, origins: Origins, sex: Sex) -> dict[Phased, Fraction]:
    """Return how likely each arrangement of a parent's alleles on its two chromosomes is.

    Where it is not known which chromosome bears an allele, both arrangements are taken as equally likely.
    """
    choices = [
        _placed(group, locus, genotype.get(locus.locus, {locus.normal(sex): ONE}), origins.get(locus.locus), sex)
        for locus in group.loci
    ]
    found: dict[Phased, Fraction] = {}
    for picks in product(*(choice.items() for choice in choices)):
        chance = ONE
        for _, one in picks:
            chance *= one
        state = _assemble(group, [pair for pair, _ in picks], sex)
        found[state] = found.get(state, ZERO) + chance
    return found


def _placed(group: Group, locus: Locus, known: Distribution, origin: Origin | None, sex: Sex) -> dict[Pair, Fraction]:
    """Return how likely each ordered pair (from the sire, from the dam) is at one locus of a parent."""
    placed: dict[Pair, Fraction] = {}
    alone = len(group.loci) == 1 and group.sexed is None
    for pair, chance in known.items():
        if sex != "unknown" and sex == locus.single_in:
            whole = pair[0]
            both = {(ABSENT, whole) if sex == "male" else (whole, ABSENT): chance}
        elif pair[0] == pair[1] or alone or origin == "sire":
            both = {pair: chance}
        elif origin == "dam":
            both = {pair[::-1]: chance}
        else:
            both = {pair: chance / 2, pair[::-1]: chance / 2}
        for ordered, share in both.items():
            placed[ordered] = placed.get(ordered, ZERO) + share
    return placed


def _assemble(group: Group, pairs: Sequence[Pair], sex: Sex) -> Phased:
    sides: list[Haplotype] = []
    for side in (0, 1):
        alleles = [pair[side] for pair in pairs]
        if group.sexed:
            differs = sex == group.split and side == (0 if group.sexed == "x" else 1)
            mark = {"x": "Y" if differs else "X", "z": "W" if differs else "Z"}[group.sexed]
            alleles.insert(group.single, mark)
        sides.append(tuple(alleles))
    return sides[0], sides[1]


def gametes(group: Group, state: Phased) -> dict[Haplotype, Fraction]:
    """Return the share of each haplotype among the gametes of a parent."""
    return dict(_gametes(group.steps, group.single if group.sexed else -1, state))


@lru_cache(maxsize=65536)
def _gametes(steps: tuple[Fraction, ...], region: int, state: Phased) -> tuple[tuple[Haplotype, Fraction], ...]:
    if state[0] == state[1]:
        return ((state[0], ONE),)
    # X and Y (or Z and W) share no gene before the sex-determining region, so nothing is exchanged there.
    fixed = region if region >= 0 and state[0][region] != state[1][region] else 0
    paths: dict[tuple[Haplotype, int], Fraction] = {((state[side][0],), side): HALF for side in (0, 1)}
    for place, step in enumerate(steps):
        rate = ZERO if place < fixed else step
        longer: dict[tuple[Haplotype, int], Fraction] = {}
        for (so_far, side), chance in paths.items():
            for there, share in ((side, chance * (1 - rate)), (1 - side, chance * rate)):
                if share:
                    key = ((*so_far, state[there][place + 1]), there)
                    longer[key] = longer.get(key, ZERO) + share
        paths = longer
    found: dict[Haplotype, Fraction] = {}
    for (haplotype, _), chance in paths.items():
        found[haplotype] = found.get(haplotype, ZERO) + chance
    return tuple(found.items())


def all_gametes(group: Group, parent: Mapping[Phased, Fraction]) -> dict[Haplotype, Fraction]:
    """Return the share of each haplotype among the gametes of a parent of which not everything is certain."""
    found: dict[Haplotype, Fraction] = {}
    for state, chance in parent.items():
        for haplotype, share in gametes(group, state).items():
            found[haplotype] = found.get(haplotype, ZERO) + chance * share
    return found


def young(group: Group, sire: Mapping[Phased, Fraction], dam: Mapping[Phased, Fraction]) -> dict[Phased, Fraction]:
    """Cross two parents at a group: every arrangement among the eggs with its exact share."""
    mothers = all_gametes(group, dam)
    return {
        (one, two): chance * other for one, chance in all_gametes(group, sire).items() for two, other in mothers.items()
    }


def sex_of(group: Group, state: Phased) -> Sex:
    """Return the sex that a state decides; `unknown` for genes that are on no sex chromosome."""
    if group.sexed is None:
        return "unknown"
    differs = state[0][group.single] != state[1][group.single]
    return group.split if differs else "female" if group.split == "male" else "male"


def pairs_of(group: Group, state: Phased) -> tuple[Pair, ...]:
    """Return the pairs of alleles of a state, locus by locus, without who gave which."""
    one, two = (
        [allele for place, allele in enumerate(side) if not group.sexed or place != group.single] for side in state
    )
    return tuple(locus.pair(a, b) for locus, a, b in zip(group.loci, one, two, strict=True))


def origin_of(group: Group, state: Phased, place: int) -> Origin | None:
    """Return which parent gave the first allele of a locus' pair; None where both gave the same."""
    at = place + (1 if group.sexed and place >= group.single else 0)
    pair = group.loci[place].pair(state[0][at], state[1][at])
    if pair[0] == pair[1]:
        return None
    return "sire" if state[0][at] == pair[0] else "dam"
