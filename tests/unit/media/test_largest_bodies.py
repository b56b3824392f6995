"""What a route of media takes its contracts take too."""

from types import SimpleNamespace
from typing import Any

from reptidex.services.media import SERVICE
from reptidex.settings import Settings
from reptidex.testing.extremes import Asked, walk_bodies
from reptidex.testing.views import Person, Views
from tests.unit.media.conftest import Studio, picture


async def test_no_body_that_is_taken_breaks_a_contract(studio: Studio) -> None:
    ports = SimpleNamespace(files=studio.ports.files, animal=studio.ports.animal, core=studio.ports.animal)
    studio.ports.animal.answers[f"/internal/vivariums/{studio.sam}/members"] = {
        "items": [{"user_id": studio.user, "role": "herpetologist"}]
    }
    studio.ports.animal.has(studio.animal, studio.sam, visibility="public")
    people = {"sam": Person(studio.user, studio.sam)}
    views = await Views.open(SERVICE, studio.harness, ports, people, settings=Settings(rate_limit_per_minute=100_000))

    async def call(asked: Asked) -> tuple[int, Any]:
        return await views.call(asked.method, asked.path, "sam", asked.body)

    file_id = await studio.upload(picture())
    await studio.work()
    walk = await walk_bodies(
        SERVICE,
        studio.harness,
        call,
        known={"file_id": file_id, "subject_id": studio.animal, "animal_id": studio.animal},
    )
    await views.close()

    assert walk.broken == []
    assert len(walk.taken) >= 2, sorted(walk.taken)
