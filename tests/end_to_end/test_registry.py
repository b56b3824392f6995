"""The registry the real way: HTTP in, log, database, HTTP out; and a file by the command line."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import World

FILE = """external_ref,code,species,sex,born,sire,dam,genotype
K,KID-1,Python regius,f,2024-05-01,S,D,albino=albino/albino
S,SIRE-1,Python regius,m,2020-01-01,,,albino=albino/+
D,DAM-1,Python regius,f,2020-01-01,,,albino=albino/+
X,X-1,Draco volans,f,2020-01-01,,,
"""


async def reptidex(world: World, token: str, *arguments: str) -> tuple[int, str, str]:
    """Run the command line as a person would."""
    env = {**os.environ, "REPTIDEX_TOKEN": token, "REPTIDEX_ANIMAL_URL": world.settings.urls["animal"]}
    env |= {"REPTIDEX_STATE_DIR": world.settings.state_dir, "REPTIDEX_MEDIA_URL": world.settings.urls["media"]}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from reptidex.cli import main; main()",
        *arguments,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def get(world: World, token: str, path: str) -> tuple[int, str, str]:
    """Get a file as it is sent."""
    async with world.session.get(
        world.settings.urls["animal"] + path, headers={"Authorization": f"Bearer {token}"}
    ) as answer:
        return answer.status, await answer.text(), answer.headers["Content-Type"]


async def test_a_file_is_explained_imported_and_comes_back_elsewhere(
    world: World, confirmed: Any, tmp_path: Path
) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    file = tmp_path / "animals.csv"
    file.write_text(FILE)

    code, out, err = await reptidex(world, sam.token, "import", "animals", str(file), "--dry-run", "--json")
    report = json.loads(out)
    assert (code, report["state"], report["created"], report["refused"]) == (1, "checked", 3, 1), err
    [refused] = [row for row in report["rows"] if row["action"] == "refuse"]
    assert refused["line"] == 5 and "Draco volans" in refused["problems"][0]["text"]
    assert (await sam.call("animal", "GET", "/animals"))["items"] == []

    code, out, err = await reptidex(world, sam.token, "import", "animals", str(file))
    assert code == 1 and "nothing was imported" in out
    code, out, err = await reptidex(world, sam.token, "import", "animals", str(file), "--skip-refused", "--json")
    done = json.loads(out)
    assert (code, done["state"], done["created"], done["refused"]) == (1, "done", 3, 1), err

    animals = {one["code"]: one for one in (await sam.call("animal", "GET", "/animals"))["items"]}
    assert animals["KID-1"]["sire_id"] == animals["SIRE-1"]["animal_id"]
    status, exported, kind = await get(world, sam.token, "/animals/export")
    assert status == 200 and kind.startswith("text/csv") and len(exported.splitlines()) == 4

    file.write_text(exported)
    code, out, err = await reptidex(world, bea.token, "import", "animals", str(file))
    assert (code, out) == (0, "imported: 3 created, 0 updated, 0 unchanged, 0 refused of 3 rows\n"), err
    _, again, _ = await get(world, bea.token, "/animals/export")
    assert sorted(again.splitlines()) == sorted(exported.splitlines())
    code, out, err = await reptidex(world, bea.token, "export", "pedigree", "--format", "gedcom")
    assert code == 0 and out.count(" INDI") == 3 and "1 WIFE" in out


async def test_a_token_that_is_none_is_said_in_one_line(world: World, tmp_path: Path) -> None:
    file = tmp_path / "animals.csv"
    file.write_text(FILE)
    code, out, err = await reptidex(world, "nobody", "import", "animals", str(file))

    assert (code, out) == (1, "") and err.startswith("reptidex: 401")


async def test_an_animals_keeping_is_noted_and_handed_over(world: World, confirmed: Any) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    listed = (await sam.call("animal", "GET", "/species?name=regius"))["items"]
    [species] = [one for one in listed if one["scientific_name"] == "Python regius"]
    new = {"species_id": species["species_id"], "sex": "male", "born_on": "2024-05-01", "visibility": "public"}
    numbering = {"template": "{species}-{year}-{seq:03}"}
    await sam.call("animal", "PUT", "/numbering", numbering)
    animal = await sam.call("animal", "POST", "/animals", new, expect=201)
    path = f"/animals/{animal['animal_id']}"
    assert animal["code"] == "BP-2024-001"

    for day, grams in (("2026-01-01", 500), ("2026-02-01", 600.5)):
        weight = {"kind": "weight", "on_day": day, "grams": grams}
        await sam.call("animal", "POST", f"{path}/health", weight, expect=201)
    chip = {"kind": "microchip", "value": "985 141 000 123 456", "public": True}
    await sam.call("animal", "POST", f"{path}/marks", chip, expect=201)
    problem = await sam.call("animal", "POST", f"{path}/marks", chip | {"value": "12"}, expect=422)
    assert problem["pointer"] == "/value"
    tub = await sam.call("animal", "POST", "/enclosures", {"name": "Tub", "capacity": 1}, expect=201)
    move = {"animal_ids": [animal["animal_id"]], "enclosure_id": tub["enclosure_id"]}
    moved = await sam.call("animal", "POST", "/enclosures/moves", move)
    assert moved["enclosure"]["free"] == 0
    origin = {"direction": "acquired", "how": "bought", "on_day": "2025-01-01", "party": "Jo", "source_code": "C"}
    await sam.call("animal", "POST", f"{path}/provenance", origin, expect=201)
    growth = await sam.call("animal", "GET", f"{path}/weights")
    assert growth["latest"]["change_grams"] == 100.5

    offer = await sam.call("animal", "POST", f"{path}/transfer", {"to_vivarium_id": bea.vivarium_id})
    assert offer["state"] == "offered"
    await bea.call("animal", "POST", f"/transfers/{offer['transfer_id']}/accept")
    mine = await bea.call("animal", "GET", path)
    assert (mine["vivarium_id"], mine.get("enclosure_id")) == (bea.vivarium_id, None)
    assert len((await bea.call("animal", "GET", f"{path}/health"))["items"]) == 2
    assert await bea.call("animal", "GET", f"{path}/provenance") == []
    assert (await sam.call("animal", "GET", f"/enclosures/{tub['enclosure_id']}"))["occupants"] == 0
    history = (await bea.call("animal", "GET", f"{path}/history"))["items"]
    assert history[0]["action"] == "transferred: gift"
    await sam.call("animal", "GET", f"{path}/health", expect=404)


async def test_a_whole_collection_moves_into_an_empty_vivarium(world: World, confirmed: Any, tmp_path: Path) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    file = tmp_path / "animals.csv"
    file.write_text("\n".join(FILE.splitlines()[:4]).replace("2020-01-01,,,albino=albino/+", "2020-01-01,,,") + "\n")
    code, out, err = await reptidex(world, sam.token, "import", "animals", str(file))
    assert code == 0, err
    animals = {one["code"]: one for one in (await sam.call("animal", "GET", "/animals"))["items"]}
    # The albino young proves its parents, of whom the file says nothing.
    assert [one["evidence"] for one in animals["DAM-1"]["genotype"]] == ["offspring"]
    dam = f"/animals/{animals['DAM-1']['animal_id']}"
    tub = await sam.call("animal", "POST", "/enclosures", {"name": "Tub", "capacity": 1}, expect=201)
    move = {"animal_ids": [animals["DAM-1"]["animal_id"]], "enclosure_id": tub["enclosure_id"]}
    await sam.call("animal", "POST", "/enclosures/moves", move)
    care = tmp_path / "weights.csv"
    care.write_text("animal,date,grams\nDAM-1,2025-01-01,500\nDAM-1,2025-02-01,510\nNOBODY,2025-02-01,1\n")
    code, out, err = await reptidex(world, sam.token, "import", "care", str(care), "--dry-run")
    assert code == 1 and "care line 4: refuse NOBODY" in out
    code, out, err = await reptidex(world, sam.token, "import", "care", str(care), "--skip-refused")
    assert code == 1 and "2 created" in out
    origin = {"direction": "acquired", "how": "bought", "on_day": "2021-01-01", "party": "Jo", "source_code": "C"}
    await sam.call("animal", "POST", f"{dam}/provenance", origin, expect=201)
    clutch = {"dam_id": animals["DAM-1"]["animal_id"], "candidate_sire_ids": [animals["SIRE-1"]["animal_id"]]}
    await sam.call("animal", "POST", "/clutches", clutch | {"laid_on": "2025-03-01", "laid": 6}, expect=201)

    whole = tmp_path / "collection.json"
    code, out, err = await reptidex(world, sam.token, "export", "collection", "--out", str(whole))
    assert code == 0, err
    code, out, err = await reptidex(world, bea.token, "import", "collection", str(whole))
    assert (code, out) == (0, "imported: 9 created, 0 updated, 0 unchanged, 0 refused of 9 rows\n"), err
    code, out, err = await reptidex(world, bea.token, "import", "collection", str(whole))
    assert (code, out) == (0, "imported: 0 created, 0 updated, 9 unchanged, 0 refused of 9 rows\n"), err
    mine = {one["code"]: one for one in (await bea.call("animal", "GET", "/animals"))["items"]}
    assert mine["DAM-1"]["genotype"] == animals["DAM-1"]["genotype"]
    growth = await bea.call("animal", "GET", f"/animals/{mine['DAM-1']['animal_id']}/weights")
    assert growth["latest"]["change_grams"] == 10
    [place] = (await bea.call("animal", "GET", "/enclosures"))["items"]
    assert (place["name"], place["occupants"]) == ("Tub", 1)
    eggs = (await bea.call("animal", "GET", "/clutches"))["items"][0]["clutch"]
    assert (eggs["dam_id"], eggs["laid"]) == (mine["DAM-1"]["animal_id"], 6)
    schema = await bea.call("animal", "GET", "/interchange/schemas/reptidex-collection.v1")
    assert schema["title"] == "reptidex-collection"
