"""The reverse look-up, plans over generations and how many eggs it takes; every plan is walked again by predictions."""

from fractions import Fraction as F
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reptidex.domain.catalogue.shelf import species
from reptidex.domain.genetics.chance import OutOfReachError, at_least, eggs_for, expected_until_all
from reptidex.domain.genetics.cross import predict
from reptidex.domain.genetics.loci import Allele, Hazard, Linkage, Locus
from reptidex.domain.genetics.looks import looks_alike
from reptidex.domain.genetics.lookup import matches, recipes
from reptidex.domain.genetics.plan import NoPlanError, Plan, PlanTooLargeError
from reptidex.domain.genetics.plans import plans
from reptidex.domain.genetics.reading import read
from reptidex.domain.genetics.targets import Stock, Target
from reptidex.errors import InvalidError

BALL = next(entry for entry in species().values() if entry.slug == "python-regius").by_locus
BANANA = Locus(
    locus="banana",
    name="Banana",
    alleles=(Allele(allele="banana", name="Banana", mode="incomplete"),),
    sex_linked="x",
    recombination="1/20",
)
DEADLY = Locus(
    locus="deadly",
    name="Deadly",
    alleles=(
        Allele(
            allele="deadly",
            name="Deadly",
            mode="incomplete",
            hazards=(
                Hazard(severity="lethal", copies=2, certainty="established", text="Does not hatch.", source="a test"),
            ),
        ),
    ),
)
COSTLY = {**BALL, "deadly": DEADLY}
LINKED = {
    "a": Locus(
        locus="a",
        name="A",
        alleles=(Allele(allele="a", name="A", mode="recessive"),),
        linked=Linkage(locus="b", recombination="1/10"),
    ),
    "b": Locus(locus="b", name="B", alleles=(Allele(allele="b", name="B", mode="recessive"),)),
}


def stock(key: str, sex: Any, loci: Any = BALL, **genes: Any) -> Stock:
    """An animal; a gene is `albino/+` or such with a chance."""
    genotype = {}
    for name, said in genes.items():
        text, chance = said if isinstance(said, tuple) else (said, None)
        genotype[name] = read(loci[name], text.split("/"), F(chance) if chance else None, sex)
    return Stock(animal_id=key, sex=sex, genotype=genotype)


ALBINO = Target(pairs={"albino": ("albino", "albino")})
DOUBLE = Target(pairs={"albino": ("albino", "albino"), "piebald": ("piebald", "piebald")})


@pytest.mark.parametrize(
    ("eggs", "chance"),
    [(1, 0.25), (2, 0.4375), (4, 0.683594), (6, 0.822021), (8, 0.899887), (12, 0.968324)],
)
def test_the_chance_of_a_visual_from_two_hets(eggs: int, chance: float) -> None:
    assert round(float(at_least(F(1, 4), eggs)), 6) == chance
    assert at_least(F(1, 4), eggs) == 1 - F(3, 4) ** eggs


def test_the_chance_of_a_visual_from_het_and_visual() -> None:
    assert [float(at_least(F(1, 2), eggs)) for eggs in (2, 4, 6)] == [0.75, 0.9375, 0.984375]


@pytest.mark.parametrize(
    ("share", "confidence", "eggs"),
    [("1/4", "9/10", 9), ("1/4", "95/100", 11), ("1/16", "9/10", 36), ("1", "1", 1), ("1/2", "1/2", 1)],
)
def test_how_many_eggs_it_takes(share: str, confidence: str, eggs: int) -> None:
    assert eggs_for(F(share), F(confidence)) == eggs


@pytest.mark.parametrize(("share", "confidence"), [("0", "1/2"), ("1/2", "1"), ("1/1000000", "99/100")])
def test_what_no_number_of_eggs_gives_is_said(share: str, confidence: str) -> None:
    with pytest.raises(OutOfReachError):
        eggs_for(F(share), F(confidence))


@given(
    st.fractions(F(1, 20), F(19, 20), max_denominator=20),
    st.fractions(F(1, 10), F(9, 10), max_denominator=20),
    st.integers(1, 5),
)
def test_the_number_of_eggs_is_the_least_that_is_enough(share: F, confidence: F, wanted: int) -> None:
    eggs = eggs_for(share, confidence, wanted)

    assert at_least(share, eggs, wanted) >= confidence
    assert at_least(share, eggs - 1, wanted) < confidence


def test_waiting_for_two_kinds_takes_longer_than_for_either() -> None:
    """Two faces of a coin: three throws on average."""
    assert expected_until_all((F(1, 2), F(1, 2))) == 3
    assert expected_until_all((F(1, 4),)) == 4


