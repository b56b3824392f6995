"""A person who asks to be erased is found nowhere: in none of six databases, not in the files, not by the search."""

import uuid

from reptidex.platform.visitor import PASSWORD, Visitor
from reptidex.settings import SERVICES
from reptidex.tables.migrate import load_models
from tests.contract.services.test_personal import DECLARED
from tests.databases.asking import ask
from tests.end_to_end.conftest import Confirmed, World
from tests.unit.media.conftest import picture


async def _leave_traces(world: World, person: Visitor, mark: str) -> None:
    """Have somebody write their mark wherever a person may write about themselves."""
    about = {
        "display_name": f"{mark} Sand",
        "bio": f"{mark} keeps geckos",
        "location": f"{mark}-Ulm",
        "slug": mark.lower(),
    }
    await person.call("core", "PUT", "/profile", about)
    shop = {"display_name": f"House of {mark}", "location": mark}
    await person.call("core", "PUT", f"/vivariums/{person.vivarium_id}/profile", shop)
    await person.call("core", "POST", "/auth/api-keys", {"name": f"key of {mark}"}, expect=201)
    post = {"title": f"I am {mark}", "text": f"{mark} says hello"}
    [forum, *_] = await person.call("community", "GET", "/community/forums")
    written = await person.call("community", "POST", f"/community/forums/{forum['forum_id']}/posts", post, expect=201)
    path = f"/community/posts/{written['post_id']}/replies"
    await person.call("community", "POST", path, {"text": f"{mark} answers"}, expect=201)
    await person.call("community", "POST", "/search/save", {"name": f"for {mark}", "query": {"q": mark}}, expect=201)
    follow = {"target_kind": "morph", "target_id": mark}
    await person.call("community", "POST", "/community/follow", follow, expect=204)
    await person.call("community", "PUT", "/notifications/preferences", {"channels": {"invoice.paid": ["inapp"]}})
    announced = {"content_type": "image/jpeg", "name": f"{mark}-2.jpg"}
    await person.call("media", "POST", "/uploads", announced, expect=201)
    await person.call("core", "POST", "/auth/email", {"email": f"{mark}@elsewhere.example"}, expect=202)
    url = f"{world.settings.urls['media']}/upload?subject_kind=user&subject_id={person.user_id}&name={mark}.jpg"
    bearer = {"Authorization": f"Bearer {person.token}", "Content-Type": "image/jpeg"}
    async with world.session.post(url, data=picture(), headers=bearer) as answer:
        assert answer.status == 201, await answer.text()


async def _found(world: World, mark: str) -> list[str]:
    """Name the places in the services' own tables where a mark stands."""
    places = []
    for service in SERVICES:
        for table in load_models(service).tables:
            rows = await ask(world.settings.database_of(service), f'select * from "{table}"')
            places += [f"{service}.{table}: {row!r}" for row in rows if mark.lower() in repr(row).lower()]
    return places


async def _given(world: World, person: Visitor, places: set[tuple[str, str]], mark: str) -> None:
    """Check that each place with a mark is given to the person beforehand, or left out for a reason that they are told."""
    for service in SERVICES:
        given = await person.call(service, "GET", "/me/data")
        for table in (table for where, table in places if where == service):
            told = mark.lower() in repr(given["tables"].get(table)).lower() or given["left_out"].get(table)
            assert told, f"{service}.{table} is erased, and not given out"


async def _named(world: World, person: Visitor) -> list[str]:
    """Name the places where rows stay under a person's id although nothing is said to stay."""
    named = []
    for service, personal in DECLARED.items():
        for held in (each for each in personal.held if not each.stays):
            ids = ", ".join(f"'{form.format(person.user_id)}'" for form in held.called)
            where = " or ".join(f'"{column}" in ({ids})' for column in held.by)
            rows = await ask(world.settings.database_of(service), f'select * from "{held.table}" where {where}')
            named += [f"{service}.{held.table}: {row!r}" for row in rows]
    return named


async def _searched(world: World, mark: str) -> int:
    async with world.session.get(f"{world.settings.urls['community']}/search", params={"q": mark}) as answer:
        return int((await answer.json())["total"])


async def test_an_erased_person_is_found_nowhere(world: World, confirmed: Confirmed) -> None:
    mark = f"Quillon{uuid.uuid4().hex[:10]}"
    person = await confirmed(mark)
    await _leave_traces(world, person, mark)

    async def shown() -> bool:
        return await _searched(world, mark) > 0

    async def everywhere() -> bool:
        there = {place.split(".")[0] for place in await _found(world, mark)}
        return {"core", "media", "community", "ops"} <= there

    await world.until(shown, "the profile in the search")
    await world.until(everywhere, "the traces in the databases")

    marked = {tuple(place.split(":")[0].split(".")) for place in await _found(world, mark)}
    await _given(world, person, {(service, table) for service, table in marked}, mark)
    assert await _named(world, person)

    await person.call("ops", "POST", "/compliance/erasure", {}, expect=202)

    async def gone() -> bool:
        return not await _found(world, mark) and await _searched(world, mark) == 0

    async def unnamed() -> bool:
        return not await _named(world, person)

    await world.until(gone, "the erasure", within=45)
    await world.until(unnamed, "the end of rows under their id", within=45)
    proof = {"email": person.email, "password": PASSWORD}
    await person.call("core", "POST", "/auth/login", proof, expect=401)
