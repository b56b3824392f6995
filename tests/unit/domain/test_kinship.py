"""Kinship against published pedigrees, worked matings, and the laws that hold for any pedigree."""

from fractions import Fraction as F
from itertools import product

import pytest
from hypothesis import given

from reptidex.domain.kinship import Kinship, LineageCycleError, Pedigree, oldest_first, within
from tests.unit.domain.pedigrees import FERNANDO, MRODE, WRAY, by_paths, pedigrees

SIBLINGS: Pedigree = {"a": ("S", "D"), "b": ("S", "D")}
COUSINS: Pedigree = {**SIBLINGS, "c": ("a", "x"), "d": ("y", "b")}
MATINGS: dict[str, tuple[Pedigree, F]] = {
    "full siblings": ({**SIBLINGS, "o": ("a", "b")}, F(1, 4)),
    "parent and offspring": ({"a": ("S", "D"), "o": ("S", "a")}, F(1, 4)),
    "three-quarter siblings": ({**SIBLINGS, "c": ("P", "a"), "d": ("P", "b"), "o": ("c", "d")}, F(3, 16)),
    "half siblings": ({"a": ("S", "D"), "b": ("S", "E"), "o": ("a", "b")}, F(1, 8)),
    "grandparent and grandchild": ({"a": ("S", "D"), "b": ("x", "a"), "o": ("S", "b")}, F(1, 8)),
    "uncle and niece": ({**SIBLINGS, "n": ("x", "b"), "o": ("a", "n")}, F(1, 8)),
    "double first cousins": (
        {**SIBLINGS, "e": ("T", "U"), "f": ("T", "U"), "c": ("a", "e"), "d": ("f", "b"), "o": ("c", "d")},
        F(1, 8),
    ),
    "first cousins": ({**COUSINS, "o": ("c", "d")}, F(1, 16)),
    "half uncle and niece": ({"a": ("S", "D"), "b": ("S", "E"), "n": ("x", "b"), "o": ("a", "n")}, F(1, 16)),
    "half first cousins": (
        {"a": ("S", "D"), "b": ("S", "E"), "c": ("a", "x"), "d": ("y", "b"), "o": ("c", "d")},
        F(1, 32),
    ),
    "first cousins once removed": ({**COUSINS, "e": ("z", "d"), "o": ("c", "e")}, F(1, 32)),
    "half siblings by an inbred parent": (
        {**SIBLINGS, "I": ("a", "b"), "c": ("I", "x"), "d": ("I", "y"), "o": ("c", "d")},
        F(5, 32),
    ),
    "second cousins": ({**COUSINS, "e": ("c", "u"), "f": ("v", "d"), "o": ("e", "f")}, F(1, 64)),
}


@pytest.mark.parametrize("mating", MATINGS)
def test_the_young_of_a_standard_mating_have_the_inbreeding_of_the_books(mating: str) -> None:
    pedigree, expected = MATINGS[mating]

    assert Kinship(pedigree).inbreeding("o") == expected


@pytest.mark.parametrize(
    ("pedigree", "expected"),
    [
        (MRODE, {"1": F(0), "3": F(0), "4": F(0), "5": F(1, 8), "6": F(1, 8)}),
        (WRAY, {"4": F(0), "5": F(1, 4), "6": F(1, 4), "7": F(5, 16), "8": F(15, 32)}),
        (FERNANDO, {"5": F(1, 8), "6": F(1, 4), "7": F(9, 32), "8": F(9, 32)}),
        ({"3": ("2", "1"), "4": ("2", "1"), "5": ("3", "4"), "6": ("5", "4")}, {"5": F(1, 4), "6": F(3, 8)}),
    ],
    ids=["Mrode 2.1", "Wray 1990", "Fernando & Grossman 1990", "calcInbreeding"],
)
def test_published_pedigrees_give_their_published_inbreeding(pedigree: Pedigree, expected: dict[str, F]) -> None:
    kinship = Kinship(pedigree)

    assert {animal: kinship.inbreeding(animal) for animal in expected} == expected


def test_mrodes_relationship_matrix_is_reproduced() -> None:
    """The numerator relationship is twice the kinship (Henderson 1976)."""
    expected = [
        [1, 0, 0.5, 0.5, 0.5, 0.25],
        [0, 1, 0.5, 0, 0.25, 0.625],
        [0.5, 0.5, 1, 0.25, 0.625, 0.5625],
        [0.5, 0, 0.25, 1, 0.625, 0.3125],
        [0.5, 0.25, 0.625, 0.625, 1.125, 0.6875],
        [0.25, 0.625, 0.5625, 0.3125, 0.6875, 1.125],
    ]
    kinship = Kinship(MRODE)

    assert [[2 * kinship.between(one, other) for other in "123456"] for one in "123456"] == expected