def test_ones_own_animals_are_matched_the_best_first() -> None:
    mine = [
        stock("visual", "male", albino="albino/albino"),
        stock("het", "male", albino="albino/+"),
        stock("maybe", "female", albino=("albino/+", "2/3")),
        stock("mother", "female", albino="albino/+"),
        stock("plain", "female"),
    ]
    found, count = matches(BALL, ALBINO, mine, 10)

    assert [(one.sire_id, one.dam_id, one.share) for one in found] == [
        ("visual", "mother", F(1, 2)),
        ("visual", "maybe", F(1, 3)),
        ("het", "mother", F(1, 4)),
        ("het", "maybe", F(1, 6)),
    ]
    assert count == 4


def test_genotypes_are_matched_whatever_animals_bear_them() -> None:
    found = recipes(BALL, ALBINO, 10)

    assert {(one.sire["albino"], one.dam["albino"], one.share) for one in found} == {
        (("albino", "albino"), ("albino", "albino"), F(1)),
        (("albino", "albino"), ("albino", "+"), F(1, 2)),
        (("albino", "+"), ("albino", "albino"), F(1, 2)),
        (("albino", "+"), ("albino", "+"), F(1, 4)),
    }
    assert [one.share for one in found] == sorted((one.share for one in found), reverse=True)


def test_banana_daughters_are_looked_up_by_who_makes_them() -> None:
    found = recipes({"banana": BANANA}, Target(pairs={"banana": ("banana", "+")}, sex="female"), 50)
    by_normal = {
        one.origins.get("banana"): one.share
        for one in found
        if one.dam["banana"] == ("+", "+") and one.sire["banana"] == ("banana", "+")
    }

    assert by_normal == {"dam": F(19, 40), "sire": F(1, 40)}


def test_eggs_that_other_genes_cost_are_told_with_a_match() -> None:
    mine = [
        stock("sire", "male", COSTLY, albino="albino/+", deadly="deadly/+"),
        stock("dam", "female", COSTLY, albino="albino/+", deadly="deadly/+"),
    ]
    [[found], _] = matches(COSTLY, ALBINO, mine, 10)

    assert (found.egg_loss, found.share, found.live_share) == (F(1, 4), F(3, 16), F(1, 4))


@pytest.mark.parametrize(
    "target",
    [
        Target(pairs={}),
        Target(pairs={"deadly": ("deadly", "deadly")}),
        Target(pairs=dict.fromkeys(list(BALL)[:7], ("+", "+"))),
    ],
)
def test_a_target_that_cannot_be_is_refused(target: Target) -> None:
    with pytest.raises(InvalidError):
        recipes(COSTLY, target, 10)


def walked(plan: Plan, loci: dict[str, Locus], animals: list[Stock], target: Target) -> None:
    """Walk a plan by predictions: each young it keeps must come at the share it says, and the last step gives the target."""
    known = {one.animal_id: (one.genotype, one.origins) for one in animals}
    for assumption in plan.assumptions:
        sure = {locus: {pair: F(1)} for locus, pair in assumption.genotype.items()}
        known[assumption.animal_id] = ({**known[assumption.animal_id][0], **sure}, known[assumption.animal_id][1])
    for step in plan.steps:
        (sire, sire_from), (dam, dam_from) = known[step.sire_id], known[step.dam_id]
        wanted = {name: loci[name] for name in target.pairs}
        parents = [{name: value for name, value in side.items() if name in wanted} for side in (sire, dam)]
        told = predict(wanted, parents[0], parents[1], (sire_from, dam_from), most=10**6)

        def normal(pairs: dict[str, Any]) -> dict[str, Any]:
            return {name: pair for name, pair in pairs.items() if pair != ("+", "+")}

        for kept in step.keeps:
            half = F(1) if any(one.sex != "unknown" for one in told.outcomes) else F(1, 2)
            share = sum(
                one.share
                for one in told.outcomes
                if normal(one.genotype) == normal(kept.genotype) and one.sex in ("unknown", kept.sex)
            )
            assert kept.share == share * half > 0
            [origins] = [
                one.origins
                for one in told.outcomes
                if normal(one.genotype) == normal(kept.genotype) and one.sex in ("unknown", kept.sex)
            ]
            known[kept.young_id] = ({name: {pair: F(1)} for name, pair in kept.genotype.items()}, origins)
        if not step.keeps:
            hits = sum(
                one.share
                for one in told.outcomes
                if all(
                    looks_alike(loci[name], one.genotype.get(name, ("+", "+")), pair)
                    for name, pair in target.pairs.items()
                )
                and target.sex in ("unknown", one.sex)
            )
            assert step.share == hits > 0
    assert not plan.steps[-1].keeps


