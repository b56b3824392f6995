"""A person takes what six services hold of them along as one file, as the command line does it."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from reptidex.platform.visitor import Visitor
from reptidex.settings import SERVICES
from tests.end_to_end.conftest import World

Confirmed = Callable[[str], Awaitable[Visitor]]


async def own_data(world: World, token: str, file: Path) -> tuple[int, str]:
    """Run the command line as a person would; return its status and what it says on standard error."""
    urls = {f"REPTIDEX_{name.upper()}_URL": url for name, url in world.settings.urls.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from reptidex.cli import main; main()",
        *("export", "own-data", "--out", str(file)),
        env={**os.environ, **urls, "REPTIDEX_TOKEN": token, "REPTIDEX_STATE_DIR": world.settings.state_dir},
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, err.decode()


async def test_a_person_takes_along_what_six_services_hold_of_them(
    world: World, confirmed: Confirmed, tmp_path: Path
) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    [forum, *_] = await bea.call("community", "GET", "/community/forums")
    for person in (sam, bea):
        post = {"title": f"{person.name}'s geckos", "text": "hello"}
        await person.call("community", "POST", f"/community/forums/{forum['forum_id']}/posts", post, expect=201)

    async def heard() -> bool:
        trail = (await sam.call("ops", "GET", "/me/data"))["tables"]["audit_records"]
        return {"auth.user.created", "community.post.created"} <= {each["name"] for each in trail}

    await world.until(heard, "the audit trail")
    code, said = await own_data(world, sam.token, tmp_path / "sam.json")
    assert code == 0, said
    raw = (tmp_path / "sam.json").read_bytes()
    given = msgspec.json.decode(raw)

    assert list(given) == [f"repti-{each}" for each in SERVICES]
    assert given["repti-core"]["account"]["email"] == sam.email
    assert [each["title"] for each in given["repti-community"]["tables"]["posts"]] == ["Sam's geckos"]
    assert {each["template"] for each in given["repti-community"]["tables"]["notifications"]} == {"welcome"}
    assert [each["vivarium_id"] for each in given["repti-animal"]["tables"]["collections"]] == [sam.vivarium_id]
    assert [each["display_name"] for each in given["repti-media"]["tables"]["profiles"]] == ["Sam"]
    assert [each["role"] for each in given["repti-commerce"]["tables"]["members"]] == ["herpetologist"]
    assert bea.user_id.encode() not in raw


async def test_without_a_token_that_is_good_nothing_is_written(world: World, tmp_path: Path) -> None:
    code, said = await own_data(world, "not a token", tmp_path / "nobody.json")

    assert code != 0
    assert "401" in said
