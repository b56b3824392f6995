"""What two animals share: each common ancestor with what it carries, by which lines.

Wright (1922): k(i, j) is the sum over common ancestors A, and over pairs of lines from i and j that meet in A and in no
animal before it, of (1/2)^(n1 + n2) (1 + F_A) / 2. Following both lines at once, always moving the younger animal, brings
together all pairs of lines that meet in A: the work grows with the pairs of ancestors, never with the number of lines.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from heapq import heappop, heappush

import msgspec

from reptidex.domain.kinship import Pedigree

MOST_STEPS = 5_000
"""So many steps are taken to write lines out; how many there are is known without that."""


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """One ancestor through which two animals are related."""

    animal_id: str
    contribution: Fraction
    """Its part of the kinship."""
    lines: int
    """How many pairs of lines meet in it."""
    nearest: tuple[int, int]
    """The generations from either animal up to it, by the shortest pair of lines; 0 where it is the animal itself."""


class LinePair(msgspec.Struct, frozen=True, kw_only=True):
    """Two lines that meet in an ancestor and in no animal before it: each from the animal up to the ancestor."""

    animal_id: str
    one: tuple[str, ...]
    other: tuple[str, ...]


def shared(
    pedigree: Pedigree, rank: Mapping[str, int], one: str, other: str, own: Callable[[str], Fraction]
) -> list[Shared]:
    """Name the ancestors that two different animals share, those that carry most first.

    `rank` orders animals so that parents come before young; `own` is the inbreeding of an ancestor. The contributions sum to
    the kinship of the two.
    """
    todo: list[tuple[int, int, str, str]] = []
    weight: dict[tuple[str, str], Fraction] = {}
    lines: dict[tuple[str, str], int] = {}
    steps: dict[tuple[str, str], tuple[int, int]] = {}

    def reach(pair: tuple[str, str], share: Fraction, count: int, far: tuple[int, int]) -> None:
        if pair not in weight:
            older, younger = sorted((rank[pair[0]], rank[pair[1]]))
            heappush(todo, (-younger, -older, *pair))
            weight[pair], lines[pair], steps[pair] = Fraction(0), 0, far
        weight[pair] += share
        lines[pair] += count
        steps[pair] = min(steps[pair], far, key=lambda each: (sum(each), each))

    reach((one, other), Fraction(1), 1, (0, 0))
    met: list[Shared] = []
    while todo:
        _, _, left, right = heappop(todo)
        pair = (left, right)
        share, count, far = weight[pair] / 2, lines[pair], steps[pair]
        if left == right:
            carried = share * (1 + own(left))
            met.append(Shared(animal_id=left, contribution=carried, lines=count, nearest=far))
        elif rank[left] > rank[right]:
            for parent in pedigree.get(left, (None, None)):
                if parent is not None:
                    reach((parent, right), share, count, (far[0] + 1, far[1]))
        else:
            for parent in pedigree.get(right, (None, None)):
                if parent is not None:
                    reach((left, parent), share, count, (far[0], far[1] + 1))
    return sorted(met, key=lambda each: (-each.contribution, sum(each.nearest), each.animal_id))


def line_pairs(pedigree: Pedigree, rank: Mapping[str, int], one: str, other: str) -> Iterator[LinePair]:
    """Write out pairs of lines by which two animals are related, shortest first, as far as `MOST_STEPS` lead."""
    leading = _leading(pedigree, rank, one, other)
    todo: list[tuple[int, int, tuple[str, ...], tuple[str, ...]]] = [(0, 0, (one,), (other,))]
    for turn in range(MOST_STEPS):
        if not todo:
            return
        length, _, left, right = heappop(todo)
        if left[-1] == right[-1]:
            yield LinePair(animal_id=left[-1], one=left, other=right)
            continue
        on_left = rank[left[-1]] > rank[right[-1]]
        for place, parent in enumerate(pedigree.get(left[-1] if on_left else right[-1], (None, None))):
            if parent is not None and parent in leading:
                lines = ((*left, parent), right) if on_left else (left, (*right, parent))
                heappush(todo, (length + 1, 2 * turn + place, *lines))


def _leading(pedigree: Pedigree, rank: Mapping[str, int], one: str, other: str) -> set[str]:
    """Return the animals from which a line leads on to a common ancestor, common ancestors included."""
    left, right = _ancestors(pedigree, one), _ancestors(pedigree, other)
    leading = left & right
    for animal in sorted(left | right, key=rank.__getitem__):
        if any(parent in leading for parent in pedigree.get(animal, (None, None))):
            leading.add(animal)
    return leading


def _ancestors(pedigree: Pedigree, animal: str) -> set[str]:
    found, todo = {animal}, [animal]
    while todo:
        for parent in pedigree.get(todo.pop(), (None, None)):
            if parent is not None and parent not in found:
                found.add(parent)
                todo.append(parent)
    return found