def test_two_visuals_of_different_genes_make_a_double_visual_in_two_generations() -> None:
    mine = [stock("albino", "male", albino="albino/albino"), stock("pied", "female", piebald="piebald/piebald")]
    [best, *_] = plans(BALL, DOUBLE, mine, 3, 5)

    assert best.generations == 2
    assert [step.expected_eggs for step in best.steps] == [3, 16]
    assert best.steps[-1].share == F(1, 16) and best.chance == 1
    walked(best, BALL, mine, DOUBLE)


def test_a_lone_visual_is_bred_back_through_his_daughters() -> None:
    mine = [stock("albino", "male", albino="albino/albino"), stock("plain", "female")]
    [best, *_] = plans(BALL, ALBINO, mine, 3, 5)

    assert (best.generations, best.steps[-1].share, best.steps[-1].sire_id) == (2, F(1, 2), "albino")
    walked(best, BALL, mine, ALBINO)


def test_a_plan_says_what_it_takes_for_granted() -> None:
    mine = [stock("maybe", "male", albino=("albino/+", "2/3")), stock("het", "female", albino="albino/+")]
    [best, *_] = plans(BALL, ALBINO, mine, 3, 5)

    assert (best.generations, best.chance, best.steps[-1].share) == (1, F(2, 3), F(1, 4))
    assert [one.animal_id for one in best.assumptions] == ["maybe"]


def test_three_genes_from_three_animals() -> None:
    target = Target(pairs={name: (name, name) for name in ("piebald", "clown")} | {"pastel": ("pastel", "+")})
    mine = [
        stock("pied", "male", piebald="piebald/piebald"),
        stock("clown", "female", clown="clown/clown"),
        stock("pastel", "female", pastel="pastel/+"),
    ]
    found = plans(BALL, target, mine, 4, 5)

    assert found[0].generations == 3
    for plan in found:
        walked(plan, BALL, mine, target)


def test_a_long_plan_is_found_for_sons_of_a_female_maker() -> None:
    target = Target(pairs={"banana": ("banana", "banana")}, sex="male")
    loci = {"banana": BANANA}
    mine = [stock("sire", "male", loci, banana="banana/+"), stock("plain", "female", loci)]
    found = plans(loci, target, mine, 3, 5)

    for plan in found:
        assert plan.steps[-1].share > 0
    assert found[0].generations == 2


def test_nothing_leads_where_nobody_carries_it() -> None:
    with pytest.raises(NoPlanError):
        plans(BALL, ALBINO, [stock("one", "male"), stock("two", "female")], 5, 5)


def test_too_many_animals_or_generations_are_refused() -> None:
    many = [stock(str(number), "male") for number in range(61)]
    for animals, generations in ((many, 3), (many[:2], 9), (many[:2], 0)):
        with pytest.raises(InvalidError):
            plans(BALL, ALBINO, animals, generations, 5)


GENES = ["albino/albino", "albino/+", ("albino/+", "2/3"), None]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["male", "female"]),
            st.sampled_from(GENES),
            st.sampled_from(["piebald/piebald", "piebald/+", None]),
        ),
        min_size=2,
        max_size=5,
    )
)
def test_every_plan_really_yields_its_target(herd: list[tuple[Any, Any, Any]]) -> None:
    mine = [
        stock(f"a{number}", sex, **{name: said for name, said in (("albino", one), ("piebald", two)) if said})
        for number, (sex, one, two) in enumerate(herd)
    ]
    try:
        found = plans(BALL, DOUBLE, mine, 3, 4)
    except NoPlanError:
        return
    for plan in found:
        walked(plan, BALL, mine, DOUBLE)
        assert plan.expected_eggs == sum(step.expected_eggs for step in plan.steps)


def test_a_search_that_would_take_too_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reptidex.domain.genetics.plans.MOST_YOUNG", 10)
    mine = [stock(name, sex, **{name: f"{name}/{name}"}) for name, sex in (("albino", "male"), ("piebald", "female"))]

    with pytest.raises(PlanTooLargeError):
        plans(BALL, DOUBLE, mine, 3, 5)


def test_linked_genes_come_together_by_a_crossover() -> None:
    target = Target(pairs={"a": ("a", "a"), "b": ("b", "b")})
    mine = [stock("one", "male", LINKED, a="a/a"), stock("two", "female", LINKED, b="b/b")]
    [best, *_] = plans(LINKED, target, mine, 3, 5)

    assert best.steps[-1].share == F(1, 20) ** 2
