"""What the records of a family say of an animal: the hobby's tables, and Bayes' rule by counting every possibility."""

from fractions import Fraction as F
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reptidex.domain.genetics.family import Belief, Record, believe, without_record, without_young
from reptidex.domain.genetics.loci import Allele, Locus, Pair

ALBINO = Locus(locus="albino", name="Albino", alleles=(Allele(allele="albino", name="Albino", mode="recessive"),))
BANANA = Locus(
    locus="banana",
    name="Banana",
    alleles=(Allele(allele="banana", name="Banana", mode="incomplete"),),
    sex_linked="x",
    recombination="1/10",
)
TT, HET, WILD = ("albino", "albino"), ("albino", "+"), ("+", "+")
VISUAL: dict[str, Any] = {"pairs": (TT,), "firm": True}
PROVEN: dict[str, Any] = {"pairs": (HET,)}
NORMAL: dict[str, Any] = {"pairs": (WILD,)}


def possible(chance: str | F) -> dict[str, Any]:
    return {"prior": {HET: F(chance), WILD: 1 - F(chance)}, "shows": ""}


def shorthand(prior: F, plain_young: int, miss: F) -> F:
    """The hobby's rule for one parent: `miss` is the chance that a young of a true carrier shows nothing."""
    missed = prior * miss**plain_young
    return missed / (missed + 1 - prior)


def family(**members: dict[str, Any]) -> dict[str, Record]:
    return {key: Record(animal_id=key, **values) for key, values in members.items()}


def young(count: int, **more: Any) -> dict[str, dict[str, Any]]:
    return {f"y{number}": {"sire_id": "sire", "dam_id": "dam", "shows": ""} | more for number in range(count)}


def het(belief: Belief) -> F:
    return belief.pairs.get(HET, F(0))


@pytest.mark.parametrize(
    ("sire", "dam", "expected"),
    [
        (PROVEN, PROVEN, "2/3"),
        (possible("2/3"), PROVEN, "3/5"),
        (possible("1/2"), PROVEN, "4/7"),
        (possible("2/3"), possible("2/3"), "1/2"),
        (possible("2/3"), possible("1/2"), "5/11"),
        (possible("1/2"), possible("1/2"), "2/5"),
        (possible("1/3"), possible("1/3"), "2/7"),
        (possible("2/3"), NORMAL, "1/3"),
        (possible("1/2"), NORMAL, "1/4"),
        (possible("1/3"), NORMAL, "1/6"),
        (possible("2/3"), VISUAL, "1"),
        (possible("1/2"), VISUAL, "1"),
        (PROVEN, NORMAL, "1/2"),
        (PROVEN, {}, "1/2"),
        (VISUAL, {}, "1"),
        ({}, {}, "0"),
    ],
)
def test_a_young_that_does_not_show_it_is_a_possible_het(sire: Any, dam: Any, expected: str) -> None:
    known = family(sire=sire, dam=dam, child={"sire_id": "sire", "dam_id": "dam", "shows": ""})

    assert het(believe(ALBINO, known, "child")) == F(expected)


@pytest.mark.parametrize(
    ("prior", "count", "visual", "proven"),
    [
        ("2/3", 1, "1/2", 0.6),
        ("2/3", 2, "1/3", 0.529412),
        ("2/3", 3, "1/5", 0.457627),
        ("2/3", 5, "1/17", 0.321854),
        ("2/3", 10, "1/513", 0.101226),
        ("1/2", 1, "1/3", 0.428571),
        ("1/2", 3, "1/9", 0.296703),
        ("1/2", 5, "1/33", 0.191792),
        ("1/2", 7, "1/129", 0.117764),
        ("1/2", 10, "1/1025", 0.053311),
    ],
)
def test_young_without_a_visual_lower_the_odds_as_the_short_rule_says(
    prior: str, count: int, visual: str, proven: float
) -> None:
    with_visual = family(sire=possible(prior), dam=VISUAL, **young(count))
    with_proven = family(sire=possible(prior), dam=PROVEN, **young(count))

    assert het(believe(ALBINO, with_visual, "sire")) == F(visual) == shorthand(F(prior), count, F(1, 2))
    assert round(float(het(believe(ALBINO, with_proven, "sire"))), 6) == proven
    assert het(believe(ALBINO, with_proven, "sire")) == shorthand(F(prior), count, F(3, 4))


