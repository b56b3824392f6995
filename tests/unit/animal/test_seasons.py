"""A breeding season and its pairings as they go on."""

from datetime import date
from typing import Any

import pytest

from reptidex.agents.animal.meetings import PairingStateError
from reptidex.agents.animal.seasons import SeasonTakenError, SeasonUsedError
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal import breeding, breeding_notes, outcomes, seasons
from reptidex.streams.animal import (
    BreedingPaired,
)
from reptidex.streams.commands.animal_breeding import (
    ChangePairing,
    ChangeSeason,
    NotePairing,
    RemoveSeason,
)
from reptidex.tables.animal.breeding import Pairing, Season
from tests.unit.animal.asking import Asker, plain
from tests.unit.animal.breeding_world import clutch, note, pairing, season


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def test_a_season_takes_in_the_pairings_that_named_it_before(keepers: Any) -> None:
    early = await pairing(keepers)
    opened = await season(keepers)
    late = await pairing(keepers, season="", season_id=opened)
    await keepers.harness.handle(ChangeSeason(season_id=opened, vivarium_id=keepers.sam, name="Spring 2026"))
    rows = [await keepers.harness.get(Pairing, one) for one in (early, late)]

    assert [(row.season_id, row.season) for row in rows] == [(opened, "Spring 2026")] * 2


async def test_a_seasons_name_is_its_own_and_its_days_run_forward(keepers: Any) -> None:
    opened = await season(keepers)
    with pytest.raises(SeasonTakenError):
        await season(keepers)
    with pytest.raises(InvalidError):
        await season(keepers, "back", until_on=date(2025, 1, 1))
    with pytest.raises(NotFoundError):
        await keepers.harness.handle(ChangeSeason(season_id=opened, vivarium_id=keepers.bea, name="mine"))
    await pairing(keepers)
    with pytest.raises(SeasonUsedError):
        await keepers.harness.handle(RemoveSeason(season_id=opened, vivarium_id=keepers.sam))
    assert await keepers.harness.get(Season, opened) is not None


async def test_a_plan_is_told_when_the_animals_meet(keepers: Any) -> None:
    before = len(keepers.harness.events)
    planned = await pairing(keepers, planned=True, paired_on=date(2026, 11, 1))
    quiet = [each.data for each in keepers.harness.events[before:] if isinstance(each.data, BreedingPaired)]
    [told] = await note(keepers, planned, "introduced", date(2026, 5, 30))
    row = await keepers.harness.get(Pairing, planned)

    assert quiet == []
    assert isinstance(told, BreedingPaired) and told.paired_on == date(2026, 5, 30)
    assert (row.status, row.paired_on) == ("active", date(2026, 5, 30))
    with pytest.raises(InvalidError):
        await pairing(keepers, paired_on=date(2026, 11, 1))


async def test_a_pairing_goes_on_only_in_ways_that_make_sense(keepers: Any) -> None:
    one = await pairing(keepers)
    await clutch(keepers, one)

    async def change(status: Any) -> None:
        await keepers.harness.handle(ChangePairing(pairing_id=one, vivarium_id=keepers.sam, status=status))

    with pytest.raises(PairingStateError, match="clutch"):
        await change("cancelled")
    with pytest.raises(PairingStateError):
        await change("planned")
    await change("ended")
    row = await keepers.harness.get(Pairing, one)
    assert (row.status, row.ended_on) == ("ended", date(2026, 6, 1))


async def test_notes_foretell_until_the_clutch_is_laid(keepers: Any, ask: Asker) -> None:
    one = await pairing(keepers)
    await note(keepers, one, "lock", date(2026, 1, 10))
    await note(keepers, one, "ovulation", date(2026, 2, 1))
    expected = plain((await ask(breeding.get_pairing, keepers.sam, pairing_id=one)).expected)
    await clutch(keepers, one, laid_on=date(2026, 3, 25))
    spent = (await ask(breeding.get_pairing, keepers.sam, pairing_id=one)).expected

    assert [(each["stage"], str(each["earliest"]), str(each["latest"])) for each in expected] == [
        ("prelay_shed", "2026-02-22", "2026-02-23"),
        ("laying", "2026-03-22", "2026-03-27"),
        ("hatching", "2026-05-16", "2026-05-31"),
    ]
    assert all(each["source"] for each in expected) and spent == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"on_day": date(2026, 6, 2)},
        {"sire_id": "99999999-0000-7000-8000-000000000000"},
    ],
)
async def test_what_cannot_have_been_seen_is_refused(keepers: Any, wrong: dict[str, Any]) -> None:
    one = await pairing(keepers)
    values: dict[str, Any] = {"kind": "lock", "on_day": date(2026, 1, 1)} | wrong

    with pytest.raises(InvalidError):
        await keepers.harness.handle(
            NotePairing(note_id=keepers.id(), pairing_id=one, vivarium_id=keepers.sam, **values)
        )


async def test_anothers_season_pairing_and_clutch_are_answered_like_absent_ones(keepers: Any, ask: Asker) -> None:
    opened, one = await season(keepers), await pairing(keepers)
    laid = await clutch(keepers, one)
    note_body = breeding_notes.NewNote(kind="lock", on_day=date(2026, 1, 1))

    for view, path, body in (
        (seasons.season_summary, {"season_id": opened}, None),
        (outcomes.season_outcomes, {"season_id": opened}, None),
        (outcomes.pairing_outcomes, {"pairing_id": one}, None),
        (outcomes.clutch_outcomes, {"clutch_id": laid}, None),
        (breeding_notes.note_pairing, {"pairing_id": one}, note_body),
        (
            breeding_notes.candle_clutch,
            {"clutch_id": laid},
            breeding_notes.NewCandling(on_day=date(2026, 3, 2), good=1),
        ),
    ):
        with pytest.raises(NotFoundError):
            await ask(view, keepers.bea, body=body, **path)
