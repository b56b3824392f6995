"""What came of a season: figures, statistics and the calendar."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest

from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal import calendar, outcomes, seasons
from reptidex.streams.animal import (
    GeneticsTraitProven,
)
from reptidex.streams.commands.animal import (
    Changes,
    Done,
    RecordClutch,
    ResolveSire,
    UpdateAnimal,
    UpdateClutch,
)
from reptidex.streams.commands.animal_breeding import ChangePairing
from reptidex.streams.values import Gene
from reptidex.tables.animal.breeding import CalendarFeed
from tests.unit.animal.asking import Asker, plain
from tests.unit.animal.breeding_world import HET, VISUAL, clutch, hatch, note, pairing, season


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


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


async def test_young_of_parents_that_foretell_none_are_counted_without_a_test(keepers: Any, ask: Asker) -> None:
    lost = (Gene(locus="spider", alleles=("champagne", "champagne")),)
    laid = await clutch(keepers, await pairing(keepers, lost))
    await keepers.harness.handle(hatch(keepers, laid, ()))
    [brood] = (await ask(outcomes.clutch_outcomes, keepers.sam, clutch_id=laid)).broods

    assert (brood.test.method, brood.test.observed) == ("none", 1) and "no living young" in brood.note


async def test_a_resolved_sire_is_proven_by_his_visual_young(keepers: Any) -> None:
    dam = await keepers.animal("female", genotype=HET)
    sires = [await keepers.animal("male") for _ in range(2)]
    laid = await keepers.clutch(dam, *sires, laid=4)
    young = hatch(keepers, laid, VISUAL, finished=False)
    await keepers.harness.handle(young)
    said = await keepers.harness.handle(
        ResolveSire(
            clutch_id=laid,
            vivarium_id=keepers.sam,
            animal_ids=(young.hatchlings[0].animal_id,),
            sire_id=sires[1],
            evidence="lab",
            reference="R-1",
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
    await keepers.harness.handle(ChangePairing(pairing_id=one, vivarium_id=keepers.sam, status="ended"))
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
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n" in answer.body
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


@pytest.mark.parametrize(
    "days",
    [
        {"from_": date.min},
        {"until": date.min},
        {"from_": date.max},
        {"until": date.max},
        {"from_": date.min, "until": date.min},
        {"from_": date.max, "until": date.max},
    ],
)
async def test_a_calendar_at_the_end_of_time_is_empty(keepers: Any, ask: Asker, days: dict[str, date]) -> None:
    await clutch(keepers, await pairing(keepers))

    assert await ask(calendar.show_calendar, keepers.sam, query=calendar.Days(**days)) == []


async def test_a_calendar_does_not_name_who_is_hidden_since(keepers: Any, ask: Asker) -> None:
    keepers.harness.now = datetime.now(UTC)
    today = datetime.now(UTC).date()
    stud = await keepers.animal("male", vivarium_id=keepers.bea, visibility="public", name="Stud")
    dam = await keepers.animal("female", name="Dam")
    laid = RecordClutch(
        clutch_id=keepers.id(),
        vivarium_id=keepers.sam,
        dam_id=dam,
        candidate_sire_ids=(stud,),
        laid_on=today - timedelta(days=3),
        laid=4,
    )
    await keepers.harness.ask(laid, Done)
    hide = UpdateAnimal(animal_id=stud, vivarium_id=keepers.bea, changes=Changes(visibility="private", name="Secret"))
    await keepers.harness.ask(hide, Done)
    [entry, *_] = await ask(calendar.show_calendar, keepers.sam, query=calendar.Days())

    assert entry.title.startswith("Clutch laid: Dam (") and entry.title.endswith("× unknown")
