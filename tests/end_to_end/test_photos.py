"""A picture that was uploaded for nothing in particular and is then shown as a photo: whoever sees the animal sees it."""

from typing import Any

from reptidex.platform.story import species_named
from tests.end_to_end.conftest import World
from tests.unit.media.conftest import picture


async def test_a_photo_that_is_shown_of_a_public_animal_can_be_seen_by_everybody(world: World, confirmed: Any) -> None:
    sam = await confirmed("Sam")
    media = world.settings.urls["media"]
    species = await species_named(sam, "Python regius")
    facts = {"species_id": species, "name": "Kiwi", "sex": "male", "visibility": "public"}
    animal = await sam.call("animal", "POST", "/animals", facts, expect=201)
    bearer = {"Authorization": f"Bearer {sam.token}", "Content-Type": "image/jpeg"}
    async with world.session.post(f"{media}/upload", data=picture(), headers=bearer) as answer:
        file_id = (await answer.json())["file_id"]

    async def ready() -> bool:
        return bool((await sam.call("media", "GET", f"/files/{file_id}"))["state"] == "ready")

    async def read_by_strangers() -> int:
        async with world.session.get(f"{media}/files/{file_id}/download?variant=thumbnail") as answer:
            await answer.read()
            return answer.status

    await world.until(ready, "the picture")
    hung_on_nothing = await read_by_strangers()
    path = f"/animals/{animal['animal_id']}/photos"
    shown = await sam.call("animal", "POST", path, {"file_id": file_id, "primary": True}, expect=201)

    assert [photo["file_id"] for photo in shown["photos"]] == [file_id]
    assert (hung_on_nothing, await read_by_strangers()) == (404, 200)
