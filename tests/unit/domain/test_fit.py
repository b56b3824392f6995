"""What hatched beside what was foretold: the chi-square test, its exact form, and its words."""

from fractions import Fraction
from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.breeding.classes import UNCERTAIN, seen, spread
from reptidex.domain.breeding.fit import fit, together, upper_tail
from reptidex.domain.catalogue.shelf import find_species
from reptidex.domain.genetics.cross import predict

QUARTERS = {"visual": Fraction(1, 4), "normal": Fraction(3, 4)}
BALL = next(find_species("Python regius"))


@pytest.mark.parametrize(
    ("statistic", "degrees"),
    # The 5 % points of the chi-square distribution (any table of it; NIST/SEMATECH handbook, 1.3.6.7.4).
    [(3.841459, 1), (5.991465, 2), (7.814728, 3), (9.487729, 4), (11.070498, 5), (18.307038, 10), (19.675138, 11)],
)
def test_the_tail_is_that_of_the_tables(statistic: float, degrees: int) -> None:
    assert upper_tail(statistic, degrees) == pytest.approx(0.05, abs=1e-7)


def test_mendels_peas_fit_nine_to_three_to_three_to_one() -> None:
    """Mendel 1866, round and wrinkled, yellow and green: 315, 101, 108, 32; X² = 0.470, p = 0.925 (Fisher 1936)."""
    shares = {name: Fraction(part, 16) for name, part in (("ry", 9), ("wy", 3), ("rg", 3), ("wg", 1))}
    found = fit({"ry": 315, "wy": 101, "rg": 108, "wg": 32}, shares)

    assert (found.method, found.degrees) == ("chi-square", 3)
    assert found.statistic == pytest.approx(0.470, abs=5e-4)
    assert found.p_value == pytest.approx(0.925, abs=5e-4)


def test_a_small_clutch_is_tested_exactly() -> None:
    found = fit({"visual": 4}, QUARTERS)

    assert (found.method, found.statistic, found.p_value) == ("exact", 12.0, float(Fraction(1, 256)))
    assert [(row.label, row.observed, row.expected) for row in found.rows] == [
        ("visual", 4, Fraction(1)),
        ("normal", 0, Fraction(3)),
    ]


def test_what_could_not_come_is_called_impossible() -> None:
    found = fit({"visual": 1}, {"normal": Fraction(1)})

    assert (found.method, found.p_value, found.statistic) == ("impossible", 0.0, None)
    assert together([found, fit({"visual": 1}, QUARTERS)]).method == "impossible"


def test_without_choice_or_young_there_is_nothing_to_test() -> None:
    assert fit({"normal": 6}, {"normal": Fraction(1)}).method == "none"
    assert fit({}, QUARTERS).p_value is None


def test_small_classes_are_pooled_until_five_are_expected() -> None:
    shares = {str(place): Fraction(1, 64) for place in range(16)} | {"rest": Fraction(3, 4)}
    found = fit({"0": 30, "rest": 70}, shares)

    assert found.method == "chi-square" and found.degrees == 1
    assert set(found.pooled) == set(shares) - {"rest"}


def test_independent_tests_add_up() -> None:
    one = fit({"visual": 300, "normal": 900}, {"visual": Fraction(1, 4), "normal": Fraction(3, 4)})
    two = fit({"visual": 400, "normal": 800}, {"visual": Fraction(1, 4), "normal": Fraction(3, 4)})
    both = together([one, two, fit({}, QUARTERS)])

    assert both.statistic == pytest.approx((one.statistic or 0) + (two.statistic or 0))
    assert (both.degrees, both.observed) == (2, 2400)
    assert both.p_value == pytest.approx(upper_tail(both.statistic or 0, 2))


@given(st.lists(st.integers(0, 2), min_size=2, max_size=3), st.lists(st.integers(1, 5), min_size=3, max_size=3))
def test_the_exact_p_value_is_the_sum_over_all_ways(counts: list[int], weights: list[int]) -> None:
    parts = weights[: len(counts)]
    shares = {str(place): Fraction(part, sum(parts)) for place, part in enumerate(parts)}
    found = fit({str(place): count for place, count in enumerate(counts)}, shares)
    total, names = sum(counts), list(shares)

    def departure(tally: dict[str, int]) -> Fraction:
        return sum(((tally.get(name, 0) - total * shares[name]) ** 2 / shares[name] for name in names), Fraction(0))

    reached = departure({str(place): count for place, count in enumerate(counts)})
    chance = Fraction(0)
    for young in product(names, repeat=total):
        if departure({name: young.count(name) for name in names}) >= reached:
            chance += prod((shares[name] for name in young), start=Fraction(1))

    assert found.p_value == (None if total == 0 else pytest.approx(float(chance)))


def test_looks_and_hatchlings_are_named_alike() -> None:
    het = {"albino": {("albino", "+"): Fraction(1)}}
    pastel = {"albino": {("albino", "+"): Fraction(1)}, "pastel": {("pastel", "+"): Fraction(1)}}
    looks = spread(BALL.by_locus, predict(BALL.by_locus, het, pastel))

    assert looks.shares == {
        "Normal": Fraction(3, 8),
        "Pastel": Fraction(3, 8),
        "Albino": Fraction(1, 8),
        "Albino Pastel": Fraction(1, 8),
    }
    assert seen(BALL.by_locus, looks.loci, {"pastel": {("pastel", "+"): Fraction(1)}}) == "Pastel"
    assert seen(BALL.by_locus, looks.loci, {}) == "Normal"


def test_a_hatchling_whose_record_allows_two_looks_is_not_counted() -> None:
    doubtful = {"pastel": {("pastel", "+"): Fraction(1, 2), ("+", "+"): Fraction(1, 2)}}
    possible = {"albino": {("albino", "+"): Fraction(2, 3), ("+", "+"): Fraction(1, 3)}}

    assert seen(BALL.by_locus, ("pastel",), doubtful) == UNCERTAIN
    assert seen(BALL.by_locus, ("albino",), possible) == "Normal"
