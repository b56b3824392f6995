"""What writes cost on a registry, through the agents and a database in memory: its own ancestors, its own descendants."""

import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from benchmarks.kinship.lookups import CHUNK, animals_of, places_of
from benchmarks.kinship.registry import Made
from reptidex.domain.catalogue.shelf import find_species
from reptidex.domain.studbook.arrays import Figures
from reptidex.services.animal import SERVICE
from reptidex.streams.commands.animal import RegisterAnimal, SetParents
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import lines_of
from reptidex.testing import UnitHarness

VIVARIUM = "aaaaaaaa-0000-7000-8000-000000000000"


class Write(msgspec.Struct, frozen=True):
    """One write: how many animals it concerns, and its CPU time in milliseconds."""

    what: str
    concerned: int
    cpu_ms: float


async def measure(made: Made, figures: Figures) -> list[Write]:
    """Register a founder and an animal of the youngest, and give an early sire a parent."""
    species = next(find_species("Python regius")).species_id
    async with await UnitHarness.open(SERVICE.agents, Animal, now=datetime(2026, 1, 1, tzinfo=UTC)) as harness:
        session = await harness.database.session()
        for rows in (places_of(made, figures), animals_of(made, vivarium_id=VIVARIUM, species_id=species)):
            statements = harness.database.statements(type(rows[0]))
            for start in range(0, len(rows), CHUNK):
                await session.commit([statements.write(rows[start : start + CHUNK])])
        await session.close()

        async def timed(command: Any) -> tuple[float, list[Any]]:
            begin = time.process_time()
            events = await harness.handle(command)
            return (time.process_time() - begin) * 1000, events

        def newcomer(number: int, **more: Any) -> RegisterAnimal:
            animal_id = f"ffffffff-0000-7000-8000-{number:012x}"
            return RegisterAnimal(animal_id=animal_id, vivarium_id=VIVARIUM, species_id=species, **more)

        await timed(newcomer(0))
        founder, _ = await timed(newcomer(1, sex="male"))
        sire, dam = made.last[0], made.last[1]
        above = len((await lines_of(harness, [sire, dam])).rows)
        young, _ = await timed(newcomer(2, sire_id=sire, dam_id=dam))
        early = next(parents[0] for parents in made.pedigree.values() if parents[0])
        change = SetParents(animal_id=early, vivarium_id=VIVARIUM, sire_id=newcomer(1).animal_id, dam_id=None)
        changed, events = await timed(change)
        below = sum(len(event.descendants) for event in events if hasattr(event, "descendants"))
    return [
        Write("register a founder", 0, founder),
        Write("register young of two of the youngest: its ancestors", above, young),
        Write("give an early sire a parent: his descendants", below, changed),
    ]