def test_one_visual_young_proves_both_parents_even_if_nothing_was_recorded_of_them() -> None:
    known = family(sire={}, dam=possible("1/2"), **young(5), star={"sire_id": "sire", "dam_id": "dam", **VISUAL})

    assert believe(ALBINO, known, "sire").certain == believe(ALBINO, known, "dam").certain == HET
    assert het(believe(ALBINO, known, "y0")) == F(2, 3)


def test_odds_go_down_the_pedigree_as_far_as_the_records() -> None:
    """A visual grandsire: his young are hets, theirs by normals 1/2, and theirs again 1/4."""
    known = family(
        old=VISUAL,
        first={"sire_id": "old", "shows": ""},
        second={"sire_id": "first", "shows": ""},
        third={"sire_id": "second", "shows": ""},
    )

    assert [het(believe(ALBINO, known, key)) for key in ("first", "second", "third")] == [1, F(1, 2), F(1, 4)]


def test_odds_go_up_the_pedigree_too() -> None:
    """A visual grandchild of an unrecorded line proves its parents, and one of each pair of grandparents at evens."""
    known = family(
        grandsire={},
        granddam={},
        sire={"sire_id": "grandsire", "dam_id": "granddam"},
        star={"sire_id": "sire", **VISUAL},
    )

    assert believe(ALBINO, known, "sire").certain == HET
    assert het(believe(ALBINO, known, "grandsire")) == F(1, 2)


def test_a_claim_gives_way_to_what_the_young_show_and_a_test_does_not() -> None:
    star = {"sire_id": "sire", "dam_id": "dam", **VISUAL}
    claimed = family(sire=NORMAL, dam=PROVEN, star=star)
    tested = family(sire=NORMAL | {"firm": True}, dam=PROVEN, star=star)

    assert believe(ALBINO, claimed, "sire").certain == HET
    assert believe(ALBINO, tested, "sire").pairs == {}


def test_what_is_said_without_the_young_or_without_the_own_record_leaves_them_out() -> None:
    known = family(
        sire=PROVEN,
        dam=PROVEN,
        me={"sire_id": "sire", "dam_id": "dam", "shows": ""},
        mate=VISUAL,
        kid={"sire_id": "me", "dam_id": "mate", "shows": ""},
    )

    assert het(believe(ALBINO, known, "me")) == F(1, 2)
    assert het(believe(ALBINO, without_young(known, "me"), "me")) == F(2, 3)
    assert believe(ALBINO, without_record(without_young(known, "me"), "me"), "me").pairs == {
        TT: F(1, 4),
        HET: F(1, 2),
        WILD: F(1, 4),
    }


def test_a_sons_banana_lies_where_his_parents_put_it() -> None:
    """From his dam: on X. From a male maker: on Y, but for a crossover."""
    b = {"pairs": (("banana", "+"),), "firm": True}
    n = {"pairs": (("+", "+"),), "firm": True}
    of_dam = family(sire=n, dam=b, son={"sire_id": "sire", "dam_id": "dam", "sex": "male", **b})
    maker = family(
        old=n,
        sire={"sire_id": "old", "dam_id": "ma", "sex": "male", **b},
        ma=b,
        dam=n,
        son={"sire_id": "sire", "dam_id": "dam", "sex": "male", **b},
    )

    assert believe(BANANA, of_dam, "son").from_sire == 0
    assert believe(BANANA, maker, "sire").from_sire == 0
    assert believe(BANANA, maker, "son").from_sire == 1


