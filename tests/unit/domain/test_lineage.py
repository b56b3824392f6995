"""The rules about parents, each with a case that it must refuse."""

from datetime import date
from fractions import Fraction as F

import pytest
from msgspec.structs import replace

from reptidex.domain.ancestry import Ancestry
from reptidex.domain.catalogue.shelf import species
from reptidex.domain.genetics.reading import read
from reptidex.domain.lineage import Known, Laid, ParentsRefusedError, Relative, generations, judge, line, refuse_errors
from reptidex.domain.pedigree import chart, standing

BALL = next(entry for entry in species().values() if entry.slug == "python-regius")
CORN = next(entry for entry in species().values() if entry.slug == "pantherophis-guttatus")


def animal(name: str, sex: str, born: str | None = "2020-06-01", **more: object) -> Relative:
    values = {"animal_id": name, "species_id": BALL.species_id, "sex": sex, "vivarium_id": "A"}
    return Relative(**(values | {"born_on": date.fromisoformat(born) if born else None} | more))  # type: ignore[arg-type]


CHILD = animal("child", "unknown", "2024-07-01")
SIRE, DAM = animal("sire", "male"), animal("dam", "female")


def rules(child: Relative, sire: Relative | None, dam: Relative | None, ancestry: object = None) -> set[str]:
    remarks = judge(child, sire, dam, BALL, ancestry or {})  # type: ignore[arg-type]
    return {remark.rule for remark in remarks}


def test_fit_parents_draw_no_remark() -> None:
    assert rules(CHILD, SIRE, DAM) == set()


@pytest.mark.parametrize(
    ("child", "sire", "dam", "rule"),
    [
        (CHILD, animal("sire", "female"), DAM, "sex"),
        (CHILD, SIRE, animal("dam", "male"), "sex"),
        (CHILD, animal("child", "male"), DAM, "self_parent"),
        (CHILD, animal("sire", "male", "2024-06-15"), DAM, "age"),
        (CHILD, animal("sire", "male", "2025-01-01"), DAM, "age"),
        (CHILD, animal("sire", "male", species_id=CORN.species_id), DAM, "species"),
        (CHILD, animal("both", "unknown"), animal("both", "unknown"), "same_parent"),
    ],
)
def test_impossible_parents_are_refused(child: Relative, sire: Relative, dam: Relative, rule: str) -> None:
    with pytest.raises(ParentsRefusedError) as refusal:
        refuse_errors(judge(child, sire, dam, BALL, {}))

    assert rule in {remark.rule for remark in refusal.value.remarks}


def test_a_circle_is_found_forty_generations_up() -> None:
    ancestry: dict[str, tuple[str | None, str | None]] = {"sire": ("a0", None)}
    ancestry |= {f"a{n}": (f"a{n + 1}", None) for n in range(39)} | {"a39": ("child", None)}
    remarks = judge(CHILD, SIRE, DAM, BALL, ancestry)

    assert [remark.rule for remark in remarks] == ["cycle"]
    assert remarks[0].animal_ids[0] == "sire" and remarks[0].animal_ids[-1] == "child"


def test_births_known_only_by_year_are_given_the_benefit_of_the_doubt() -> None:
    child = animal("child", "unknown", "2024-01-01", birth_precision="year")

    assert "age" not in rules(child, animal("sire", "male", "2024-03-01"), DAM)
    assert "age" in rules(child, animal("sire", "male", "2024-12-01"), DAM)


@pytest.mark.parametrize(
    ("sire", "dam", "ancestry", "rule"),
    [
        (animal("sire", "unknown"), DAM, {}, "sex_unknown"),
        (animal("sire", "male", None), DAM, {}, "birth_unknown"),
        (animal("sire", "male", placeholder=True), animal("dam", "female", placeholder=True), {}, "placeholders"),
        (SIRE, DAM, {"sire": ("s", "d"), "dam": ("s", "d")}, "inbreeding"),
    ],
)
def test_doubtful_parents_are_named_and_let_pass(
    sire: Relative, dam: Relative, ancestry: dict[str, tuple[str, str]], rule: str
) -> None:
    assert rule in rules(CHILD, sire, dam, ancestry)
    assert refuse_errors(judge(CHILD, sire, dam, BALL, ancestry))


OLD = "2010-06-01"


@pytest.mark.parametrize(
    ("sire", "dam", "known", "rule"),
    [
        (animal("sire", "male", OLD, died_on=date(2016, 1, 1)), DAM, Known(), "dead"),
        (SIRE, animal("dam", "female", OLD, died_on=date(2024, 4, 1)), Known(), "dead"),
        (animal("sire", "male", species_id=CORN.species_id), DAM, Known(), "species"),
        (SIRE, DAM, Known(clutch=Laid(dam_id="another")), "slot"),
        (SIRE, DAM, Known(tested=("another", None)), "slot"),
    ],
)
def test_what_the_records_rule_out_is_refused(sire: Relative, dam: Relative, known: Known, rule: str) -> None:
    errors = [one for one in judge(CHILD, sire, dam, BALL, {}, known) if one.severity == "error"]

    assert [one.rule for one in errors] == [rule]


