"""`reptidex replay` as a person runs it, beside the whole platform at work."""

import asyncio
import json
import os
import sys
from typing import Any

from reptidex.platform.story import bred_hatchling, offered, sale
from tests.databases.asking import ask
from tests.end_to_end.conftest import Confirmed, World

PROJECTIONS = ("community.search", "core.telemetry", "core.health", "ops.audit", "ops.directory")


async def replayed(world: World, *arguments: str, expect: int = 0) -> Any:
    """Run the command in a process of its own and return its report."""
    settings = world.settings
    environment = {**os.environ, "REPTIDEX_STATE_DIR": settings.state_dir, "REPTIDEX_LOG": settings.log}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "reptidex", "replay", *arguments, "--json",
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == expect, errors.decode() + out.decode()
    return json.loads(out)


async def test_what_is_rebuilt_from_the_log_is_what_is_live(world: World, confirmed: Confirmed) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    await sale(sam, bea, world.until)

    reports = [await replayed(world, name, "--verify", "--fresh") for name in PROJECTIONS]

    assert [report["comparison"]["examples"] for report in reports] == [[]] * len(PROJECTIONS)
    assert {report["outcome"] for report in reports} == {"alike"}
    assert all(report["comparison"]["rows"] for report in reports)


async def test_a_spoilt_search_is_right_again_without_a_break(world: World, confirmed: Confirmed) -> None:
    sam = await confirmed("Sam")
    animal = await bred_hatchling(sam)
    listing = await offered(sam, animal["animal_id"], world.until)

    async def found(title: str) -> bool:
        results = await sam.call("community", "GET", f"/search/animals?kind=listing&q={title}&limit=100")
        return listing["listing_id"] in {item["entity_id"] for item in results["items"]}

    await world.until(lambda: found("kiwi"), "the listing in the index")
    url = world.settings.database_of("community")
    [(before,)] = await ask(url, "SELECT generation FROM index_states")
    await ask(url, "UPDATE documents SET title = 'spoilt', text = 'spoilt', tags = '[]' WHERE kind = 'listing'")
    report = await replayed(world, "community.search")

    async def rebuilt() -> bool:
        [(now,)] = await ask(url, "SELECT generation FROM index_states")
        return bool(now > before)

    assert report["outcome"] == "switched"
    await world.until(rebuilt, "the next generation of the index files", 60)
    assert await found("kiwi")
    assert not await found("spoilt")


async def test_a_name_that_is_none_is_an_error_with_words(world: World) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "reptidex", "replay", "community.nothing", stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()

    assert (process.returncode, said.decode()) == (
        1,
        "reptidex: no projection is called 'community.nothing'; `reptidex replay --list` shows them\n",
    )
