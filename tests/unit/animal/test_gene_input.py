"""Whatever is sent as genes is answered or refused with a reason: nothing else comes out."""

from fractions import Fraction as F
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reptidex.agents.animal.odds import cross, outcomes
from reptidex.domain.catalogue.shelf import find_species
from reptidex.domain.genetics.loci import Allele, Hazard, Locus
from reptidex.domain.genetics.plan import NoPlanError
from reptidex.domain.genetics.plans import plans
from reptidex.domain.genetics.targets import Stock
from reptidex.errors import InvalidError
from reptidex.http.animal.targets import Wanted, target_of
from reptidex.streams.values import Gene, Ratio
from reptidex.tables.animal.relatives import genotype_of, origins_of

GLOW = Allele(allele="glow", name="Glow", mode="incomplete")
DEADLY = Allele(
    allele="deadly",
    name="Deadly",
    mode="incomplete",
    hazards=(Hazard(severity="lethal", copies=2, certainty="established", text="Does not hatch.", source="a test"),),
)
BALL = next(find_species("Python regius"))
BALL = replace(
    BALL,
    loci=(
        *BALL.loci,
        Locus(locus="glow", name="Glow", alleles=(GLOW,), sex_linked="x", recombination="1/20"),
        Locus(locus="deadly", name="Deadly", alleles=(DEADLY,)),
        Locus(locus="odd", name="Odd", alleles=(GLOW,), sex_linked="x"),
    ),
)
OWN = {
    "albino": ["albino", "toffee", "+"],
    "piebald": ["piebald", "+"],
    "pastel": ["pastel", "+"],
    "deadly": ["deadly", "+"],
    "blueeyed": ["mojave", "lesser", "+"],
    "glow": ["glow", "+"],
    "odd": ["glow", "+", "-"],
    "nowhere": ["+"],
}
NONSENSE = ["-", "", "X", "glow", "albino"]
CHANCES = [
    None,
    None,
    Ratio(numerator=2, denominator=3),
    Ratio(numerator=0, denominator=1),
    Ratio(numerator=3, denominator=2),
]


@st.composite
def genes(draw: st.DrawFn) -> tuple[Gene, ...]:
    """Genes as anybody may send them: mostly sense, some nonsense."""
    found = []
    for locus in draw(st.lists(st.sampled_from(sorted(OWN)), max_size=4, unique=draw(st.booleans()))):
        choices = OWN[locus] + (NONSENSE if draw(st.integers(0, 9)) == 0 else [])
        found.append(
            Gene(
                locus=locus,
                alleles=tuple(draw(st.lists(st.sampled_from(choices), min_size=draw(st.integers(0, 2)), max_size=2))),
                probability=draw(st.sampled_from(CHANCES)),
                inherited_from=draw(st.sampled_from([None, "sire", "dam"])),
            )
        )
    return tuple(found)


def stock(key: str, sex: Any, carried: tuple[Gene, ...]) -> Stock:
    return Stock(animal_id=key, sex=sex, genotype=genotype_of(BALL, carried, sex), origins=origins_of(BALL, carried))


@settings(deadline=None)
@given(genes(), genes())
def test_two_genotypes_are_crossed_or_refused(sire: tuple[Gene, ...], dam: tuple[Gene, ...]) -> None:
    try:
        told = cross(BALL, sire, dam)
    except InvalidError as refusal:
        assert str(refusal) and refusal.pointer
        return
    listed = outcomes(told)

    assert sum(F(one.probability.numerator, one.probability.denominator) for one in listed) == (told.egg_loss != 1)


@settings(deadline=None, max_examples=60)
@given(genes(), genes(), genes(), st.sampled_from(["male", "female", "unknown"]))
def test_a_target_is_planned_for_or_refused(
    sire: tuple[Gene, ...], dam: tuple[Gene, ...], wanted: tuple[Gene, ...], sex: Any
) -> None:
    try:
        target = target_of(BALL, Wanted(genotype=wanted, sex=sex))
        found = plans(BALL.by_locus, target, [stock("sire", "male", sire), stock("dam", "female", dam)], 2, 3)
    except (InvalidError, NoPlanError) as refusal:
        assert str(refusal)
        return

    assert all(plan.steps and plan.steps[-1].share > 0 for plan in found)


@pytest.mark.parametrize("alleles", [("albino", "toffee", "+"), ("albino", "glow"), ("+", "-"), ("",)])
def test_the_reason_names_the_gene(alleles: tuple[str, ...]) -> None:
    with pytest.raises(InvalidError, match="Albino"):
        cross(BALL, (Gene(locus="albino", alleles=alleles),), ())
