"""The classes of young at one linkage group: what two alleles at each locus, and the sex, tell apart."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from reptidex.domain.genetics.chromosomes import (
    Group,
    Origin,
    Origins,
    carried,
    groups,
    origin_of,
    pairs_of,
    sex_of,
    young,
)
from reptidex.domain.genetics.loci import Distribution, Genotype, Locus, Pair, Sex, hazards
from reptidex.domain.genetics.looks import look, unseen

HETS = 1_000_000
"""Added to a locus' place for what is carried unseen, so that it is named last: `Pastel het Albino`."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One class of young at one linkage group."""

    sex: Sex
    pairs: tuple[Pair, ...]
    share: Fraction
    lost: bool
    names: tuple[tuple[int, str], ...]
    seen: dict[str, str]
    origins: dict[str, Origin]


def at_locus(locus: Locus, sire: Distribution, dam: Distribution) -> dict[Pair, Fraction]:
    """Cross two parents at one locus, whatever chromosome bears it: the pairs among the eggs of both sexes."""
    [group] = groups({locus.locus: locus}, [locus.locus])
    shares: dict[Pair, Fraction] = {}
    for cell in cells(group, {locus.locus: sire}, {locus.locus: dam}, ({}, {}), {locus.locus: 0}):
        [pair] = cell.pairs
        shares[pair] = shares.get(pair, Fraction(0)) + cell.share
    return shares


def cells(
    group: Group, sire: Genotype, dam: Genotype, origins: tuple[Origins, Origins], order: Mapping[str, int]
) -> list[Cell]:
    """Cross two parents at a linkage group, and gather what two alleles and the sex do not tell apart."""
    fathers, mothers = carried(group, sire, origins[0], "male"), carried(group, dam, origins[1], "female")
    shares: dict[tuple[Sex, tuple[Pair, ...]], Fraction] = {}
    given: dict[tuple[Sex, tuple[Pair, ...]], list[set[Origin | None]]] = {}
    for state, share in young(group, fathers, mothers).items():
        key = sex_of(group, state), pairs_of(group, state)
        shares[key] = shares.get(key, Fraction(0)) + share
        if group.sexed or len(group.loci) > 1:
            seen = given.setdefault(key, [set() for _ in group.loci])
            for place in range(len(group.loci)):
                seen[place].add(origin_of(group, state, place))
    return [_cell(group, key, share, given.get(key, []), order) for key, share in shares.items()]


def _cell(
    group: Group,
    key: tuple[Sex, tuple[Pair, ...]],
    share: Fraction,
    given: Sequence[set[Origin | None]],
    order: Mapping[str, int],
) -> Cell:
    sex, pairs = key
    both = list(zip(group.loci, pairs, strict=True))
    certain = {
        locus.locus: next(iter(by))
        for locus, by in zip(group.loci, given, strict=False)
        if len(by) == 1 and None not in by
    }
    return Cell(
        sex=sex,
        pairs=pairs,
        share=share,
        lost=any(hazard.loses_egg for locus, pair in both for hazard in hazards(locus, pair)),
        names=tuple(one for locus, pair in both for one in _names(locus, pair, order[locus.locus])),
        seen={locus.locus: shown for locus, pair in both if (shown := look(locus, pair))},
        origins={locus: by for locus, by in certain.items() if by is not None},
    )


def _names(locus: Locus, pair: Pair, place: int) -> list[tuple[int, str]]:
    """Name what shows in its place, and what is carried unseen behind everything that shows."""
    shown, carried_unseen = look(locus, pair), unseen(locus, pair)
    found = [(place, shown)] if shown else []
    return found + ([(HETS + place, f"het {carried_unseen.name}")] if carried_unseen else [])
