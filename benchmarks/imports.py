"""An import against its bare baseline and against registering row by row, in CPU time of one process; ratios printed.

python -m benchmarks.imports [--rows 5000] [--generations 10] [--rounds 3] [--json FILE]

All sides write into SQLite in memory and without a log, so that what is compared is our own work. The baseline reads the same
file with `csv` and inserts its cells with one `executemany`: no rule is checked and no event is told.
"""

import argparse
import asyncio
import csv
import io
import random
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from reptidex.domain.catalogue.shelf import find_species
from reptidex.domain.interchange.animals_csv import read_animals_csv
from reptidex.domain.interchange.resolving import Known, Options, resolve
from reptidex.services.animal import SERVICE
from reptidex.streams.commands.animal import RegisterAnimal
from reptidex.streams.commands.animal_import import BeginImport, ImportRow, StageImport
from reptidex.streams.values import Gene
from reptidex.tables.animal.imports import Import
from reptidex.tables.animal.intake import Intake
from reptidex.tables.animal.models import Animal
from reptidex.testing import UnitHarness

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
VIVARIUM = "aaaaaaaa-0000-7000-8000-000000000000"
BALL = next(find_species("Python regius")).species_id
PART = 100
SHARE = 0.1
"""Of the rows that the slow way gets."""
console = Console(highlight=False, width=110)


def file_of(rows: int, generations: int) -> bytes:
    """Make a file of a collection bred over some generations, in no order; the same each time."""
    chance, each = random.Random(1), rows // generations
    lines = []
    for number in range(rows):
        generation = min(number // each, generations - 1)
        sire = dam = ""
        if generation:
            first = (generation - 1) * each
            sire, dam = (f"R{first + 2 * chance.randrange(each // 2) + odd}" for odd in (0, 1))
        sex, born = "mf"[number % 2], f"{1990 + 3 * generation}-05-01"
        lines.append(f"R{number},Python regius,{sex},{born},{sire},{dam},Albino,albino=albino/+")
    chance.shuffle(lines)
    return "\n".join(["external_ref,species,sex,born,sire,dam,morphs,genotype", *lines]).encode()


def new_id(number: int) -> str:
    """Return an id that is a UUID."""
    return f"11111111-0000-7000-8000-{number:012d}"


async def bare(raw: bytes) -> int:
    """Read the file and insert its cells."""
    records = list(csv.reader(io.StringIO(raw.decode())))
    columns = records[0]
    with sqlite3.connect(":memory:") as base:
        base.execute(
            f"CREATE TABLE animals ({', '.join(f'{name} TEXT' for name in columns)}, PRIMARY KEY (external_ref))"
        )
        base.executemany(f"INSERT INTO animals VALUES ({', '.join('?' * len(columns))})", records[1:])
    return len(records) - 1


async def checked(raw: bytes) -> int:
    """Check the file as a dry run does, into a collection that is empty."""
    rows = _resolved(raw)
    intake = Intake(VIVARIUM, NOW, [])
    intake.expect(rows)
    return sum(intake.judge(row).outcome.action == "create" for row in rows)


def _resolved(raw: bytes) -> list[ImportRow]:
    ids = iter(range(10**9))
    found = resolve(read_animals_csv(raw).entries, Known(), Options(), lambda: new_id(next(ids)))
    return [
        ImportRow(line=each.line, animal_id=each.animal_id, entry=each.entry, sire_id=each.sire_id, dam_id=each.dam_id)
        for each in found
    ]


async def imported(raw: bytes) -> int:
    """Check the file, put it by and write it."""
    async with await UnitHarness.open(SERVICE.agents, Animal, now=NOW) as harness:
        await checked(raw)
        rows = _resolved(raw)
        parts = [tuple(rows[start : start + PART]) for start in range(0, len(rows), PART)]
        key: dict[str, Any] = {"import_id": new_id(10**9), "vivarium_id": VIVARIUM}
        await harness.handle(BeginImport(**key, kind="animals", format="csv", total=len(rows), parts=len(parts)))
        for number, part in enumerate(parts):
            await harness.handle(StageImport(**key, part=number, rows=part))
        await harness.advance(by=timedelta(seconds=1))
        job = await harness.get(Import, key["import_id"])
        assert job is not None and job.state == "done"
        return job.created


async def one_by_one(raw: bytes) -> int:
    """Register the first rows one command each, as a client without imports would, without HTTP and without the log."""
    rows = _resolved(raw)
    rows = rows[: int(len(rows) * SHARE)]
    gene = Gene(locus="albino", alleles=("albino", "+"))
    async with await UnitHarness.open(SERVICE.agents, Animal, now=NOW) as harness:
        for row in rows:
            await harness.handle(
                RegisterAnimal(
                    animal_id=row.animal_id,
                    vivarium_id=VIVARIUM,
                    species_id=BALL,
                    sex=row.entry.sex,
                    born_on=date.fromisoformat(row.entry.born or "2000-01-01"),
                    morphs=row.entry.morphs,
                    genotype=(gene,),
                    sire_id=row.sire_id,
                    dam_id=row.dam_id,
                    external_ref=row.entry.external_ref,
                )
            )
    return len(rows)


SIDES: dict[str, Callable[[bytes], Awaitable[int]]] = {
    "bare csv and INSERT": bare,
    "dry run": checked,
    "import": imported,
    "one command a row": one_by_one,
}


async def measure(raw: bytes, rounds: int) -> dict[str, float]:
    """Return the median CPU time of each side in microseconds a row, taking turns."""
    found: dict[str, list[float]] = {name: [] for name in SIDES}
    for _ in range(rounds):
        for name, side in SIDES.items():
            began = time.process_time()
            count = await side(raw)
            found[name].append((time.process_time() - began) / count * 1e6)
    return {name: statistics.median(times) for name, times in found.items()}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--generations", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    medians = asyncio.run(measure(file_of(asked.rows, asked.generations), asked.rounds))
    base = medians["bare csv and INSERT"]
    table = Table(title=f"{asked.rows} rows over {asked.generations} generations", title_justify="left")
    for column in ("side", "CPU µs/row", "x bare", "x import"):
        table.add_column(column, justify="left" if column == "side" else "right")
    for name, micros in medians.items():
        table.add_row(name, f"{micros:,.0f}", f"{micros / base:,.1f}", f"{micros / medians['import']:,.2f}")
    console.print(table)
    if asked.json:
        asked.json.write_bytes(msgspec.json.encode(medians))


if __name__ == "__main__":
    main()
