"""Many animals placed at once: the same figures as one by one, by one query."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.history import Word
from reptidex.agents.animal.placing import place_all
from reptidex.domain.kinship import Kinship
from reptidex.services.animal import SERVICE
from reptidex.streams.commands.animal_lineage import SetLineageRules
from reptidex.tables.animal.lineage import Descent, LineageEntry, Suggestion
from reptidex.tables.animal.models import Animal
from reptidex.tables.query import select
from reptidex.testing import UnitHarness
from tests.unit.animal.conftest import BALL
from tests.unit.domain.pedigrees import WRAY

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SAM, BEA = "aaaaaaaa-0000-7000-8000-000000000000", "bbbbbbbb-0000-7000-8000-000000000000"


def row(number: str, **more: Any) -> Animal:
    values: dict[str, Any] = {"vivarium_id": SAM, "species_id": BALL, "species": "Python regius"}
    return Animal(animal_id=number, code=f"C-{number}", created_at=NOW, updated_at=NOW, **(values | more))


@pytest.fixture
async def harness() -> AsyncIterator[UnitHarness]:
    """The animal service with an agent that takes the pedigree of Wray 1990 in, its founders being there already."""

    @agent(SetLineageRules)
    async def take_in(command: SetLineageRules, unit: Unit) -> None:
        """Take animals 3 to 8 in."""
        young = [row(one, sire_id=sire, dam_id=dam) for one, (sire, dam) in reversed(list(WRAY.items()))]
        for animal in young:
            unit.put(animal)
        await place_all(young, unit, Word(vivarium_id=SAM))

    agents = [one for one in SERVICE.agents if SetLineageRules not in one.hears]
    async with await UnitHarness.open([*agents, take_in], Animal, now=NOW) as harness:
        founders = row("1"), row("2", vivarium_id=BEA, visibility="public")
        await harness.put(*founders, *(Descent(animal_id=one.animal_id, inbreeding=0.0) for one in founders))
        yield harness


async def test_many_are_placed_as_they_would_be_one_by_one(harness: UnitHarness) -> None:
    await harness.handle(SetLineageRules(vivarium_id=SAM, inbreeding_limit=0.5))
    places = {one.animal_id: one for one in await harness.find(select(Descent))}
    exact = Kinship(WRAY)

    assert {one: place.inbreeding for one, place in places.items()} == {one: exact.inbreeding(one) for one in places}
    assert (places["8"].generation, places["3"].sire_standing) == (4, "claimed")
    assert places["3"].parents == WRAY["3"]


async def test_their_claims_are_written_down_and_strangers_asked(harness: UnitHarness) -> None:
    await harness.handle(SetLineageRules(vivarium_id=SAM, inbreeding_limit=0.5))

    assert len(await harness.find(select(LineageEntry))) == 12
    asked = await harness.find(select(Suggestion))
    assert {(one.animal_id, one.parent_id) for one in asked} == {("3", "2"), ("4", "2"), ("6", "2")}
