"""Pedigrees of the literature, and any others that Hypothesis may think of."""

from fractions import Fraction as F
from itertools import product

from hypothesis import strategies as st

from reptidex.domain.kinship import Pedigree

MRODE: Pedigree = {"3": ("1", "2"), "4": ("1", None), "5": ("4", "3"), "6": ("5", "2")}
WRAY: Pedigree = {
    "3": ("2", "1"),
    "4": ("2", "1"),
    "5": ("3", "4"),
    "6": ("2", "4"),
    "7": ("5", "6"),
    "8": ("5", "7"),
}
FERNANDO: Pedigree = {
    "3": ("1", None),
    "4": ("1", "2"),
    "5": ("3", "4"),
    "6": ("1", "4"),
    "7": ("5", "6"),
    "8": ("5", "6"),
}


@st.composite
def pedigrees(draw: st.DrawFn, most: int = 12) -> dict[str, tuple[str | None, str | None]]:
    """Any pedigree, unknown and repeated ancestors included, its animals in any order."""
    pedigree: dict[str, tuple[str | None, str | None]] = {}
    for place in range(draw(st.integers(2, most))):
        older = st.one_of(st.none(), st.sampled_from([str(one) for one in range(place)])) if place else st.none()
        sire, dam = draw(older), draw(older)
        pedigree[str(place)] = (sire, dam if dam != sire else None)
    return dict(draw(st.permutations(list(pedigree.items()))))


@st.composite
def inbred_founders(draw: st.DrawFn, pedigree: Pedigree) -> dict[str, F]:
    """Some inbreeding of the founders of a pedigree."""
    founders = sorted(animal for animal, parents in pedigree.items() if parents == (None, None))
    return {animal: F(draw(st.integers(0, 4)), 4) for animal in founders}


def by_paths(pedigree: Pedigree, sire: str, dam: str) -> F:
    """Sum (1/2)^(n1+n2+1) (1+F_A) over every pair of paths that meet in A alone (Wright 1922)."""
    return sum(parts_by_paths(pedigree, sire, dam).values(), F(0))


def parts_by_paths(pedigree: Pedigree, sire: str, dam: str) -> dict[str, F]:
    """Return the same sum by common ancestor."""
    parts: dict[str, F] = {}
    for up, down in product(paths(pedigree, sire), paths(pedigree, dam)):
        if up[-1] == down[-1] and not set(up[:-1]) & set(down[:-1]) and up[-1] not in up[:-1] + down[:-1]:
            parents = pedigree.get(up[-1], (None, None))
            own = by_paths(pedigree, parents[0], parents[1]) if parents[0] and parents[1] else F(0)
            parts[up[-1]] = parts.get(up[-1], F(0)) + F(1, 2) ** (len(up) + len(down) - 1) * (1 + own)
    return parts


def paths(pedigree: Pedigree, animal: str) -> list[tuple[str, ...]]:
    """Return every line from an animal up to any ancestor, itself included."""
    found: list[tuple[str, ...]] = [(animal,)]
    for parent in pedigree.get(animal, (None, None)):
        if parent:
            found += [(animal, *path) for path in paths(pedigree, parent)]
    return found
