"""What a route of animal takes its contracts take too."""

from types import SimpleNamespace
from typing import Any

import msgspec

from reptidex.services.animal import SERVICE
from reptidex.settings import Settings
from reptidex.testing.extremes import Asked, walk_bodies
from reptidex.testing.views import Person, Views
from tests.unit.animal.asking import USER
from tests.unit.animal.conftest import BALL, Keepers

UNHURRIED = Settings(rate_limit_per_minute=100_000)


class Files:
    """Stands where repti-media answers: every file is a picture of Sam's that is ready."""

    async def get(self, path: str, answer: type[Any], query: Any = None) -> Any:
        """Answer what is asked of a file."""
        return await self.put(path, None, answer)

    async def put(self, path: str, body: Any, answer: type[Any]) -> Any:
        """Hang a file on an animal."""
        facts = {"variants": [], "vivarium_id": Keepers.sam, "kind": "image", "state": "ready"}
        return msgspec.convert(facts, answer)


async def test_no_body_that_is_taken_breaks_a_contract(keepers: Keepers) -> None:
    people = {"sam": Person(USER, keepers.sam, "admin"), "bea": Person(keepers.id(), keepers.bea)}
    views = await Views.open(SERVICE, keepers.harness, SimpleNamespace(media=Files()), people, settings=UNHURRIED)

    async def call(asked: Asked) -> tuple[int, Any]:
        bea = asked.path.startswith("/lineage/suggestions/")
        who = "repti-commerce" if asked.policy.get("services") else "bea" if bea else "sam"
        return await views.call(asked.method, asked.path, who, asked.body)

    animal, mate = await keepers.animal("female"), await keepers.animal("male")
    rival = await keepers.animal("male")
    child = {"animal_id": await keepers.animal(born="2024-05-01", sire_id=mate, dam_id=animal)}
    theirs = await keepers.animal(born="2024-05-01", vivarium_id=keepers.bea, visibility="public")
    known = {
        "species_id": BALL,
        "animal_id": animal,
        "dam_id": animal,
        "sire_id": mate,
        "parent_id": mate,
        "sire_ids": [mate],
        "candidate_sire_ids": [mate, rival],
        "animal_ids": [animal, mate],
        "to_vivarium_id": keepers.bea,
        "vivarium_id": keepers.sam,
        "morphs": ["Pastel"],
        "slug": f"{'x' * 38}-{'x' * 38}",
        "PUT /animals/{animal_id}/parents": child,
        "POST /animals/{animal_id}/parents/suggestions": {"animal_id": theirs},
        "POST /taxonomy/species": {"code": "XYZ"},
        "PUT /taxonomy/species/{species_id}": {"code": "XYZ"},
        "PUT /clutches/{clutch_id}": {"fertile": 400, "slugs": 0, "dead_in_egg": 0, "lost": False, "finished": False},
        "POST /animals/{animal_id}/lineage/dispute": child,
        "POST /animals/{animal_id}/lineage/resolve": child,
        "POST /animals/{animal_id}/lineage/decide": child,
    }
    walk = await walk_bodies(SERVICE, keepers.harness, call, known=known)
    await views.close()

    assert walk.broken == []
    assert len(walk.taken) >= 40, sorted(walk.taken)