def test_sons_tell_a_male_maker_from_a_female_maker() -> None:
    """Nothing is known of the sire's chromosome; four sons with Banana make the odds 9^4 : 1."""
    b = {"pairs": (("banana", "+"),), "firm": True}
    n = {"pairs": (("+", "+"),), "firm": True}
    sons = {f"s{i}": {"sire_id": "sire", "dam_id": "dam", "sex": "male", **b} for i in range(4)}
    known = family(sire={"sex": "male", **b}, dam=n, **sons)

    assert believe(BANANA, known, "sire").from_sire == F(9**4, 9**4 + 1)


SHARES: list[F] = [F(0), F(1, 4), F(1, 3), F(1, 2), F(2, 3), F(1)]
Table = dict[Pair, F]
ALL = (TT, HET, WILD)


def child_of(child: Pair, one: Pair, two: Pair) -> F:
    """Mendel's rule by listing the four gametes."""
    hits = sum(sorted((a, b), reverse=True) == sorted(child, reverse=True) for a in one for b in two)
    return F(hits, 4)


@st.composite
def pedigrees(draw: st.DrawFn) -> dict[str, Record]:
    """Up to six animals, some of them inbred; founders have claimed chances, others are seen or not."""
    known: dict[str, Record] = {}
    count = draw(st.integers(2, 6))
    for number in range(count):
        key = f"a{number}"
        if number < 2 or draw(st.booleans()):
            share = draw(st.sampled_from(SHARES))
            known[key] = Record(animal_id=key, prior={HET: share, WILD: 1 - share}, shows="")
        else:
            sire, dam = draw(st.permutations([f"a{one}" for one in range(number)]))[:2]
            looks: list[str | None] = ["", None, "Albino"]
            known[key] = Record(animal_id=key, sire_id=sire, dam_id=dam, shows=draw(st.sampled_from(looks)))
    return known


def counted(known: dict[str, Record], animal: str) -> Table:
    """Weigh every possible family, one by one."""
    keys = list(known)
    weights: Table = {}
    for states in product(ALL, repeat=len(keys)):
        world = dict(zip(keys, states, strict=True))
        chance = F(1)
        for key, record in known.items():
            pair = world[key]
            if record.shows is not None and (record.shows == "Albino") != (pair == TT):
                chance = F(0)
                break
            if record.prior is not None:
                chance *= record.prior.get(pair, F(0))
            else:
                chance *= child_of(pair, world[record.sire_id or ""], world[record.dam_id or ""])
        if chance:
            weights[world[animal]] = weights.get(world[animal], F(0)) + chance
    total = sum(weights.values(), F(0))
    return {pair: weight / total for pair, weight in weights.items()} if total else {}


@settings(deadline=None)
@given(pedigrees(), st.data())
def test_bayes_over_a_pedigree_agrees_with_counting_every_family(known: dict[str, Record], data: st.DataObject) -> None:
    animal = data.draw(st.sampled_from(sorted(known)))
    expected = counted(known, animal)

    # Where the claimed chances leave no family possible at all, a claim was wrong: that is beyond counting.
    if expected:
        assert believe(ALBINO, known, animal).pairs == expected


def tangle(generations: int, width: int) -> dict[str, Record]:
    """Every animal has two parents drawn from all of the generation before it: no order of reckoning stays small."""
    known = family(**{f"g0_{number}": possible("1/2") for number in range(width)})
    for generation in range(1, generations + 1):
        for number in range(width):
            key = f"g{generation}_{number}"
            sire = f"g{generation - 1}_{number * 7 % width}"
            dam = f"g{generation - 1}_{(number * 3 + generation) % width}"
            if sire == dam:
                dam = f"g{generation - 1}_{(number * 3 + generation + 1) % width}"
            known[key] = Record(animal_id=key, sire_id=sire, dam_id=dam, shows="" if number % 3 else None)
    return known


def test_a_pedigree_with_too_many_loops_is_reckoned_one_by_one_and_says_so() -> None:
    known = tangle(6, 25)
    belief = believe(ALBINO, known, "g6_1")

    assert belief.cut and sum(belief.pairs.values()) == 1
    assert F(1, 100) < het(belief) < F(1, 2)


