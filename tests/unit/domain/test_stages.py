"""What is to be expected of a pairing, and what is unusual about a clutch."""

from datetime import date

import pytest

from reptidex.domain.breeding.stages import foretell, latest
from reptidex.domain.catalogue.biology import Span
from reptidex.domain.catalogue.shelf import find_species
from reptidex.domain.clutches import doubts, hatch_doubts
from reptidex.errors import InvalidError

BALL = next(find_species("Python regius"))
SKINK = next(find_species("Tiliqua scincoides"))
GARGOYLE = next(find_species("Gargoyle gecko"))
SLIDER = next(find_species("Red-eared slider"))
DAY = date(2026, 1, 1)


def _days(found: list[object]) -> dict[str, tuple[int, int, str]]:
    return {
        one.stage: ((one.earliest - DAY).days, (one.latest - DAY).days, one.since)  # type: ignore[attr-defined]
        for one in found
    }


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"mating": DAY}, {"laying": (100, 110, "mating"), "hatching": (155, 175, "mating")}),
        (
            {"mating": DAY, "ovulation": DAY},
            {
                "prelay_shed": (21, 22, "ovulation"),
                "laying": (49, 54, "ovulation"),
                "hatching": (104, 119, "ovulation"),
            },
        ),
        (
            {"ovulation": DAY, "prelay_shed": DAY},
            {"laying": (28, 32, "prelay_shed"), "hatching": (83, 97, "prelay_shed")},
        ),
        ({}, {}),
    ],
)
def test_the_surest_note_foretells_a_ball_pythons_season(seen: dict[str, date], expected: dict[str, object]) -> None:
    assert _days(list(foretell(BALL, seen))) == expected


def test_a_live_bearer_gives_birth_and_lays_nothing() -> None:
    assert _days(list(foretell(SKINK, {"ovulation": DAY, "mating": DAY}))) == {"birth": (90, 110, "ovulation")}


def test_a_boas_birth_is_reckoned_from_the_shed_once_it_is_seen() -> None:
    boa = next(find_species("Boa imperator"))

    assert _days(list(foretell(boa, {"ovulation": DAY}))) == {
        "prelay_shed": (14, 21, "ovulation"),
        "birth": (114, 141, "ovulation"),
    }
    assert _days(list(foretell(boa, {"ovulation": DAY, "prelay_shed": DAY}))) == {"birth": (100, 120, "prelay_shed")}


def test_without_a_sourced_figure_nothing_is_foretold() -> None:
    assert foretell(SLIDER, {"mating": DAY, "ovulation": DAY}) == []


def test_locks_and_copulations_are_matings_and_the_last_one_counts() -> None:
    notes = [("lock", date(2026, 1, 3)), ("copulation", date(2026, 2, 1)), ("refused", date(2026, 3, 1))]

    assert latest(notes) == {
        "lock": date(2026, 1, 3),
        "copulation": date(2026, 2, 1),
        "mating": date(2026, 2, 1),
        "refused": date(2026, 3, 1),
    }


def test_a_span_runs_forward() -> None:
    with pytest.raises(InvalidError):
        Span(days=(30, 20), source="nobody")


def test_an_unusual_clutch_is_doubted() -> None:
    sizes = doubts(BALL, 15, DAY, [])
    overlaps = doubts(GARGOYLE, 2, DAY, [date(2026, 1, 20), date(2025, 11, 1)])
    unknown = doubts(BALL, 6, DAY, [date(2026, 1, 6), date(2026, 1, 9)])

    assert [one.rule for one in sizes] == ["clutch.size"] and "14" in sizes[0].text
    assert [(one.rule, "19 days" in one.text) for one in overlaps] == [("clutch.overlap", True)]
    assert [one.text[:37] for one in unknown] == ["the same dam has a clutch of 2026-01-"]


def test_hatching_outside_the_due_days_is_doubted() -> None:
    window = (date(2026, 4, 25), date(2026, 5, 5))

    assert hatch_doubts(date(2026, 5, 1), window) == [] == hatch_doubts(DAY, None)
    assert "5 days before" in hatch_doubts(date(2026, 4, 20), window)[0].text
    assert "2 days after" in hatch_doubts(date(2026, 5, 7), window)[0].text
