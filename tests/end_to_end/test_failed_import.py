"""A row that the database will not take, the real way: by HTTP, log and database, to the owner's eyes, and back on its feet."""

import json
from pathlib import Path
from typing import Any

from reptidex.platform.story import species_named
from tests.databases.asking import ask
from tests.end_to_end.conftest import World
from tests.end_to_end.test_registry import reptidex

WHEN = "CREATE TRIGGER poison BEFORE INSERT ON animals"
RAISES = "BEGIN RAISE check_violation USING MESSAGE = 'poisoned'; END"
POISON = {
    "sqlite": [f"{WHEN} WHEN NEW.code = '{{code}}' BEGIN SELECT RAISE(ABORT, 'poisoned'); END"],
    "postgresql": [
        f"CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ {RAISES} $$",
        f"{WHEN} FOR EACH ROW WHEN (NEW.code = '{{code}}') EXECUTE FUNCTION poison()",
    ],
}
ANTIDOTE = {"sqlite": ["DROP TRIGGER poison"], "postgresql": ["DROP FUNCTION poison() CASCADE"]}


async def test_a_poisoned_row_ends_its_import_and_a_letter_sent_on_takes_it_up_again(
    world: World, confirmed: Any, tmp_path: Path
) -> None:
    url = world.settings.database_of("animal")
    kind, _, _ = url.partition("+")
    sam = await confirmed("Sam")
    code = "POISON-1"
    file = tmp_path / "animals.csv"
    rows = [f"{code if number == 120 else f'FINE-{number}'},f,2024-05-01" for number in range(150)]
    file.write_text("\n".join(["code,sex,born", *rows]))
    asked = ("import", "animals", str(file), "--species", "royal python", "--json")
    await ask(url, *(each.format(code=code) for each in POISON[kind]))
    try:
        status, out, err = await reptidex(world, sam.token, *asked)
    finally:
        await ask(url, *ANTIDOTE[kind])
    told = json.loads(out)
    shown = await sam.call("animal", "GET", f"/imports/{told['import_id']}")
    # The vivarium's other work is not held up.
    species = await species_named(sam, "Python regius")
    await sam.call("animal", "POST", "/animals", {"species_id": species, "code": "NEXT-1"}, expect=201)
    letters = await reptidex(world, sam.token, "dead-letters", "list", "animal", "--json")
    [letter] = [one for one in json.loads(letters[1]) if told["import_id"] in one["value"]]
    redriven = await reptidex(world, sam.token, "dead-letters", "redrive", "animal", letter["letter_id"])

    async def done() -> bool:
        return bool((await sam.call("animal", "GET", f"/imports/{told['import_id']}"))["state"] == "done")

    await world.until(done, "the import that was taken up again")
    whole = await sam.call("animal", "GET", f"/imports/{told['import_id']}")

    # Which part the row stands in is the import's to say; what is told is what was written.
    assert (status, told["state"], told["done"] in (0, 100)) == (1, "failed", True), err
    assert shown["state"] == "failed" and "of 2 could not be written" in shown["problem"]
    assert "poisoned" not in shown["problem"] and letter["state"] == "failed" and "poisoned" in letter["cause"]
    assert redriven[0] == 0, redriven
    assert (whole["done"], whole["created"], whole["problem"]) == (150, 150, "")
    assert [one["code"] for one in (await sam.call("animal", "GET", f"/animals?code={code}"))["items"]] == [code]
