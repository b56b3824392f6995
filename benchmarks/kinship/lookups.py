"""Single questions to a registry in a database, through the service's own query path."""

import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from benchmarks.kinship.registry import Made
from reptidex.domain.studbook.arrays import Figures
from reptidex.domain.studbook.book import Studbook
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import Lines, depths, inbreeding_of, lines_of
from reptidex.tables.database import Database
from reptidex.tables.migrate import migrate
from reptidex.tables.query import select
from reptidex.tables.reader import Reader

CHUNK = 5000
Times = dict[str, list[float]]


async def measure(made: Made, figures: Figures, asked: int, url: str | None = None) -> tuple[Times, float]:
    """Ask so many questions of each kind; return their milliseconds, and how many ancestors an animal has on average."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(url or f"sqlite+aiosqlite:///{Path(folder) / 'animal.db'}", worker=False)
        try:
            await migrate(database, "animal")
            await _fill(database, made, figures)
            return await _ask(Reader(database), made, asked)
        finally:
            await database.close()


async def _fill(database: Database, made: Made, figures: Figures) -> None:
    session = await database.session()
    for rows in (places_of(made, figures), animals_of(made)):
        statements = database.statements(type(rows[0]))
        for start in range(0, len(rows), CHUNK):
            await session.commit([statements.write(rows[start : start + CHUNK])])
    await session.close()


def places_of(made: Made, figures: Figures) -> list[Any]:
    """Return the places of a registry's animals, with their figures."""
    book = Studbook(made.pedigree)
    bare = {one: Descent(animal_id=one, sire_id=sire, dam_id=dam) for one, (sire, dam) in made.pedigree.items()}
    deep = depths(Lines(bare))
    places: list[Any] = []
    for animal, place in bare.items():
        generation, equivalents = deep.get(animal, (0, 0.0))
        inbreeding = float(figures[book.place[animal]])
        places.append(replace(place, inbreeding=inbreeding, generation=generation, equivalents=equivalents))
    return places


def animals_of(made: Made, vivarium_id: str = "v", species_id: str = "s") -> list[Any]:
    """Return the rows of a registry's animals; sires are male and dams female."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    shared: dict[str, Any] = {"vivarium_id": vivarium_id, "species_id": species_id, "species": "Python regius"}
    sexes = {sire: "male" for sire, _ in made.pedigree.values()} | {dam: "female" for _, dam in made.pedigree.values()}
    sexes |= {made.last[0]: "male", made.last[1]: "female"}
    rows: list[Any] = []
    for animal, (sire, dam) in made.pedigree.items():
        values: dict[str, Any] = {"sire_id": sire, "dam_id": dam, "sex": sexes.get(animal, "unknown"), **shared}
        rows.append(Animal(animal_id=animal, code=animal, created_at=moment, updated_at=moment, **values))
    return rows


async def _ask(read: Reader, made: Made, asked: int) -> tuple[Times, float]:
    chance, ancestors = random.Random(2), list[int]()

    async def inbreeding() -> None:
        await inbreeding_of(read, chance.choice(made.last))

    async def kinship() -> None:
        one, other = chance.sample(made.last, 2)
        lines = await lines_of(read, [one, other])
        lines.ancestry().mating(one, other)

    async def ancestry() -> None:
        ancestors.append(len((await lines_of(read, [chance.choice(made.last)])).rows) - 1)

    async def by_generation() -> None:
        known, level = set[str](), {chance.choice(made.last)}
        while level:
            rows = [row for part in _parts(sorted(level)) for row in await read.find(_with_ids(part))]
            known |= level
            level = {parent for row in rows for parent in row.parents if parent} - known

    kinds = {
        "F of an animal": inbreeding,
        "all its ancestors, one question": ancestry,
        "the same, a question a generation": by_generation,
        "kinship of two": kinship,
    }
    times = {
        name: await _timed(kind, asked if name == "F of an animal" else max(20, asked // 20))
        for name, kind in kinds.items()
    }
    return times, sum(ancestors) / len(ancestors)


def _with_ids(ids: list[str]) -> Any:
    return select(Descent, Descent.c.animal_id.in_(ids))


def _parts(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + 500] for start in range(0, len(ids), 500)]


async def _timed(question: Callable[[], Awaitable[None]], times: int) -> list[float]:
    taken = []
    for turn in range(times + 5):
        begin = time.perf_counter()
        await question()
        if turn >= 5:
            taken.append((time.perf_counter() - begin) * 1000)
    return sorted(taken)
