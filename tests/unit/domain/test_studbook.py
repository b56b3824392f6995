"""Whole populations by arrays: against exact fractions for any pedigree, and against figures worked by hand."""

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.kinship import Kinship, LineageCycleError, Pedigree
from reptidex.domain.studbook.book import Studbook
from reptidex.domain.studbook.diversity import diversity, kinships
from reptidex.domain.studbook.flow import Flow
from reptidex.domain.studbook.inbreeding import TooWideError, by_flow, by_table, inbreeding
from reptidex.domain.studbook.mates import rank_matings
from reptidex.domain.studbook.partial import partial_inbreeding
from tests.unit.domain.pedigrees import FERNANDO, MRODE, WRAY, inbred_founders, pedigrees

EIGHT = [str(number) for number in range(1, 9)]


@given(st.data())
@pytest.mark.parametrize("way", [by_table, by_flow])
def test_every_way_to_all_inbreeding_gives_the_exact_one(way: object, data: st.DataObject) -> None:
    pedigree = data.draw(pedigrees(24))
    founders = data.draw(inbred_founders(pedigree))
    book, exact = Studbook(pedigree), Kinship(pedigree, founders)
    found = way(book, book.figures({animal: float(f) for animal, f in founders.items()}))  # type: ignore[operator]

    assert found.tolist() == [float(exact.inbreeding(animal)) for animal in book.ids]


@given(pedigrees())
def test_gene_flow_gives_the_kinship_of_all_pairs(pedigree: Pedigree) -> None:
    book, exact = Studbook(pedigree), Kinship(pedigree)
    table = kinships(book, inbreeding(book), np.arange(len(book)))

    assert table.tolist() == [[float(exact.between(one, other)) for other in book.ids] for one in book.ids]


def test_a_pedigree_too_wide_for_the_table_is_reckoned_all_the_same() -> None:
    wide: Pedigree = {f"c{n}": (f"s{n}", f"d{n}") for n in range(200)} | {"o": ("c1", "c1x"), "c1x": ("s1", "d1")}
    book = Studbook(wide)

    with pytest.raises(TooWideError):
        by_table(book, np.zeros(len(book)), most_bytes=100_000)
    assert inbreeding(book)[book.place["o"]] == 0.25


def test_a_thousand_generations_of_half_siblings_are_reckoned() -> None:
    deep: dict[str, tuple[str | None, str | None]] = {f"{n}": (f"{n - 1}", f"d{n}") for n in range(1, 1001)}
    deep["o"] = ("1000", "999")
    book = Studbook(deep)

    assert inbreeding(book)[book.place["o"]] == 0.25


def test_an_animal_that_descends_from_itself_is_refused() -> None:
    with pytest.raises(LineageCycleError):
        Studbook({"a": ("b", None), "b": (None, "c"), "c": ("a", None)})


@pytest.mark.parametrize(
    ("pedigree", "group", "gene_diversity"), [(MRODE, EIGHT[:6], 0.741319444), (WRAY, EIGHT, 0.653076171875)]
)
def test_gene_diversity_is_that_of_the_worked_figures(
    pedigree: Pedigree, group: list[str], gene_diversity: float
) -> None:
    found = diversity(pedigree, group)

    assert found.gene_diversity == pytest.approx(gene_diversity)
    assert found.founder_genome_equivalents == pytest.approx(1 / (2 * (1 - gene_diversity)))


def test_mean_kinships_are_those_of_the_worked_figures() -> None:
    means = diversity(MRODE, EIGHT[:6]).mean_kinships

    assert list(means.values()) == pytest.approx([11 / 48, 19 / 96, 55 / 192, 43 / 192, 61 / 192, 19 / 64])


def test_founders_that_contribute_alike_are_all_effective() -> None:
    found = diversity({"a": ("s1", "d1"), "b": ("s2", "d2")}, ["a", "b"])

    assert (found.effective_founders, found.effective_ancestors) == (4.0, 2.0)
    assert found.explained == 1.0


