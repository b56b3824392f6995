"""A breeding season and an edit of the catalogue through the public interface: HTTP in, log, database, HTTP out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import icalendar

from reptidex.platform.admin import grant
from reptidex.platform.story import species_named
from reptidex.platform.visitor import Visitor
from tests.end_to_end.conftest import Confirmed, World

HET = [{"locus": "albino", "alleles": ["albino", "+"]}]
VISUAL = [{"locus": "albino", "alleles": ["albino", "albino"]}]


async def _animal(sam: Visitor, species: str, sex: str) -> str:
    body = {"species_id": species, "sex": sex, "born_on": "2021-05-01", "genotype": HET}
    made = await sam.call("animal", "POST", "/animals", body, expect=201)
    return str(made["animal_id"])


async def test_a_season_from_its_plan_to_its_figures(world: World, confirmed: Confirmed) -> None:
    sam = await confirmed("Sam")
    today = datetime.now(UTC).date()
    species = await species_named(sam, "Python regius")
    dam, sire = await _animal(sam, species, "female"), await _animal(sam, species, "male")

    def day(back: int) -> str:
        return (today - timedelta(days=back)).isoformat()

    year = {"name": "Season", "from_on": day(300), "until_on": day(-60), "hatchlings_wanted": 4}
    season = await sam.call("animal", "POST", "/seasons", year, expect=201)
    planned = {"dam_id": dam, "sire_ids": [sire], "season_id": season["season_id"], "planned": True}
    pairing = await sam.call("animal", "POST", "/pairings", planned, expect=201)
    at = f"/pairings/{pairing['pairing_id']}"
    _, met = await sam.exchange("animal", "POST", f"{at}/notes", {"kind": "lock", "on_day": day(170)}, expect=201)
    await world.heard(met.request_id, "breeding.paired")
    noted = await sam.call("animal", "POST", f"{at}/notes", {"kind": "ovulation", "on_day": day(120)}, expect=201)
    assert (noted["status"], [each["stage"] for each in noted["expected"]]) == (
        "active",
        ["prelay_shed", "laying", "hatching"],
    )

    eggs = {"dam_id": dam, "pairing_id": pairing["pairing_id"], "laid_on": day(70), "laid": 6, "slugs": 1}
    laid, step = await sam.exchange("animal", "POST", "/clutches", eggs, expect=201)
    await world.heard(step.request_id, "breeding.clutch.created")
    clutch = laid["clutch"]["clutch_id"]
    box = {"since": day(70), "celsius": 31.5, "place": "box 1"}
    await sam.call("animal", "POST", f"/clutches/{clutch}/incubation", box)
    candled = {"on_day": day(60), "good": 5, "bad": 1, "counts": True}
    await sam.call("animal", "POST", f"/clutches/{clutch}/candlings", candled)
    hatch = {"hatched_on": day(12), "hatchlings": [{"genotype": VISUAL}, {}], "finished": False}
    await sam.call("animal", "POST", f"/clutches/{clutch}/hatchlings", hatch, expect=201)
    hatch = {"hatched_on": day(10), "hatchlings": [{}, {"sex": "female"}]}
    _, step = await sam.exchange("animal", "POST", f"/clutches/{clutch}/hatchlings", hatch, expect=201)
    await world.heard(step.request_id, "breeding.clutch.hatched", "breeding.offspring.recorded", "animal.created")

    found = await sam.call("animal", "GET", f"/seasons/{season['season_id']}/outcomes")
    summary = await sam.call("animal", "GET", f"/seasons/{season['season_id']}/summary")
    [brood] = found["broods"]
    assert {each["label"]: each["observed"] for each in brood["classes"]} == {"Normal": 3, "Albino": 1}
    assert (brood["test"]["method"], brood["test"]["p_value"], found["sexes"]) == ("exact", 1.0, "0.1.3")
    assert summary["target_hatchlings"] == {"wanted": 4, "reached": 4, "share": 1.0}
    assert summary["rates"]["hatch_rate"]["of"] == "fertile eggs laid"


async def test_keepers_are_told_when_a_clutch_is_due(world: World, confirmed: Confirmed) -> None:
    """Of a clutch that was laid so long ago that its window is open, the timer that waits for it rings at once."""
    sam = await confirmed("Sam")
    dam = await _animal(sam, await species_named(sam, "Python regius"), "female")
    laid_on = (datetime.now(UTC).date() - timedelta(days=58)).isoformat()
    _, step = await sam.exchange(
        "animal", "POST", "/clutches", {"dam_id": dam, "laid_on": laid_on, "laid": 6}, expect=201
    )
    await world.heard(step.request_id, "breeding.clutch.updated", "notification.sent")

    async def listed() -> list[Any]:
        found = await sam.call("community", "GET", "/notifications")
        return [one for one in found["items"] if one["template"] == "clutch.due"]

    [notice] = await world.until(listed, "the notice in the application")
    assert "6 eggs of Python regius" in notice["text"]

    async def written() -> bool:
        return any("may hatch" in letter["subject"] for letter in await sam.letters())

    await world.until(written, "the letter")


async def _read(world: World, path: str) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as stranger, stranger.get(world.settings.urls["animal"] + path) as answer:
        return answer.status, await answer.read()


async def test_a_calendar_program_reads_the_feed_without_signing_in(world: World, confirmed: Confirmed) -> None:
    sam = await confirmed("Sam")
    species = await species_named(sam, "Python regius")
    dam = await _animal(sam, species, "female")
    laid_on = (datetime.now(UTC).date() - timedelta(days=20)).isoformat()
    await sam.call("animal", "POST", "/clutches", {"dam_id": dam, "laid_on": laid_on, "laid": 6}, expect=201)
    feed = await sam.call("animal", "POST", "/breeding/calendars", {"name": "Sam"}, expect=201)

    status, body = await _read(world, feed["path"])
    events: list[Any] = list(icalendar.Calendar.from_ical(body).walk("VEVENT"))
    assert status == 200 and {str(event["categories"].cats[0]) for event in events} == {"laid", "due"}
    listed = await sam.call("animal", "GET", "/breeding/calendars")
    assert feed["path"] not in repr(listed)
    await sam.call("animal", "DELETE", f"/breeding/calendars/{feed['feed_id']}")
    assert (await _read(world, feed["path"]))[0] == 404
    secret = feed["path"].split("_")[2].removesuffix(".ics")
    logs = list((world.settings.state / "logs").glob("*.log"))
    assert logs and not any(secret in log.read_text(errors="replace") for log in logs)


async def test_an_administrator_adds_a_morph_that_breeders_use_at_once(world: World, confirmed: Confirmed) -> None:
    editor, sam = await confirmed("Edith"), await confirmed("Sam")
    species = await species_named(sam, "Trachemys scripta")
    source = {"source": "Smith 2026, Journal of Sliders 1:1"}
    locus: dict[str, Any] = {
        "locus": {"locus": "pied", "name": "Pied", "alleles": [{"allele": "pied", "name": "Pied", "mode": "recessive"}]}
    }
    at = f"/taxonomy/species/{species}"
    await sam.call("animal", "PUT", f"{at}/loci/pied", locus | source, expect=403)
    await grant(world.settings, editor.email, give=True)

    async def admitted() -> bool:
        await editor.sign_in()
        me = await editor.call("core", "GET", "/auth/me")
        return "admin" in me.get("scopes", ())

    await world.until(admitted, "the administrator's scope")
    await editor.call("animal", "PUT", f"{at}/loci/pied", locus | source)
    morph = {"morph": {"name": "Pied", "inheritance": "recessive", "genotype": {"pied": ["pied", "pied"]}}}
    _, step = await editor.exchange("animal", "POST", f"{at}/morphs", morph | source, expect=201)
    await world.heard(step.request_id, "taxonomy.morph.added")
    found = await sam.call("animal", "GET", "/taxonomy/search?q=pied")
    body = {"species_id": species, "genotype": [{"locus": "pied", "alleles": ["pied", "+"]}]}
    await sam.call("animal", "POST", "/animals", body, expect=201)
    history = await sam.call("animal", "GET", f"{at}/revisions")
    stale = await editor.call(
        "animal", "PUT", f"{at}/loci/pied", locus | source, expect=412, If_Match='"of-another-day"'
    )

    assert any(hit["title"] == "Pied" and hit["species_id"] == species for hit in found["items"])
    assert [each["number"] for each in history["items"]] == [2, 1]
    assert stale["status"] == 412
