"""A collection's photos beside its file, by the command line: from one vivarium to another, once however often they are sent."""

import json
from pathlib import Path
from typing import Any

from reptidex.platform.story import species_named
from reptidex.platform.visitor import Visitor
from tests.end_to_end.conftest import World
from tests.end_to_end.test_registry import reptidex
from tests.unit.media.conftest import picture


async def shown(world: World, who: Visitor, count: int) -> list[Any]:
    """Return the photos of somebody's only animal, once it has so many."""

    async def photos() -> Any:
        [animal] = (await who.call("animal", "GET", "/animals"))["items"]
        found = animal.get("photos", [])
        return found if len(found) == count else None

    found: list[Any] = await world.until(photos, f"{count} photos")
    return found


async def test_photos_go_with_a_collection_and_come_once(world: World, confirmed: Any, tmp_path: Path) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    species = await species_named(sam, "Python regius")
    kiwi = await sam.call("animal", "POST", "/animals", {"species_id": species, "name": "Kiwi"}, expect=201)
    for side in (40, 60):
        url = f"{world.settings.urls['media']}/upload?subject_kind=animal&subject_id={kiwi['animal_id']}"
        headers = {"Authorization": f"Bearer {sam.token}", "Content-Type": "image/jpeg"}
        async with world.session.post(url, data=picture(width=side), headers=headers) as answer:
            assert answer.status == 201, await answer.text()
        await shown(world, sam, 1 if side == 40 else 2)
    file, folder = str(tmp_path / "collection.json"), tmp_path / "photos"
    beside = ("--photos", str(folder))

    code, out, err = await reptidex(world, sam.token, "export", "collection", "--out", file, *beside)
    listed = json.loads((folder / "photos.json").read_text())["photos"]
    assert (code, len(listed), {one["animal"] for one in listed}) == (0, 2, {kiwi["animal_id"]}), err
    code, out, err = await reptidex(world, sam.token, "import", "collection", file, *beside, "--json")
    assert (code, json.loads(out)["photos"]) == (0, {"uploaded": 0, "unchanged": 2, "refused": []}), err
    (folder / listed[0]["file"]).write_bytes(b"no picture")
    code, out, err = await reptidex(world, bea.token, "import", "collection", file, *beside, "--json")
    told = json.loads(out)["photos"]
    assert (code, told["uploaded"], len(told["refused"])) == (1, 1, 1) and listed[0]["file"] in told["refused"][0], err
    await reptidex(world, sam.token, "export", "collection", "--out", file, *beside)
    code, out, err = await reptidex(world, bea.token, "import", "collection", file, *beside)
    assert code == 0 and "photos: 1 uploaded, 1 unchanged, 0 refused" in out, (out, err)

    before, after = await shown(world, sam, 2), await shown(world, bea, 2)
    assert sum(one["primary"] for one in before) == sum(one["primary"] for one in after) == 1
    code, _, err = await reptidex(world, bea.token, "import", "animals", file, *beside)
    assert code != 0 and "--photos goes with a collection" in err