def test_reckoning_one_by_one_is_near_what_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a small tangle both can be had; on a tree without kin of kin they agree."""
    known = tangle(3, 5)
    exact = het(believe(ALBINO, known, "g3_1"))
    tree = family(
        old=possible("1/2"),
        sire={"sire_id": "old", "shows": ""},
        dam=possible("2/3"),
        me={"sire_id": "sire", "dam_id": "dam", "shows": ""},
        kid={"sire_id": "me", "shows": ""},
    )
    whole = believe(ALBINO, tree, "me")
    monkeypatch.setattr("reptidex.domain.genetics.leading.LARGEST_TABLE", 20)
    rough, same = believe(ALBINO, known, "g3_1"), believe(ALBINO, tree, "me")

    assert rough.cut and abs(float(het(rough) - exact)) < 0.05
    assert same.pairs == whole.pairs


ODD = Locus(
    locus="odd",
    name="Odd",
    alleles=(Allele(allele="odd", name="Odd", mode="recessive"),),
    sex_linked="x",
)
MALES: tuple[Pair, ...] = (("odd", "-"), ("+", "-"))
FEMALES: tuple[Pair, ...] = (("odd", "odd"), ("odd", "+"), ("+", "+"))


def x_linked(child: Pair, sire: Pair, dam: Pair) -> F:
    """A son has his one allele from his dam; a daughter has her sire's and one of her dam's."""
    if child in MALES:
        return F(dam.count(child[0]), 2)
    return F(sum(sorted((sire[0], one)) == sorted(child) for one in dam), 2)


@st.composite
def sexed_pedigrees(draw: st.DrawFn) -> dict[str, Record]:
    """Up to six animals of known sex; founders have claimed chances, others were seen or not."""
    known: dict[str, Record] = {}
    for number in range(draw(st.integers(2, 6))):
        key, sex = f"a{number}", draw(st.sampled_from(["male", "female"])) if number > 1 else ("male", "female")[number]
        males = [one for one, record in known.items() if record.sex == "male"]
        females = [one for one, record in known.items() if record.sex == "female"]
        if number < 2 or draw(st.booleans()):
            share = draw(st.sampled_from(SHARES))
            pair, normal = (MALES[0], MALES[1]) if sex == "male" else (FEMALES[1], FEMALES[2])
            known[key] = Record(animal_id=key, sex=sex, prior={pair: share, normal: 1 - share})  # type: ignore[arg-type]
        else:
            looks: list[str | None] = ["", None, "Odd"]
            known[key] = Record(
                animal_id=key,
                sex=sex,  # type: ignore[arg-type]
                sire_id=draw(st.sampled_from(males)),
                dam_id=draw(st.sampled_from(females)),
                shows=draw(st.sampled_from(looks)),
            )
    return known


@settings(deadline=None)
@given(sexed_pedigrees(), st.data())
def test_bayes_over_a_sex_linked_pedigree_agrees_with_counting(known: dict[str, Record], data: st.DataObject) -> None:
    animal = data.draw(st.sampled_from(sorted(known)))
    keys = list(known)
    weights: Table = {}
    for states in product(*(MALES if known[key].sex == "male" else FEMALES for key in keys)):
        world = dict(zip(keys, states, strict=True))
        chance = F(1)
        for key, record in known.items():
            shown = "Odd" if world[key] in (MALES[0], FEMALES[0]) else ""
            if record.shows is not None and record.shows != shown:
                chance = F(0)
            elif record.prior is not None:
                chance *= record.prior.get(world[key], F(0))
            else:
                chance *= x_linked(world[key], world[record.sire_id or ""], world[record.dam_id or ""])
        if chance:
            weights[world[animal]] = weights.get(world[animal], F(0)) + chance
    total = sum(weights.values(), F(0))

    if total:
        assert believe(ODD, known, animal).pairs == {pair: weight / total for pair, weight in weights.items()}