def test_mean_kinship_and_gene_diversity_match_the_worked_figures() -> None:
    mrode, wray = Kinship(MRODE), Kinship(WRAY)
    means = [mrode.mean(animal, "123456") for animal in "123456"]

    assert means == [F(11, 48), F(19, 96), F(55, 192), F(43, 192), F(61, 192), F(19, 64)]
    assert float(mrode.diversity("123456")) == pytest.approx(0.741319444)
    assert wray.diversity("12345678") == F("0.653076171875")
    assert (wray.mean("1", "12345678"), wray.mean("8", "12345678")) == (F(57, 256), F(221, 512))


@pytest.mark.parametrize(("generations", "expected"), [(1, "0"), (2, "1/4"), (3, "5/16"), (4, "15/32"), (9, "15/32")])
def test_inbreeding_depends_on_the_generations_used(generations: int, expected: str) -> None:
    assert Kinship(within(WRAY, "8", generations)).inbreeding("8") == F(expected)


def test_repeated_mating_of_full_siblings_follows_the_known_series() -> None:
    pedigree: dict[str, tuple[str | None, str | None]] = {}
    for generation in range(1, 11):
        for side in "mf":
            pedigree[f"{side}{generation}"] = (f"m{generation - 1}", f"f{generation - 1}")
    kinship = Kinship(pedigree)
    series = ["0", "1/4", "3/8", "1/2", "19/32", "43/64", "47/64", "201/256", "423/512", "55/64"]

    assert [kinship.inbreeding(f"m{generation}") for generation in range(1, 11)] == [F(one) for one in series]


def test_repeated_backcrossing_to_one_sire_follows_the_known_series() -> None:
    pedigree: dict[str, tuple[str | None, str | None]] = {"b1": ("S", "D")}
    pedigree |= {f"b{generation}": ("S", f"b{generation - 1}") for generation in range(2, 8)}
    kinship = Kinship(pedigree)
    series = ["0", "1/4", "3/8", "7/16", "15/32", "31/64", "63/128"]

    assert [kinship.inbreeding(f"b{generation}") for generation in range(1, 8)] == [F(one) for one in series]


def test_selfing_follows_the_known_series() -> None:
    kinship = Kinship({f"{n}": (f"{n - 1}", f"{n - 1}") for n in range(1, 5)})

    assert [kinship.inbreeding(f"{n}") for n in range(4)] == [0, F(1, 2), F(3, 4), F(7, 8)]


def test_wrays_relationships_are_reproduced() -> None:
    kinship = Kinship(WRAY)
    pairs = {("5", "7"): 0.9375, ("7", "8"): 1.125, ("5", "8"): 1.09375, ("1", "8"): 0.4375}

    assert {pair: 2 * kinship.between(*pair) for pair in pairs} == pairs


def test_an_inbred_founder_passes_its_inbreeding_on() -> None:
    kinship = Kinship({**SIBLINGS, "o": ("a", "b")}, founders={"S": F(1)})

    assert kinship.inbreeding("o") == F(3, 8)


def test_a_pedigree_of_a_thousand_generations_needs_no_deep_stack() -> None:
    pedigree = {f"{n}": (f"{n - 1}", None) for n in range(1, 1001)} | {"child": ("1000", "999")}

    assert Kinship(pedigree).inbreeding("child") == F(1, 4)


def test_an_animal_that_descends_from_itself_is_refused_with_the_circle() -> None:
    with pytest.raises(LineageCycleError) as refusal:
        oldest_first({"a": ("b", None), "b": (None, "c"), "c": ("a", None)})

    assert set(refusal.value.path) == {"a", "b", "c"}


@given(pedigrees())
def test_kinship_is_symmetric_and_a_probability(pedigree: Pedigree) -> None:
    kinship = Kinship(pedigree)

    for one, other in product(pedigree, repeat=2):
        assert 0 <= kinship.between(one, other) == kinship.between(other, one) <= 1


@given(pedigrees())
def test_wrights_paths_give_what_the_recursion_gives(pedigree: Pedigree) -> None:
    kinship = Kinship(pedigree)

    for animal, (sire, dam) in pedigree.items():
        assert kinship.inbreeding(animal) == (by_paths(pedigree, sire, dam) if sire and dam else 0)


def test_a_full_pedigree_of_ten_generations_without_repeats_is_little_work() -> None:
    pedigree: Pedigree = {f"{number}": (f"{2 * number}", f"{2 * number + 1}") for number in range(1, 1024)}
    kinship = Kinship(pedigree)

    assert kinship.inbreeding("1") == 0
    assert len(kinship._known) < 10