def test_a_bottleneck_shows_in_the_effective_ancestors_alone() -> None:
    """Four founders, all of whose genes have gone through one sire and one dam (Boichard et al. 1997, their argument)."""
    pedigree = {"s": ("1", "2"), "d": ("3", "4")} | {f"y{n}": ("s", "d") for n in range(10)}
    found = diversity(pedigree, [f"y{n}" for n in range(10)])

    assert (found.effective_founders, found.effective_ancestors) == (4.0, 2.0)
    assert {one.animal_id for one in found.ancestors} == {"s", "d"}


def test_ancestors_beyond_the_bound_are_given_their_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reptidex.domain.studbook.diversity.MOST_ANCESTORS", 3)
    found = diversity({f"y{n}": (f"s{n}", f"d{n}") for n in range(8)}, [f"y{n}" for n in range(8)])

    assert (found.explained, found.effective_ancestors_least) == (3 / 8, 8.0) and found.effective_ancestors > 8


def test_an_unknown_parent_counts_as_a_founder_of_its_own() -> None:
    found = diversity({"a": ("s", None)}, ["a"])

    assert {one.animal_id: one.share for one in found.founders} == {"s": 0.5, "a/dam": 0.5}


@given(pedigrees())
def test_contributions_sum_to_one_and_bottlenecks_only_lose(pedigree: Pedigree) -> None:
    found = diversity(pedigree, sorted(pedigree)[-3:])

    assert sum(one.share for one in found.founders) == pytest.approx(1)
    assert found.explained == pytest.approx(1)
    assert found.effective_ancestors <= found.effective_founders + 1e-9
    assert found.effective_ancestors_least == pytest.approx(found.effective_ancestors)


@given(st.data())
def test_partial_inbreeding_sums_to_the_whole(data: st.DataObject) -> None:
    pedigree = data.draw(pedigrees())
    founders = data.draw(inbred_founders(pedigree))
    exact = Kinship(pedigree, founders)
    given = {animal: float(f) for animal, f in founders.items()}

    for animal, (sire, dam) in pedigree.items():
        if sire and dam:
            assert sum(partial_inbreeding(pedigree, animal, given).values()) == float(exact.inbreeding(animal))


def test_partial_inbreeding_names_the_founders() -> None:
    """Full siblings: a quarter, half of it by either founder; in Fernando & Grossman's animal 7 the sire 1 weighs more."""
    siblings = {"a": ("S", "D"), "b": ("S", "D"), "o": ("a", "b")}

    assert partial_inbreeding(siblings, "o") == {"D": 0.125, "S": 0.125}
    parts = partial_inbreeding(FERNANDO, "7")
    assert next(iter(parts)) == "1" and sum(parts.values()) == float(F(9, 32))


def test_a_founders_own_share_is_carried_down_whole() -> None:
    book = Studbook(WRAY)
    source = np.zeros(len(book))
    source[book.place["1"]] = 1.0

    assert Flow(book).down(source)[book.place["3"]] == 0.5


def test_mates_are_ranked_by_how_rare_their_genes_are() -> None:
    pedigree = {f"k{n}": ("S", "D") for n in range(4)}
    group = ["k0", "k1", "k2", "k3", "new"]
    found = rank_matings(pedigree, group, ["k0", "new"], ["k1", "k2"], limit=0.2)

    assert [(one.sire_id, one.dam_id) for one in found][:2] == [("new", "k1"), ("new", "k2")]
    assert (found[0].inbreeding, found[-1].inbreeding) == (0.0, 0.25)
    assert "no common ancestor is known" in found[0].reasons
    assert any("above the limit" in reason for reason in found[-1].reasons)
    assert found[0].diversity_change > found[-1].diversity_change


@given(st.data())
def test_what_a_mating_adds_is_what_the_group_has_after_it(data: st.DataObject) -> None:
    pedigree = data.draw(pedigrees())
    group = sorted(pedigree)
    [best, *_] = rank_matings(pedigree, group, group[:1], group[1:], strategy="kinship")
    before = diversity(pedigree, group).gene_diversity
    after = diversity({**pedigree, "young": (best.sire_id, best.dam_id)}, [*group, "young"]).gene_diversity

    assert best.diversity_change == pytest.approx(after - before)


def test_nobody_has_no_inbreeding() -> None:
    assert inbreeding(Studbook({})).tolist() == []
