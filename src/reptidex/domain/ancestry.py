"""Animals with all that is known of their ancestors, and what follows for kinship: exact where small, fast where large."""

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from heapq import heappop, heappush, nsmallest

import msgspec

from reptidex.domain.common import LinePair, Shared, line_pairs, shared
from reptidex.domain.kinship import Kinship, Parents, Pedigree, oldest_first, within
from reptidex.domain.studbook.book import Studbook
from reptidex.domain.studbook.inbreeding import inbreeding

EXACT_MOST = 256
"""Up to so many animals, coefficients are exact fractions: the work grows with the square of their number."""


LARGEST = 1 << 53
"""Fractions with a larger denominator are not said: few readers of JSON keep such numbers whole."""


class Coefficient(msgspec.Struct, frozen=True):
    """A coefficient; `exact` is its fraction, None where the pedigree is too large to reckon in fractions."""

    value: float
    exact: Fraction | None = None

    @property
    def fraction(self) -> Fraction:
        """The coefficient as a fraction that can be said: the exact one, or that nearest to the value."""
        return sayable(self.exact) or Fraction(self.value).limit_denominator(1 << 30)


def sayable(exact: Fraction | None) -> Fraction | None:
    """Return a fraction if its denominator is not too large to be said."""
    return exact if exact is not None and exact.denominator <= LARGEST else None


class Ancestry:
    """A closed piece of a registry: whoever is named as a parent stands in it too, or is a founder.

    `own` gives what F is already known of some; `given` the inbreeding of founders; `depth` the longest line of each animal in
    generations, where that is known. Raises `LineageCycleError`.
    """

    def __init__(
        self,
        pedigree: Pedigree,
        own: Mapping[str, float] | None = None,
        given: Mapping[str, float] | None = None,
        depth: Mapping[str, int] | None = None,
    ) -> None:
        self.pedigree, self._depth = pedigree, depth
        self.given = {animal: f for animal, f in (given or {}).items() if pedigree.get(animal, _NONE) == _NONE}
        self._own = dict(own or {}) | self.given
        self.exact = len(pedigree) <= EXACT_MOST

    @cached_property
    def rank(self) -> dict[str, int]:
        """Numbers that put parents before their young."""
        return {animal: number for number, animal in enumerate(oldest_first(self.pedigree))}

    def kinship(self, one: str, other: str) -> Coefficient:
        """Return the kinship of two animals: the inbreeding of their young."""
        if self.exact:
            exact = self._fractions.between(one, other)
            return Coefficient(float(exact), exact)
        return Coefficient(self.mating(one, other))

    def mating(self, sire: str, dam: str) -> float:
        """Return the inbreeding of the young of two animals, in one step an ancestor."""
        return flowing(self.pedigree, self._depth or self.rank, self._inbreeding, sire, dam)

    def inbreeding(self, animal: str) -> Coefficient:
        """Return Wright's F of an animal."""
        sire, dam = self.pedigree.get(animal, _NONE)
        if sire is not None and dam is not None:
            return self.kinship(sire, dam)
        return self._coefficient(self.given.get(animal, 0.0) if sire is None and dam is None else 0.0)

    def own(self, animal: str) -> float:
        """Return Wright's F of an ancestor, as it is known."""
        known = self._own.get(animal)
        return known if known is not None else self.inbreeding(animal).value

    def shared(self, one: str, other: str) -> list[Shared]:
        """Name the common ancestors of two animals, each with its exact part of their kinship; empty beyond `EXACT_MOST`."""
        if not self.exact:
            return []
        return shared(self.pedigree, self._complete_rank(one, other), one, other, self._fractions.inbreeding)

    def parts(self, one: str, other: str, most: int) -> list[tuple[str, float]]:
        """Name the ancestors that carry most of the kinship of two animals, in one step an ancestor: for large pedigrees.

        Each with the part that came up in it, and not in an ancestor of it.
        """
        parts = flowing_parts(self.pedigree, self._depth or self.rank, self._inbreeding, one, other)
        return nsmallest(most, parts.items(), key=lambda each: (-each[1], each[0]))

    def lines(self, one: str, other: str, most: int) -> list[LinePair]:
        """Write out the shortest pairs of lines by which two animals are related."""
        pairs = line_pairs(self.pedigree, self._complete_rank(one, other), one, other)
        return [pair for pair, _ in zip(pairs, range(most), strict=False)]

    def cut(self, animal: str, generations: int) -> "Ancestry":
        """Return what is left when only so many generations of an animal's ancestors count (along the longest lines)."""
        return Ancestry(within(self.pedigree, animal, generations), given=self.given)

    def _coefficient(self, value: float) -> Coefficient:
        return Coefficient(value, Fraction(value) if self.exact else None)

    def _complete_rank(self, *animals: str) -> dict[str, int]:
        rank = dict(self.rank)
        for animal in animals:
            rank.setdefault(animal, -1 - len(rank))
        return rank

    @cached_property
    def _fractions(self) -> Kinship:
        return Kinship(self.pedigree, {animal: Fraction(f) for animal, f in self.given.items()})

    @cached_property
    def _inbreeding(self) -> Mapping[str, float]:
        if all(animal in self._own for animal in self.pedigree):
            return self._own
        book = Studbook(self.pedigree)
        return dict(zip(book.ids, inbreeding(book, book.figures(self.given)).tolist(), strict=True))


_NONE: Parents = (None, None)


def flowing(pedigree: Pedigree, rank: Mapping[str, int], own: Mapping[str, float], one: str, other: str) -> float:
    """Return the kinship of two animals from the inbreeding of their ancestors: one step an ancestor."""
    return sum(flowing_parts(pedigree, rank, own, one, other).values())


def flowing_parts(
    pedigree: Pedigree, rank: Mapping[str, int], own: Mapping[str, float], one: str, other: str
) -> dict[str, float]:
    """Return the kinship of two animals by the ancestor in which what they share came up.

    k(i, j) = 1/2 sum over ancestors of t_i t_j d, with t the share of the ancestor's genes in either animal and d the variance
    that is new in it (Quaas 1976, Meuwissen & Luo 1992; as a split of F, García-Cortés et al. 2010). `rank` puts parents
    before their young.
    """
    left, right = {one: 1.0}, {other: 1.0}
    todo = [(-rank.get(animal, -1), animal) for animal in {one, other}]
    todo.sort()
    parts: dict[str, float] = {}
    while todo:
        _, animal = heappop(todo)
        mine, theirs = left.get(animal, 0.0), right.get(animal, 0.0)
        known = [parent for parent in pedigree.get(animal, _NONE) if parent is not None]
        if mine and theirs:
            new = 1 - len(known) / 4 - sum([own.get(parent, 0.0) for parent in known]) / 4
            parts[animal] = mine * theirs * (new if known else 1 + own.get(animal, 0.0)) / 2
        for parent in known:
            if parent not in left and parent not in right:
                heappush(todo, (-rank.get(parent, -1), parent))
            if mine:
                left[parent] = left.get(parent, 0.0) + mine / 2
            if theirs:
                right[parent] = right.get(parent, 0.0) + theirs / 2
    return parts
