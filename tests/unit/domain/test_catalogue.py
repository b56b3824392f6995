"""The shipped catalogue of species, and the small rules about codes, clutches and sight."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.catalogue.shelf import find_species, morphs, need_species, species
from reptidex.domain.clutches import Counts, check_counts, due, hatch_rate
from reptidex.domain.codes import is_code, prefix_of
from reptidex.domain.registry.templates import DEFAULT, Facts, scope_of
from reptidex.domain.visibility import has_page, shows_name, sight
from reptidex.errors import InvalidError, NotFoundError


def test_the_catalogue_holds_several_species_with_sourced_morphs() -> None:
    assert len(species()) >= 3
    assert len(morphs()) >= 12
    assert all(morph.sources for morph in morphs().values())
    assert all(locus.sources for entry in species().values() for locus in entry.loci)


def test_no_two_species_share_a_code_or_slug() -> None:
    assert len({entry.code for entry in species().values()}) == len(species())
    assert len({entry.slug for entry in species().values()}) == len(species())


def test_a_morph_tells_what_it_does_to_its_bearer() -> None:
    spider = next(morph for morph in morphs().values() if morph.name == "Spider")
    owner = next(entry for entry in species().values() if spider in entry.morphs)

    assert [hazard.severity for _, hazard in owner.welfare(spider)] == ["welfare"]


def test_a_species_is_found_by_any_of_its_names() -> None:
    assert [entry.slug for entry in find_species("royal")] == ["python-regius"]
    with pytest.raises(NotFoundError):
        need_species("nowhere")


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("Kiwi Reptiles", "KIWI"),
        ("Geckoland", "GECKO"),
        ("J. R. Smith", "JRSMI"),
        ("Ünal", "UNAL"),
        ("蛇", "RX"),
        ("", "RX"),
    ],
)
def test_a_prefix_is_made_of_a_name(name: str, prefix: str) -> None:
    assert prefix_of(name) == prefix


@given(st.text(), st.integers(1, 10**6))
def test_every_code_that_is_made_is_a_code(name: str, number: int) -> None:
    assert is_code(scope_of(DEFAULT, Facts(), prefix=prefix_of(name), today=date(2026, 6, 1)).code(number))


def test_a_clutch_is_due_by_the_species_incubation_time() -> None:
    assert due(date(2026, 3, 1), (55, 65)) == (date(2026, 4, 25), date(2026, 5, 5))
    assert due(date(2026, 3, 1), None) is None


def test_more_eggs_than_were_laid_are_refused() -> None:
    check_counts(Counts(laid=7, fertile=5, slugs=2))
    with pytest.raises(InvalidError):
        check_counts(Counts(laid=7, fertile=6, slugs=2))


def test_what_hatches_or_dies_was_fertile() -> None:
    assert check_counts(Counts(laid=7, slugs=1, hatched=4, dead_in_egg=1)).fertile == 5
    with pytest.raises(InvalidError, match="counted"):
        check_counts(Counts(laid=7, fertile=4, fertile_counted=True, hatched=4, dead_in_egg=1))


def test_a_hatch_rate_needs_fertile_eggs() -> None:
    assert hatch_rate(3, 4) == 3 / 4
    assert hatch_rate(0, 0) is None


@pytest.mark.parametrize(
    ("visibility", "viewer", "page", "named"),
    [
        ("private", "owner", True, True),
        ("private", "other", False, False),
        ("lineage", "other", False, True),
        ("public", "other", True, True),
        ("public", "", True, True),
        ("private", "", False, False),
    ],
)
def test_sight_follows_visibility_and_ownership(visibility: str, viewer: str, page: bool, named: bool) -> None:
    seen = sight(visibility, "owner", viewer)

    assert (has_page(seen), shows_name(seen)) == (page, named)
