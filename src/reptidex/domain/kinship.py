"""Kinship and inbreeding over a pedigree, in exact fractions.

Definitions: Malécot's kinship k(i,j); Wright's inbreeding F(i) = k(sire, dam); an unknown parent contributes 0 and a
founder is unrelated to every other (Lynch & Walsh 1998, chapter 7). For i younger than j: k(i,j) = (k(sire_i,j) + k(dam_i,j))/2,
and k(i,i) = (1 + F_i)/2. Ancestors that occur more than once are what inbreeding is made of, so nothing is de-duplicated.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from reptidex.errors import DomainError

Parents = tuple[str | None, str | None]
"""Sire and dam; None where unknown."""
Pedigree = Mapping[str, Parents]
"""Parents by animal. An animal that is named only as a parent is a founder."""

ZERO = Fraction(0)
HALF = Fraction(1, 2)


class LineageCycleError(DomainError):
    """An animal would be its own ancestor; `path` walks the circle from an animal back to itself."""

    status = 422
    title = "An animal cannot descend from itself"

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__("an animal would be its own ancestor: " + " -> ".join(path))
        self.path = tuple(path)


def oldest_first(pedigree: Pedigree) -> list[str]:
    """Order all animals of a pedigree so that parents stand before their offspring.

    Raises `LineageCycleError`.
    """
    graph = {animal: [parent for parent in parents if parent] for animal, parents in pedigree.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as problem:
        raise LineageCycleError(problem.args[1]) from problem


class Kinship:
    """Kinship of any two animals of one pedigree; pairs asked for are remembered.

    `founders` gives the inbreeding of animals without parents where it is known (as the R package ribd lets one do); it is
    0 for the rest. The work of one question grows with the square of the ancestors concerned, never with their depth.
    """

    def __init__(self, pedigree: Pedigree, founders: Mapping[str, Fraction] | None = None) -> None:
        self._pedigree = pedigree
        self._founders = founders or {}
        order = oldest_first(pedigree)
        self._rank = {animal: rank for rank, animal in enumerate(order)}
        self._lines = self._ancestor_bits(order)
        self._known: dict[tuple[str, str], Fraction] = {}

    def between(self, one: str, other: str) -> Fraction:
        """Return the probability that two alleles, drawn at random from each, descend from one ancestral allele."""
        todo = [self._pair(one, other)]
        while todo:
            pair = todo[-1]
            if pair in self._known:
                todo.pop()
                continue
            if not self._related(pair):
                self._known[pair] = ZERO
                continue
            needed = [below for below in self._below(pair) if below not in self._known]
            if needed:
                todo.extend(needed)
            else:
                self._known[pair] = self._settle(pair)
                todo.pop()
        return self._known[self._pair(one, other)]

    def inbreeding(self, animal: str) -> Fraction:
        """Return Wright's F of an animal; 0 where a parent is unknown, unless it is a founder with a given F."""
        sire, dam = self._parents(animal)
        if sire and dam:
            return self.between(sire, dam)
        return self._founders.get(animal, ZERO) if not sire and not dam else ZERO

    def mean(self, animal: str, population: Sequence[str]) -> Fraction:
        """Return an animal's mean kinship to a population, itself included where it is a member (Lacy 1995)."""
        return sum((self.between(animal, other) for other in population), ZERO) / len(population)

    def diversity(self, population: Sequence[str]) -> Fraction:
        """Return the gene diversity of a population relative to its founders: 1 - mean kinship over all pairs."""
        return 1 - sum((self.mean(animal, population) for animal in population), ZERO) / len(population)

    def _ancestor_bits(self, order: Sequence[str]) -> dict[str, int]:
        """Note for each animal, as bits by rank, itself and all its ancestors."""
        lines: dict[str, int] = {}
        for rank, animal in enumerate(order):
            bits = 1 << rank
            for parent in self._parents(animal):
                bits |= lines[parent] if parent else 0
            lines[animal] = bits
        return lines

    def _related(self, pair: tuple[str, str]) -> bool:
        """Say whether two animals share an ancestor: a wide pedigree of strangers is then no work at all."""
        one, other = pair
        return one == other or bool(self._lines.get(one, 0) & self._lines.get(other, 0))

    def _parents(self, animal: str) -> Parents:
        return self._pedigree.get(animal, (None, None))

    def _pair(self, one: str, other: str) -> tuple[str, str]:
        ranks = self._rank.get(one, -1), self._rank.get(other, -1)
        return (one, other) if (ranks[0], one) >= (ranks[1], other) else (other, one)

    def _below(self, pair: tuple[str, str]) -> Iterable[tuple[str, str]]:
        younger, older = pair
        sire, dam = self._parents(younger)
        if younger == older:
            return [self._pair(sire, dam)] if sire and dam else []
        return [self._pair(parent, older) for parent in (sire, dam) if parent]

    def _settle(self, pair: tuple[str, str]) -> Fraction:
        if pair[0] == pair[1]:
            return (1 + self.inbreeding(pair[0])) * HALF
        return sum((self._known[below] for below in self._below(pair)), ZERO) * HALF


def within(pedigree: Pedigree, animal: str, generations: int) -> dict[str, Parents]:
    """Cut a pedigree to a number of ancestor generations, counted along the longest line to each ancestor.

    An ancestor that occurs at several depths has the same parents wherever it stands: those it keeps only if its longest
    line from the animal is shorter than the limit (the convention under which Wray 1990 reads 0, 1/4, 5/16, 15/32).
    Raises `LineageCycleError`.
    """
    depths = {animal: 0}
    for one in reversed(oldest_first(pedigree)):
        if one in depths:
            for parent in pedigree.get(one, (None, None)):
                if parent:
                    depths[parent] = max(depths.get(parent, 0), depths[one] + 1)
    return {one: pedigree[one] for one, depth in depths.items() if depth < generations and one in pedigree}
