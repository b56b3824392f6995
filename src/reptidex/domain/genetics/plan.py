"""What a plan over several generations is."""

from fractions import Fraction

import msgspec

from reptidex.domain.genetics.loci import Pair, Sex
from reptidex.errors import InvalidError

MOST_YOUNG = 200_000
"""Kinds of young that one search weighs: some seconds of work, and never more."""


class NoPlanError(InvalidError):
    """Nothing leads from these animals to the target within the generations allowed."""

    title = "There is no such plan"


class PlanTooLargeError(InvalidError):
    """The search would take too long: too many genes, animals or generations at once."""

    title = "This is too much for one plan"

    def __init__(self) -> None:
        super().__init__(
            f"more than {MOST_YOUNG} kinds of young would have to be weighed; name fewer genes or animals, or fewer generations"
        )


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A young of one step that the next needs."""

    young_id: str
    sex: Sex
    genotype: dict[str, Pair]
    share: Fraction
    """Of the eggs."""
    known_by_look: Fraction
    """How likely a young of this look carries just this; below 1 it takes a test, or breeding, to know."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One cross of a plan."""

    generation: int
    sire_id: str
    """An animal of one's own, or a young that an earlier step keeps."""
    dam_id: str
    keeps: tuple[Kept, ...] = ()
    """Empty in the last step: it gives the target."""
    share: Fraction
    """Of the eggs: those that are kept, or that meet the target."""
    expected_eggs: Fraction
    """Until each young that is kept has hatched once, on average."""


class Assumption(msgspec.Struct, frozen=True):
    """What a plan takes for granted of an animal that is not certain to carry it."""

    animal_id: str
    genotype: dict[str, Pair]
    chance: Fraction


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A way to the target."""

    steps: tuple[Step, ...]
    generations: int
    expected_eggs: Fraction
    assumptions: tuple[Assumption, ...]
    chance: Fraction
    """That all assumptions hold; 1 where there are none."""
