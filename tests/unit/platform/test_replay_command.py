"""What a person sees of a replay."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from reptidex.agents.engine.replay.origin import Origin
from reptidex.agents.engine.replay.telling import Report
from reptidex.platform.replay_command import Shown, find, say
from reptidex.tables.comparing import Comparison, Difference
from reptidex.tables.projection import ReplayError


def report(**changes: object) -> Report:
    facts = {
        "projection": "ops.audit",
        "generation": 2,
        "outcome": "switched",
        "origin": "earliest",
        "resumed": False,
        "cut": False,
        "events": 3000,
        "seconds": 1.5,
        "standstill_ms": 12.0,
        "rows": {"audit_records": 3000},
    }
    return Report(**(facts | changes))  # type: ignore[arg-type]


def said(shown: Report) -> str:
    console = Console(file=io.StringIO(), width=200)
    say(shown, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_switch_is_told_with_its_figures() -> None:
    text = said(report())

    assert "ops.audit: 3,000 events from earliest in 1.5 s (2,000/s)" in text
    assert "generation 2 is live; commits stood still for 12 ms" in text


def test_differences_are_shown_with_both_values_and_what_to_do() -> None:
    difference = Difference(table="audit_records", key="e1", kind="differs", columns={"actor": ("user:1", "user:2")})
    comparison = Comparison(rows=3000, differing=1, examples=[difference])
    text = said(report(outcome="differs", comparison=comparison))

    assert "audit_records e1: differs" in text
    assert "actor: live 'user:1', rebuilt 'user:2'" in text
    assert "`reptidex replay ops.audit` puts the rebuilt rows in the place of the live ones" in text


def test_a_terminal_sees_a_bar_with_the_count_and_the_time_left() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with Shown(console) as shown:
        shown.phase("building", 4000)
        shown.step(1000)
        shown.note("a line")
    text = console.file.getvalue()  # type: ignore[attr-defined]

    assert "building" in text
    assert "1000/4000" in text
    assert "a line" in text


def test_an_unknown_projection_is_refused_with_a_hint() -> None:
    with pytest.raises(ReplayError, match="no projection is called"):
        find("ops.nothing")


def test_an_origin_is_earliest_a_time_or_a_file(tmp_path: Path) -> None:
    place = tmp_path / "offsets.json"
    place.write_text('{"animal.created": {"0": 5}}')

    assert Origin.of("earliest").time is None
    assert Origin.of("2026-01-31T12:00:00Z").time == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert Origin.of("2026-01-31T12:00").time == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert Origin.of(str(place)).offsets == {"animal.created": {0: 5}}


@pytest.mark.parametrize("text", ["yesterday", "", "12"])
def test_an_origin_that_is_none_of_these_is_refused(text: str) -> None:
    with pytest.raises(ReplayError, match="neither `earliest`, nor a time"):
        Origin.of(text)


def test_a_file_without_offsets_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "offsets.json"
    place.write_text("[]")

    with pytest.raises(ReplayError, match="holds no offsets"):
        Origin.of(str(place))
