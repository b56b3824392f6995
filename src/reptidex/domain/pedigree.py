"""A pedigree as breeders read it: a tree of so many generations, with how much of it is known."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Generic, TypeVar

import msgspec

from reptidex.domain.ancestry import Ancestry, Coefficient
from reptidex.domain.kinship import Parents, Pedigree

T = TypeVar("T")

MOST_GENERATIONS = 10
"""A chart of ten generations has 1,023 ancestor slots; deeper ones say nothing that F does not."""


class Slot(msgspec.Struct, Generic[T], frozen=True):
    """One place in the chart, numbered after Stradonitz: the subject is 1, the sire of n is 2n, the dam 2n + 1."""

    number: int
    animal: T | None
    """None where the ancestor is unknown."""

    @property
    def generation(self) -> int:
        """0 for the subject, 1 for parents, 2 for grandparents."""
        return self.number.bit_length() - 1


def chart(pedigree: Pedigree, animal: str, generations: int) -> list[Slot[str]]:
    """Lay out every ancestor slot down to a generation; an ancestor stands in each place that it fills."""
    ids: list[str | None] = [None, animal]
    for number in range(2, 1 << (generations + 1)):
        child = ids[number // 2]
        parents: Parents = pedigree.get(child, (None, None)) if child else (None, None)
        ids.append(parents[number % 2])
    return [Slot(number, one) for number, one in enumerate(ids) if number]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a pedigree says of an animal, with how far that can be trusted."""

    inbreeding: Coefficient
    """Wright's F over everything that is known."""
    inbreeding_within: Coefficient
    """F when only the generations shown count."""
    generations: int
    completeness: tuple[Fraction, ...]
    """The known share of the slots of generations 1, 2, …"""
    complete_equivalents: Fraction
    """The sum of those shares: the number of complete generations that the knowledge amounts to (Maignel et al. 1996)."""
    index: Fraction
    """MacCluer's pedigree completeness index over the generations shown: 0 as soon as one parent is unknown."""
    ancestors: int
    """Known slots, repeats counted."""
    distinct: int
    """Different known ancestors."""

    @property
    def loss(self) -> Fraction:
        """Ancestor loss: the share of the known slots that repeat an ancestor (Ahnenverlust)."""
        return 1 - Fraction(self.distinct, self.ancestors) if self.ancestors else Fraction(0)


def standing(ancestry: Ancestry, animal: str, generations: int) -> Standing:
    """Judge an animal's pedigree over a number of generations."""
    slots = chart(ancestry.pedigree, animal, generations)
    shares = tuple(_share(slots, generation) for generation in range(1, generations + 1))
    known = [slot.animal for slot in slots[1:] if slot.animal]
    return Standing(
        inbreeding=ancestry.inbreeding(animal),
        inbreeding_within=ancestry.cut(animal, generations).inbreeding(animal),
        generations=generations,
        completeness=shares,
        complete_equivalents=sum(shares, Fraction(0)),
        index=_index(slots, generations),
        ancestors=len(known),
        distinct=len(set(known)),
    )


def _share(slots: list[Slot[str]], generation: int) -> Fraction:
    places = [slot for slot in slots if slot.generation == generation]
    return Fraction(sum(slot.animal is not None for slot in places), len(places))


def _index(slots: list[Slot[str]], generations: int) -> Fraction:
    """Return 4ab / (2(a+b)) with a, b the mean completeness of the sire's and the dam's line (MacCluer et al. 1983)."""
    lines: Mapping[str, Fraction] = {side: _line(slots, generations, side) for side in ("0", "1")}
    total = lines["0"] + lines["1"]
    return 2 * lines["0"] * lines["1"] / total if total else Fraction(0)


def _line(slots: list[Slot[str]], generations: int, side: str) -> Fraction:
    # The second binary digit of a slot's number says whether it stands on the sire's (0) or the dam's side (1).
    known = Fraction(0)
    for slot in slots[1:]:
        if slot.animal is not None and bin(slot.number)[3] == side:
            known += Fraction(1, 1 << (slot.generation - 1))
    return known / generations
