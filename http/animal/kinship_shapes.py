"""Answers about kinship: every figure with what carries it and what it rests on."""

from collections.abc import Iterable
from fractions import Fraction

import msgspec

from reptidex.domain.ancestry import LARGEST, Ancestry, Coefficient, sayable
from reptidex.domain.common import LinePair, Shared
from reptidex.domain.pedigree import standing
from reptidex.domain.studbook.partial import partial_inbreeding
from reptidex.http.animal.naming import Named, Names
from reptidex.http.server.routes import Reader
from reptidex.streams.values import Ratio
from reptidex.tables.animal.relatives import ratio

MOST_LINES, MOST_PARTS = 20, 50
INDEX_GENERATIONS = 5
"""The generations over which the completeness index is taken where none are asked for (MacCluer et al. 1983 used five)."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of lines that meet in the ancestor, each from young to old."""

    one: tuple[Named, ...]
    other: tuple[Named, ...]


class CommonAncestor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An ancestor through which two animals are related."""

    ancestor: Named
    inbreeding: float
    contribution: float
    """Its part of the kinship: the sum of (1/2)^(n1 + n2 + 1) (1 + F) over the pairs of lines that meet in it. With too many
    ancestors for that (`fast`): the part that came up in it, and not in an ancestor of it; the largest parts alone."""
    contribution_exact: Ratio | None = None
    lines: int | None = None
    """How many pairs of lines meet in it, 2^53 for more; None for `fast`."""
    generations: tuple[int, int] | None = None
    """From either animal up to it, by the shortest pair of lines; None for `fast`."""
    shown: tuple[Line, ...] = ()
    """Some of the lines, shortest first."""


class FounderPart(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an inbreeding that goes back to one founder (Lacy et al. 1996)."""

    founder: Named
    part: float


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure rests on."""

    generations: int | None
    """The generations that count; None for all that are known."""
    known_ancestors: int
    longest_line: int
    complete_generations: float
    """Complete generation equivalents."""
    completeness_index: float
    """MacCluer's index over five generations, or over those that count: 0 as soon as one parent is unknown."""
    method: str
    """`exact`: fractions; `fast`: floating point, for many ancestors."""


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What carries a kinship."""

    common_ancestors: tuple[CommonAncestor, ...] = ()
    founders: tuple[FounderPart, ...] = ()
    text: str = ""


def exact(coefficient: Coefficient) -> Ratio | None:
    """Return the fraction of a coefficient, where it was worked out and can be said."""
    return _said(coefficient.exact)


def _said(fraction: Fraction | None) -> Ratio | None:
    said = sayable(fraction)
    return ratio(said) if said is not None else None


def basis(ancestry: Ancestry, animal: str, generations: int | None) -> Basis:
    """Say what the figures of an animal rest on."""
    pedigree = ancestry.pedigree
    depth = {animal: (0, 0.0)}
    for one in sorted(_above(ancestry, animal), key=lambda each: ancestry.rank.get(each, -1)):
        known = [depth[parent] for parent in pedigree.get(one, (None, None)) if parent is not None]
        depth[one] = (max((far + 1 for far, _ in known), default=0), sum((1 + share) / 2 for _, share in known))
    longest, equivalents = depth[animal]
    return Basis(
        generations=generations,
        known_ancestors=len(depth) - 1,
        longest_line=longest,
        complete_generations=equivalents,
        completeness_index=float(standing(ancestry, animal, min(generations or INDEX_GENERATIONS, 10)).index),
        method="exact" if ancestry.exact else "fast",
    )


def _above(ancestry: Ancestry, animal: str) -> set[str]:
    found, todo = {animal}, [animal]
    while todo:
        for parent in ancestry.pedigree.get(todo.pop(), (None, None)):
            if parent is not None and parent not in found:
                found.add(parent)
                todo.append(parent)
    return found


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What carries a kinship, before anybody is named."""

    ancestors: list[Shared]
    parts: list[tuple[str, float]]
    """The largest parts, where the ancestors are too many to follow every line."""
    own: dict[str, float]
    lines: list[LinePair]
    founders: dict[str, float]

    def ids(self) -> set[str]:
        """All animals that are to be named."""
        found = {*self.own, *self.founders}
        return found.union(*(set(pair.one) | set(pair.other) for pair in self.lines))


def carried(ancestry: Ancestry, one: str, other: str, young: str | None = None) -> Carried:
    """Work out what carries the kinship of two animals; and, for young of theirs, which founders it goes back to."""
    ancestors = ancestry.shared(one, other)
    parts = [] if ancestry.exact else ancestry.parts(one, other, MOST_PARTS)
    named = [each.animal_id for each in ancestors] + [animal for animal, _ in parts]
    return Carried(
        ancestors=ancestors,
        parts=parts,
        own={animal: ancestry.own(animal) for animal in named},
        lines=ancestry.lines(one, other, MOST_LINES) if named else [],
        founders=partial_inbreeding(ancestry.pedigree, young, ancestry.given) if young else {},
    )


async def explained(read: Reader, what: Carried, looking: str, text: str) -> Explained:
    """Name what carries a kinship to somebody who looks for a vivarium."""
    names = await Names.of(read, what.ids(), looking)
    return Explained(
        common_ancestors=(
            *(_common(one, what, names) for one in what.ancestors),
            *(_part(animal, part, what, names) for animal, part in what.parts),
        ),
        founders=tuple(FounderPart(founder=names(one), part=part) for one, part in what.founders.items()),
        text=text,
    )


def _common(one: Shared, what: Carried, names: Names) -> CommonAncestor:
    return CommonAncestor(
        ancestor=names(one.animal_id),
        inbreeding=what.own[one.animal_id],
        contribution=float(one.contribution),
        contribution_exact=_said(one.contribution),
        lines=min(one.lines, LARGEST),
        generations=one.nearest,
        shown=_shown(one.animal_id, what, names),
    )


def _part(animal_id: str, part: float, what: Carried, names: Names) -> CommonAncestor:
    return CommonAncestor(
        ancestor=names(animal_id),
        inbreeding=what.own[animal_id],
        contribution=part,
        shown=_shown(animal_id, what, names),
    )


def _shown(animal_id: str, what: Carried, names: Names) -> tuple[Line, ...]:
    pairs = (pair for pair in what.lines if pair.animal_id == animal_id)
    return tuple(Line(one=_named(pair.one, names), other=_named(pair.other, names)) for pair in pairs)


def _named(ids: Iterable[str], names: Names) -> tuple[Named, ...]:
    return tuple(names(animal_id) for animal_id in ids)