@pytest.mark.parametrize(
    ("sire", "dam", "known", "rule"),
    [
        (animal("sire", "male", OLD, died_on=date(2023, 1, 1)), DAM, Known(), "stored_sperm"),
        (animal("sire", "male", species_id=CORN.species_id), DAM, Known(hybrid=True), "hybrid"),
        (SIRE, DAM, Known(clutch=Laid(dam_id="dam", sire_ids=("another",))), "clutch_sire"),
        (SIRE, DAM, Known(clutch=Laid(dam_id="dam", eggs=40)), "clutch_size"),
        (SIRE, DAM, Known(inbreeding=0.1, limit=0.05), "inbreeding"),
    ],
)
def test_what_the_records_make_unlikely_is_said(sire: Relative, dam: Relative, known: Known, rule: str) -> None:
    remarks = refuse_errors(judge(CHILD, sire, dam, replace(BALL, sperm_storage_days=1000), {}, known))

    assert rule in {one.rule for one in remarks}


def test_sperm_is_stored_only_as_long_as_the_species_stores_it() -> None:
    sire = animal("sire", "male", OLD, died_on=date(2023, 1, 1))
    short = replace(BALL, sperm_storage_days=90)

    assert [one.rule for one in judge(CHILD, sire, DAM, short, {})] == ["dead"]
    alive_at_laying = animal("dam", "female", OLD, died_on=date(2024, 5, 1))
    assert not judge(CHILD, SIRE, alive_at_laying, short, {})


def test_a_visual_recessive_from_two_non_carriers_is_doubted() -> None:
    albino = read(BALL.locus("albino"), ("albino", "albino"))
    child = animal("child", "unknown", "2024-07-01", genotype={"albino": albino})

    assert "genotype" in rules(child, SIRE, DAM)


@pytest.mark.parametrize(
    ("parent", "child", "rule"),
    [
        (("+", "+"), ("albino", "albino"), {"genotype"}),
        (("albino", "albino"), ("+", "+"), {"genotype"}),
        (("albino", "+"), ("albino", "albino"), set()),
        (("+", "+"), ("albino", "+"), set()),
    ],
)
def test_laboratories_exclude_a_parent(parent: tuple[str, str], child: tuple[str, str], rule: set[str]) -> None:
    def tested(name: str, sex: str, pair: tuple[str, str], born: str) -> Relative:
        genotype = {"albino": read(BALL.locus("albino"), pair)}
        return animal(name, sex, born, genotype=genotype, tested=frozenset(["albino"]))

    young = tested("child", "unknown", child, "2024-07-01")
    remarks = judge(young, tested("sire", "male", parent, "2020-06-01"), None, BALL, {})

    assert {one.rule for one in remarks if one.severity == "error"} == rule


def test_a_line_of_descent_is_named_from_young_to_old() -> None:
    assert line({"a": ("b", "c"), "c": ("d", None)}, "a", "d") == ("a", "c", "d")
    assert generations({"a": ("b", "c"), "c": ("d", None)}, "a") == 2


def test_a_chart_keeps_an_ancestor_in_every_place_that_it_fills() -> None:
    slots = chart({"o": ("s", "d"), "s": ("g", None), "d": ("g", "h")}, "o", 2)

    assert [slot.animal for slot in slots] == ["o", "s", "d", "g", None, "g", "h"]


def test_a_pedigree_says_how_much_of_it_is_known() -> None:
    said = standing(Ancestry({"o": ("s", "d"), "s": ("g", None), "d": ("g", "h")}), "o", 2)

    assert said.completeness == (F(1), F(3, 4))
    assert (said.ancestors, said.distinct) == (5, 4)
    assert (said.inbreeding.exact, said.loss) == (F(1, 8), F(1, 5))
    assert said.index == F(6, 7)


def test_one_unknown_parent_makes_the_completeness_index_nothing() -> None:
    assert standing(Ancestry({"o": ("s", None), "s": ("g", "h")}), "o", 3).index == 0


@pytest.mark.parametrize("role", ["sire", "dam"])
def test_the_first_day_that_a_date_can_say_is_a_birth_like_any_other(role: str) -> None:
    child = animal("child", "unknown", "0001-01-01")
    sire = animal("sire", "male", None, died_on=date(2016, 1, 1) if role == "sire" else None)
    dam = animal("dam", "female", None, died_on=date(2016, 1, 1) if role == "dam" else None)

    assert "dead" not in rules(child, sire, dam)
