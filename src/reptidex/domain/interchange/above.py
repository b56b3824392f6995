"""Ancestors of animals that come in one after the other, parents first: who is above whom, and F as each comes in."""

from heapq import heapify, heappop, heappush

from reptidex.domain.kinship import Parents, Pedigree, oldest_first

_NONE: Parents = (None, None)


class Above:
    """A pedigree that grows. F is reckoned once for each animal, in one step an ancestor."""

    def __init__(self, pedigree: Pedigree) -> None:
        """Begin with what is there. Raises `LineageCycleError`."""
        self.parents: dict[str, Parents] = dict(pedigree)
        self._rank: dict[str, int] | None = None
        self._own: dict[str, float] = {}
        self._pairs: dict[tuple[str, str], float] = {}

    def put(self, animal: str, parents: Parents) -> None:
        """Add an animal whose parents are there, or give one that is there other parents."""
        if animal not in self.parents:
            if self._rank is not None:  # a new animal is younger than all
                self._rank[animal] = len(self._rank)
        elif self.parents[animal] != parents:  # it may now be younger than what came after it
            self._rank = None
            self._own.clear()
            self._pairs.clear()
        self.parents[animal] = parents

    def of(self, *animals: str | None) -> dict[str, Parents]:
        """Return who descends from whom among animals and their ancestors; founders are left out."""
        found, todo = dict[str, Parents](), [one for one in animals if one]
        while todo:
            one = todo.pop()
            parents = self.parents.get(one, _NONE)
            if one not in found and parents != _NONE:
                found[one] = parents
                todo += [parent for parent in parents if parent]
        return found

    def everyone(self, *animals: str | None) -> set[str]:
        """Return animals with all their known ancestors, founders included."""
        found, todo = set[str](), [one for one in animals if one]
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo += [parent for parent in self.parents.get(one, _NONE) if parent]
        return found

    def generations(self, animal: str) -> int:
        """Count the generations of the longest known line above an animal."""
        level, depth = {animal}, 0
        while level := {parent for one in level for parent in self.parents.get(one, _NONE) if parent}:
            depth += 1
            if depth > len(self.parents):
                break
        return depth

    def inbreeding(self, animal: str) -> float:
        """Return Wright's F of an animal; 0 where a parent is not known."""
        own = self._own.get(animal)
        if own is None:
            sire, dam = self.parents.get(animal, _NONE)
            own = self._own[animal] = self.mating(sire, dam) if sire and dam else 0.0
        return own

    def mating(self, sire: str, dam: str) -> float:
        """Return F of the young of two animals; that of a clutch is reckoned once."""
        together = self._pairs.get((sire, dam))
        if together is None:
            together = self._pairs[sire, dam] = self._flow(sire, dam)
        return together

    def _flow(self, sire: str, dam: str) -> float:
        """Return F of the young of two animals (Quaas 1976, Meuwissen & Luo 1992).

        F = 1/2 sum over common ancestors of l_s l_d D, with l the ancestor's share in either parent and D the variance that is
        new in it: 1 for a founder, 3/4 - F_p/4 with one parent known, 1/2 - (F_s + F_d)/4 with both.
        """
        rank = self._ranks()
        left, right = {sire: 1.0}, {dam: 1.0}
        todo, seen = [(-rank.get(one, -1), one) for one in {sire, dam}], {sire, dam}
        heapify(todo)
        total = 0.0
        while todo:
            _, one = heappop(todo)
            mine, theirs = left.get(one, 0.0), right.get(one, 0.0)
            known = [parent for parent in self.parents.get(one, _NONE) if parent]
            if mine and theirs:
                new = 1 - len(known) / 4 - sum(self.inbreeding(parent) for parent in known) / 4
                total += mine * theirs * new
            for parent in known:
                if mine:
                    left[parent] = left.get(parent, 0.0) + mine / 2
                if theirs:
                    right[parent] = right.get(parent, 0.0) + theirs / 2
                if parent not in seen:
                    seen.add(parent)
                    heappush(todo, (-rank.get(parent, -1), parent))
        return total / 2

    def _ranks(self) -> dict[str, int]:
        if self._rank is None:
            self._rank = {one: number for number, one in enumerate(oldest_first(self.parents))}
        return self._rank
