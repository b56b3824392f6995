"""A breeding season: its pairings as they go on, its eggs while they lie, its figures and its calendar."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest

from reptidex.agents.animal.meetings import PairingStateError
from reptidex.agents.animal.seasons import SeasonTakenError, SeasonUsedError
from reptidex.domain.catalogue.shelf import find_species
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal import breeding, breeding_notes, calendar, outcomes, seasons
from reptidex.streams.animal import (
    BreedingClutchCreated,
    BreedingClutchHatched,
    BreedingClutchUpdated,
    BreedingPaired,
    GeneticsTraitProven,
)
from reptidex.streams.commands.animal import (
    Done,
    Hatchling,
    PairAnimals,
    RecordClutch,
    RegisterHatchlings,
    ResolveSire,
    UpdateClutch,
)
from reptidex.streams.commands.animal_breeding import (
    CandleClutch,
    ChangePairing,
    ChangeSeason,
    IncubateClutch,
    NotePairing,
    OpenSeason,
    RemoveSeason,
)
from reptidex.streams.values import Gene
from reptidex.tables.animal.breeding import CalendarFeed, Clutch, Pairing, Season
from tests.unit.animal.asking import Asker, plain

HET = (Gene(locus="albino", alleles=("albino", "+"), evidence="offspring"),)
VISUAL = (Gene(locus="albino", alleles=("albino", "albino")),)
SKINK = next(find_species("Tiliqua scincoides")).species_id


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def season(keepers: Any, name: str = "2026", **more: Any) -> str:
    values = {"from_on": date(2025, 10, 1), "until_on": date(2026, 9, 30)} | more
    command = OpenSeason(season_id=keepers.id(), vivarium_id=keepers.sam, name=name, **values)
    made: Done = await keepers.harness.ask(command, Done)
    return made.id


async def pairing(keepers: Any, genes: Any = (), **more: Any) -> str:
    dam = await keepers.animal("female", genotype=genes)
    sire = await keepers.animal("male", genotype=genes)
    values: dict[str, Any] = {"season": "2026", "paired_on": date(2025, 11, 1)} | more
    command = PairAnimals(
        pairing_id=keepers.id(), vivarium_id=keepers.sam, dam_id=dam, candidate_sire_ids=(sire,), **values
    )
    made: Done = await keepers.harness.ask(command, Done)
    return made.id


async def note(keepers: Any, pairing_id: str, kind: Any, day: date) -> list[Any]:
    command = NotePairing(note_id=keepers.id(), pairing_id=pairing_id, vivarium_id=keepers.sam, kind=kind, on_day=day)
    events: list[Any] = await keepers.harness.handle(command)
    return events


async def clutch(keepers: Any, pairing_id: str, laid: int = 6, **more: Any) -> str:
    row = await keepers.harness.get(Pairing, pairing_id)
    values = {"laid_on": date(2026, 3, 1)} | more
    command = RecordClutch(
        clutch_id=keepers.id(),
        vivarium_id=keepers.sam,
        dam_id=row.dam_id,
        pairing_id=pairing_id,
        laid=laid,
        **values,
    )
    made: Done = await keepers.harness.ask(command, Done)
    return made.id


def hatch(keepers: Any, clutch_id: str, *genes: Any, **more: Any) -> RegisterHatchlings:
    young = tuple(Hatchling(animal_id=keepers.id(), genotype=each) for each in genes)
    values = {"hatched_on": date(2026, 4, 28)} | more
    return RegisterHatchlings(clutch_id=clutch_id, vivarium_id=keepers.sam, hatchlings=young, **values)


async def row_of(keepers: Any, clutch_id: str) -> Clutch:
    row: Clutch = await keepers.harness.get(Clutch, clutch_id)
    return row


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


async def test_a_clutch_is_laid_after_its_pairing_began(keepers: Any) -> None:
    one = await pairing(keepers)

    with pytest.raises(InvalidError, match="before its pairing"):
        await clutch(keepers, one, laid_on=date(2025, 10, 1))


async def test_an_unusual_clutch_comes_back_with_remarks(keepers: Any) -> None:
    one = await pairing(keepers)
    await clutch(keepers, one)
    row = await keepers.harness.get(Pairing, one)
    command = RecordClutch(
        clutch_id=keepers.id(),
        vivarium_id=keepers.sam,
        dam_id=row.dam_id,
        laid_on=date(2026, 3, 4),
        laid=20,
    )
    done = await keepers.harness.ask(command, Done)

    assert [remark.rule for remark in done.remarks] == ["clutch.size", "clutch.overlap"]


async def test_the_due_window_is_told_when_it_opens_and_when_it_has_passed(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers), laid_on=date(2026, 5, 20))
    opened = await keepers.harness.advance(datetime(2026, 7, 14, tzinfo=UTC))
    passed = await keepers.harness.advance(datetime(2026, 8, 1, tzinfo=UTC))

    assert [(event.clutch_id, event.changed) for event in opened] == [(one, ("due",))]
    assert [(event.changed, event.due_until) for event in passed] == [(("overdue",), date(2026, 7, 24))]
    assert not [name for name in await keepers.harness.timers if name.startswith("clutch:")]


async def test_what_has_hatched_or_was_recorded_long_afterwards_is_not_told_as_due(keepers: Any) -> None:
    old = await pairing(keepers)
    await clutch(keepers, old, laid_on=date(2026, 1, 1))
    fresh = await clutch(keepers, await pairing(keepers), laid_on=date(2026, 4, 10))
    assert [name for name in await keepers.harness.timers if name.startswith("clutch:")] == [f"clutch:{fresh}"]

    await keepers.harness.handle(hatch(keepers, fresh, (), hatched_on=date(2026, 6, 1), finished=False))
    assert not await keepers.harness.advance(by=timedelta(days=90))


async def test_counted_fertile_eggs_bound_what_hatches(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers), fertile=2, slugs=1)
    with pytest.raises(InvalidError, match="fertile eggs counted"):
        await keepers.harness.handle(hatch(keepers, one, (), (), ()))
    await keepers.harness.handle(hatch(keepers, one, (), (), finished=False))

    with pytest.raises(InvalidError):
        await keepers.harness.handle(UpdateClutch(clutch_id=one, vivarium_id=keepers.sam, dead_in_egg=1))
    assert (await row_of(keepers, one)).hatched == 2


async def test_hatching_over_several_days_keeps_its_first_and_last_day(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers))
    await keepers.harness.handle(hatch(keepers, one, (), hatched_on=date(2026, 4, 30), finished=False))
    await keepers.harness.handle(hatch(keepers, one, (), hatched_on=date(2026, 4, 27), finished=False))
    [ended] = await keepers.harness.handle(
        UpdateClutch(clutch_id=one, vivarium_id=keepers.sam, finished=True, dead_in_egg=1)
    )
    row = await row_of(keepers, one)

    assert isinstance(ended, BreedingClutchHatched) and (ended.hatched, ended.dead_in_egg, ended.fertile) == (2, 1, 3)
    assert (row.first_hatched_on, row.hatched_on, row.status) == (date(2026, 4, 27), date(2026, 4, 30), "hatched")


async def test_a_clutch_of_which_nothing_hatched_cannot_be_finished(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers))

    with pytest.raises(InvalidError, match="lost"):
        await keepers.harness.handle(UpdateClutch(clutch_id=one, vivarium_id=keepers.sam, finished=True))


async def test_another_laying_day_moves_the_due_window(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers))
    [told] = await keepers.harness.handle(
        UpdateClutch(clutch_id=one, vivarium_id=keepers.sam, laid_on=date(2026, 5, 1))
    )

    assert isinstance(told, BreedingClutchUpdated) and told.changed == ("laid_on",)
    assert (told.due_from, told.due_until) == (date(2026, 6, 25), date(2026, 7, 5))


async def test_a_litter_has_no_eggs_that_lie(keepers: Any) -> None:
    dam = await keepers.animal("female", species_id=SKINK)
    command = RecordClutch(
        clutch_id=keepers.id(), vivarium_id=keepers.sam, dam_id=dam, laid_on=date(2026, 5, 1), laid=12, slugs=1
    )
    [born] = await keepers.harness.handle(command)

    assert isinstance(born, BreedingClutchCreated) and (born.kind, born.due_from) == ("litter", None)
    with pytest.raises(InvalidError, match="litter"):
        await keepers.harness.handle(
            IncubateClutch(
                clutch_id=born.clutch_id, vivarium_id=keepers.sam, method="incubator", since=date(2026, 5, 1)
            )
        )


async def test_eggs_are_moved_and_candled(keepers: Any) -> None:
    one = await clutch(keepers, await pairing(keepers))

    async def move(since: date, **more: Any) -> None:
        await keepers.harness.handle(
            IncubateClutch(clutch_id=one, vivarium_id=keepers.sam, method="incubator", since=since, **more)
        )

    await move(date(2026, 3, 1), celsius=31.5, place="box 1")
    await move(date(2026, 3, 20), celsius=32.0, celsius_low=30.0, place="box 2")
    with pytest.raises(InvalidError):
        await move(date(2026, 2, 1))
    [told] = await keepers.harness.handle(
        CandleClutch(clutch_id=one, vivarium_id=keepers.sam, on_day=date(2026, 3, 5), good=4, bad=2, counts=True)
    )
    row = await row_of(keepers, one)

    assert [(entry.place, entry.celsius) for entry in row.incubation] == [("box 1", 31.5), ("box 2", 32.0)]
    assert set(told.changed) == {"fertile", "slugs"} and (row.fertile, row.slugs, row.fertile_counted) == (4, 2, True)
    with pytest.raises(InvalidError, match="laid"):
        await keepers.harness.handle(
            CandleClutch(clutch_id=one, vivarium_id=keepers.sam, on_day=date(2026, 3, 6), good=7)
        )


async def test_what_hatched_is_compared_with_what_was_foretold_when_it_was_laid(keepers: Any, ask: Asker) -> None:
    opened = await season(keepers)
    one = await pairing(keepers, HET)
    laid = await clutch(keepers, one)
    await keepers.harness.handle(hatch(keepers, laid, VISUAL, VISUAL, VISUAL, (), ()))
    found = {
        "clutch": plain(await ask(outcomes.clutch_outcomes, keepers.sam, clutch_id=laid)),
        "pairing": plain(await ask(outcomes.pairing_outcomes, keepers.sam, pairing_id=one)),
        "season": plain(await ask(outcomes.season_outcomes, keepers.sam, season_id=opened)),
    }
    [brood] = found["season"]["broods"]

    assert [(each["label"], each["observed"], each["expected"]) for each in brood["classes"]] == [
        ("Normal", 2, 3.75),
        ("Albino", 3, 1.25),
    ]
    # The chance of three or more visuals of five at 1/4: 1 - (0.75^5 + 5·0.25·0.75^4 + 10·0.25²·0.75³) = 53/512.
    assert brood["test"]["method"] == "exact" and brood["test"]["p_value"] == pytest.approx(53 / 512)
    assert found["clutch"]["broods"] == found["pairing"]["broods"] == found["season"]["broods"]
    assert found["season"]["sexes"] == "0.0.5" and found["season"]["together"]["observed"] == 5
    assert found["clutch"]["rates"]["hatch_rate"] == {
        "numerator": 5,
        "denominator": 5,
        "of": "fertile eggs laid",
        "value": 1.0,
    }


async def test_what_the_recorded_parents_cannot_give_is_called_out(keepers: Any, ask: Asker) -> None:
    laid = await clutch(keepers, await pairing(keepers))
    await keepers.harness.handle(hatch(keepers, laid, VISUAL))
    found = await ask(outcomes.clutch_outcomes, keepers.sam, clutch_id=laid)

    assert found.broods[0].test.method == "impossible" and "Albino" in found.broods[0].test.reading


async def test_a_resolved_sire_is_proven_by_his_visual_young(keepers: Any) -> None:
    dam = await keepers.animal("female", genotype=HET)
    sires = [await keepers.animal("male") for _ in range(2)]
    command = RecordClutch(
        clutch_id=keepers.id(),
        vivarium_id=keepers.sam,
        dam_id=dam,
        candidate_sire_ids=tuple(sires),
        laid_on=date(2026, 3, 1),
        laid=4,
    )
    laid = (await keepers.harness.ask(command, Done)).id
    young = hatch(keepers, laid, VISUAL, finished=False)
    await keepers.harness.handle(young)
    said = await keepers.harness.handle(
        ResolveSire(
            clutch_id=laid,
            vivarium_id=keepers.sam,
            animal_ids=(young.hatchlings[0].animal_id,),
            sire_id=sires[1],
            evidence="lab",
        )
    )

    assert [event.animal_id for event in said if isinstance(event, GeneticsTraitProven)] == [sires[1]]
    with pytest.raises(InvalidError, match="left out"):
        await keepers.harness.handle(
            UpdateClutch(clutch_id=laid, vivarium_id=keepers.sam, candidate_sire_ids=(sires[0],))
        )


async def test_a_season_sums_up_against_its_targets(keepers: Any, ask: Asker) -> None:
    opened = await season(keepers, clutches_wanted=4, hatchlings_wanted=10)
    laid = await clutch(keepers, await pairing(keepers))
    await pairing(keepers, planned=True)
    await keepers.harness.handle(hatch(keepers, laid, (), ()))
    found = plain(await ask(seasons.season_summary, keepers.sam, season_id=opened))

    assert found["pairings"] == {"planned": 1, "active": 1, "ended": 0, "cancelled": 0}
    assert found["clutches"]["hatched"] == 1
    assert found["target_clutches"] == {"wanted": 4, "reached": 1, "share": 0.25}
    assert found["target_hatchlings"] == {"wanted": 10, "reached": 2, "share": 0.2}


async def test_the_calendar_tells_what_is_due_and_a_feed_carries_it(
    keepers: Any, ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.now(UTC).date()
    keepers.harness.now = datetime.now(UTC)
    one = await pairing(keepers, paired_on=today - timedelta(days=20))
    await note(keepers, one, "ovulation", today - timedelta(days=5))
    laid = await clutch(keepers, await pairing(keepers), laid_on=today - timedelta(days=10))
    entries = await ask(calendar.show_calendar, keepers.sam, query=calendar.Days())
    opened = await ask(calendar.open_feed, keepers.sam, body=calendar.NewFeed(name="Sam's snakes"))
    token = opened.path.rsplit("/", 1)[1]
    answer = await ask(calendar.read_feed, token=token)
    read = icalendar.Calendar.from_ical(answer.body)
    events = {str(event["uid"]): event for event in read.walk("VEVENT")}
    due: Any = events[f"{laid}.due@clutch.reptidex"]

    assert {entry.uid for entry in entries} == set(events)
    assert {entry.kind for entry in entries} == {"noted", "expected", "laid", "due"}
    assert due["dtstart"].dt == today + timedelta(days=45)
    assert due["dtend"].dt == today + timedelta(days=56), "the end of a whole-day event is the day after its last day"
    assert answer.content_type.startswith("text/calendar") and str(read["x-wr-calname"]) == "Sam's snakes"
    assert answer.body == (await ask(calendar.read_feed, token=token)).body, "the same while nothing changes"

    stored = await keepers.harness.get(CalendarFeed, opened.feed_id)
    assert token.split("_")[2].removesuffix(".ics") not in repr(stored), "only a digest of the secret is kept"
    for wrong in ("rxf_nothing.ics", token[:-5] + "0.ics" if token[-5] != "0" else token[:-5] + "1.ics"):
        with pytest.raises(NotFoundError):
            await ask(calendar.read_feed, token=wrong)
    with pytest.raises(NotFoundError):
        await ask(calendar.revoke_feed, keepers.bea, feed_id=opened.feed_id)
    await ask(calendar.revoke_feed, keepers.sam, feed_id=opened.feed_id)
    with pytest.raises(NotFoundError):
        await ask(calendar.read_feed, token=token)


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
