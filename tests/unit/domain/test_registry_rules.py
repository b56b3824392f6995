"""Templates of codes, microchips, growth, and what CITES wants recorded."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.catalogue.shelf import find_species
from reptidex.domain.codes import is_code
from reptidex.domain.registry.growth import Weighed, growth
from reptidex.domain.registry.marks import checked_mark
from reptidex.domain.registry.origins import check_source
from reptidex.domain.registry.templates import Facts, checked, scope_of
from reptidex.errors import InvalidError

TODAY = date(2026, 6, 1)
BALL = next(find_species("Python regius"))


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{species}-{year}-{seq:04}", "PR-2022-0007"),
        ("{prefix}-{seq:04}", "KIWI-0007"),
        ("{Species}{yy}{month}{sex}-{seq}", "PR2205M-7"),
        ("a-{SEQ:3}", "A-007"),
    ],
)
def test_a_template_writes_what_its_words_say(template: str, code: str) -> None:
    facts = Facts(species="PR", born_on=date(2022, 5, 1), sex="male")

    assert scope_of(checked(template), facts, prefix="KIWI", today=TODAY).code(7) == code


@pytest.mark.parametrize(
    "template",
    [
        "KIWI",
        "{seq}-{seq}",
        "{colour}-{seq}",
        "{seq:4d}",
        "{year:04}-{seq}",
        "{}-{seq}",
        "{seq",
        "Ü-{seq}",
        "-{seq}",
        "X" * 30 + "{seq}",
    ],
)
def test_a_template_that_would_make_no_codes_is_refused(template: str) -> None:
    with pytest.raises(InvalidError) as refused:
        checked(template)

    assert refused.value.pointer == "/template"


@given(st.text(alphabet="{}seqyarpfix:04-AZ09 ", max_size=40), st.integers(1, 999_999))
def test_whatever_template_is_taken_makes_codes(text: str, number: int) -> None:
    try:
        template = checked(text)
    except InvalidError:
        return

    assert is_code(scope_of(template, Facts(species="XXX"), prefix="ABCDE", today=TODAY).code(number))


@pytest.mark.parametrize(
    ("written", "stored"),
    [("985 141 000 123 456", "985141000123456"), ("276-098-100-000-001", "276098100000001")],
)
def test_an_iso_chip_is_stored_as_fifteen_digits(written: str, stored: str) -> None:
    assert checked_mark("microchip", written) == stored


@pytest.mark.parametrize(
    "number", ["98514100012345", "000141000123456", "999000000000001", "985999999999999", "98514100012345X", " "]
)
def test_what_is_no_iso_chip_is_refused(number: str) -> None:
    with pytest.raises(InvalidError):
        checked_mark("microchip", number)


def test_a_chip_of_another_standard_is_taken_when_it_is_said() -> None:
    assert checked_mark("microchip", "012*345".replace("*", "") + "678", "other") == "012345678"
    with pytest.raises(InvalidError):
        checked_mark("microchip", "12", "other")


def test_growth_says_pace_and_loss() -> None:
    said = growth([Weighed(on_day=date(2026, 3, 1), grams=90), Weighed(on_day=date(2026, 1, 1), grams=100)])

    assert [step.grams for step in said.steps] == [100, 90]
    assert said.steps[1].change_grams == -10 and said.steps[1].change_share == -0.1 and said.steps[1].days == 59
    assert said.loss_from_heaviest == 0.1 and said.worrying
    assert said.change_30_days == pytest.approx(-10 * 30 / 59, abs=0.001) and said.change_90_days is None


def test_growth_of_nothing_and_of_two_weights_on_one_day() -> None:
    assert growth([]).latest is None
    same = growth([Weighed(on_day=TODAY, grams=5), Weighed(on_day=TODAY, grams=6)])
    assert same.grams_per_day is None and same.steps[1].grams_per_day is None
    assert growth([Weighed(on_day=date.min, grams=5)]).change_30_days is None


@given(st.lists(st.tuples(st.integers(0, 900), st.floats(0.5, 9000)), max_size=30))
def test_growth_never_fails(series: list[tuple[int, float]]) -> None:
    said = growth([Weighed(on_day=TODAY + timedelta(days=day), grams=grams) for day, grams in series])

    assert len(said.steps) == len(series)
    assert said.heaviest is None or said.heaviest.grams == max(grams for _, grams in series)


@pytest.mark.parametrize(
    ("how", "source", "result"),
    [("bred", "C", []), ("bred", None, ["cites_source"]), ("bred", "D", ["cites_source"]), ("wild_caught", "W", [])],
)
def test_an_origin_goes_with_its_source_code(how: str, source: str | None, result: list[str]) -> None:
    listed: Any = BALL
    assert listed.cites is not None and listed.cites.appendix == "II"
    assert [remark.rule for remark in check_source("acquired", how, source, listed)] == result


@pytest.mark.parametrize(("how", "source"), [("wild_caught", "C"), ("wild_caught", "F"), ("bred", "W"), ("bred", "A")])
def test_an_origin_that_contradicts_its_source_code_is_refused(how: str, source: str) -> None:
    with pytest.raises(InvalidError):
        check_source("acquired", how, source, BALL)
