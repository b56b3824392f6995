"""A private parent of a public animal, the real way: no service tells a stranger its id or its code, no chart shows it."""

from typing import Any

import msgspec

from reptidex.platform.story import species_named
from reptidex.platform.visitor import Visitor
from tests.end_to_end.conftest import World
from tests.end_to_end.samples import sample
from tests.end_to_end.test_tenancy import _routes

CODE = "HUSH-77"


async def read(world: World, who: Visitor, service: str, path: str, query: dict[str, str]) -> tuple[int, str]:
    """Get what a route answers, whatever its type."""
    url, headers = world.settings.urls[service] + path, {"Authorization": f"Bearer {who.token}"}
    async with world.session.get(url, params=query, headers=headers) as answer:
        return answer.status, (await answer.read()).decode(errors="replace")


async def everything(world: World, who: Visitor, ids: dict[str, str]) -> dict[str, tuple[int, str]]:
    """Read every route of every service as somebody."""
    found = {}
    for service, bound in _routes():
        if bound.route.method != "GET":
            continue
        path = bound.route.path
        for name in bound.parameters:
            path = path.replace(f"{{{name}}}", ids.get(name, "3" if name == "generations" else ids["animal_id"]))
        query: dict[str, Any] = {}
        if bound.query is not type(None):
            query = msgspec.to_builtins(sample(bound.query, ids))
        plain = {name: str(value) for name, value in query.items() if name in ids}
        found[f"{service} {path}"] = await read(world, who, service, path, plain)
    return found


async def test_no_service_names_a_private_parent_to_a_stranger(world: World, confirmed: Any) -> None:
    sam, eve = await confirmed("Sam"), await confirmed("Eve")
    species = await species_named(sam, "Python regius")
    private = {"species_id": species, "code": CODE, "sex": "male"}
    sire = await sam.call("animal", "POST", "/animals", private, expect=201)
    seen = {"species_id": species, "code": "SEEN-77", "name": "Seen", "sire_id": sire["animal_id"]}
    child = await sam.call("animal", "POST", "/animals", seen, expect=201)
    download = "/files/{}/download"

    async def charted() -> Any:
        drawn = await sam.call("media", "GET", f"/renders?subject={child['animal_id']}")
        return next((one["file_id"] for one in drawn["items"] if one["drawing"] == "pedigree" and one["file_id"]), None)

    async def found() -> Any:
        return (await eve.call("community", "GET", "/search/animals?q=Seen"))["items"]

    owners = await world.until(charted, "the chart")
    _, drawn = await read(world, sam, "media", download.format(owners), {})
    await sam.call("animal", "PUT", f"/animals/{child['animal_id']}", {"visibility": "public"})
    hidden, _ = await read(world, eve, "media", download.format(owners), {})

    async def drawn_anew() -> Any:
        chart = await charted()
        return chart if chart != owners else None

    chart = await world.until(drawn_anew, "the chart that others see")
    await world.until(found, "the animal in the index")
    ids = {"animal_id": child["animal_id"], "other_id": child["animal_id"], "subject_id": child["animal_id"]}
    ids |= {"subject": child["animal_id"], "file_id": chart, "breeder_id": sam.vivarium_id, "q": "Seen"}
    ids |= {"vivarium_id": sam.vivarium_id, "profile_id": sam.user_id, "user_id": sam.user_id, "species_id": species}
    shown = await everything(world, eve, ids)
    status, drawing = shown[f"media /files/{chart}/download"]
    mine = await sam.call("animal", "GET", f"/animals/{child['animal_id']}")

    told = {path: text for path, (_, text) in shown.items() if sire["animal_id"] in text or CODE in text}
    assert told == {}
    assert CODE in drawn and hidden == 404
    assert (status, "SEEN-77" in drawing) == (200, True)
    assert shown[f"animal /animals/{child['animal_id']}"][0] == 200
    assert '"sire_hidden":true' in shown[f"animal /animals/{child['animal_id']}"][1].replace(" ", "")
    assert [path for path, (code, _) in shown.items() if code == 500] == []
    assert mine["sire_id"] == sire["animal_id"]
