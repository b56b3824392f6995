"""Imports that cannot go on say so, with the reason; a letter that is sent on takes them up again."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.http.animal import imports
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_import import BeginImport, StageImport
from reptidex.streams.values import Gene
from reptidex.tables.animal.imports import Import
from reptidex.tables.letter_office import LetterOffice
from tests.unit.animal.asking import Asker
from tests.unit.animal.conftest import BALL, Keepers

UNKNOWN = (Gene(locus="albino", alleles=("no such allele", "+")),)


@pytest.fixture
def ask(keepers: Keepers) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def shown(ask: Asker, keepers: Keepers, job: Any) -> Any:
    return await ask(imports.get_import, keepers.sam, import_id=job.import_id)


async def make(keepers: Keepers, animal_id: str, **values: Any) -> None:
    """Store something of an animal that no command would let be stored, or mend it."""
    await keepers.harness.put(replace(await keepers.row(animal_id), **values))


async def redrive(keepers: Keepers) -> None:
    [letter] = await keepers.harness.letters()
    await LetterOffice(keepers.harness.database, clock=lambda: keepers.harness.now).redrive(letter.letter_id)
    await keepers.harness.advance(by=timedelta(seconds=1))


async def test_a_part_that_cannot_be_written_ends_the_import_until_its_letter_is_sent_on(
    keepers: Keepers, ask: Asker
) -> None:
    dam = await keepers.animal("female", "2019-01-01", code="DAM-1")
    rows = [f"K-{number},f,2024-05-01,{'DAM-1' if number == 150 else ''}" for number in range(200)]
    body = "\n".join(["code,sex,born,dam", *rows]).encode()
    job = await ask(imports.import_animals, keepers.sam, body, imports.AnimalImport(species="royal python"))
    await make(keepers, dam, genotype=UNKNOWN)
    await keepers.harness.advance(by=timedelta(seconds=1))
    failed = await shown(ask, keepers, job)
    # Nothing else of the vivarium waits behind it.
    await keepers.animal("female", code="NEXT-1")
    await redrive(keepers)
    again = await shown(ask, keepers, job)
    await make(keepers, dam, genotype=())
    await redrive(keepers)
    done = await shown(ask, keepers, job)

    assert (failed.state, failed.done, failed.created) == ("failed", 100, 100)
    assert failed.problem.startswith("part 2 of 2 could not be written: ")
    assert "no such allele" in failed.problem and "100 of 200 rows were done before and stay" in failed.problem
    assert failed.finished_at is not None
    assert (again.state, again.done) == ("failed", 100)
    assert (done.state, done.done, done.created, done.problem) == ("done", 200, 200, "")
    assert await keepers.harness.letters() == []


async def test_genes_that_cannot_be_reckoned_end_it_too_with_all_rows_written(keepers: Keepers, ask: Asker) -> None:
    dam = await keepers.animal("female", "2019-01-01", code="DAM-1")
    sister = await keepers.animal("female", dam_id=dam)
    body = b"code,sex,born,dam,genotype\nK-1,f,2024-05-01,DAM-1,albino=albino/albino\n"
    job = await ask(imports.import_animals, keepers.sam, body, imports.AnimalImport(species="royal python"))
    await make(keepers, sister, species_id="no such species")
    await keepers.harness.advance(by=timedelta(seconds=1))
    failed = await shown(ask, keepers, job)
    await make(keepers, sister, species_id=BALL)
    await redrive(keepers)
    done = await shown(ask, keepers, job)

    assert (failed.state, failed.done, failed.reckoned) == ("failed", 1, 0)
    assert "could not be worked out" in failed.problem and "all rows are written" in failed.problem
    assert (done.state, done.done, done.reckoned, done.problem) == ("done", 1, 1, "")
    assert (await keepers.row(dam)).genotype[0].evidence == "offspring"


async def test_an_import_whose_sender_falls_silent_ends_and_goes_on_with_the_parts_that_come_late(
    keepers: Keepers, ask: Asker
) -> None:
    key = {"import_id": keepers.id(), "vivarium_id": keepers.sam}
    await keepers.harness.ask(BeginImport(kind="animals", format="csv", total=0, parts=2, **key), Done)
    await keepers.harness.advance(by=timedelta(minutes=50))
    await keepers.harness.ask(StageImport(part=0, rows=(), **key), Done)
    await keepers.harness.advance(by=timedelta(minutes=50))
    waiting = await keepers.harness.get(Import, key["import_id"])
    await keepers.harness.advance(by=timedelta(minutes=11))
    silent = await keepers.harness.get(Import, key["import_id"])
    await keepers.harness.ask(StageImport(part=1, rows=(), **key), Done)
    await keepers.harness.advance(by=timedelta(seconds=1))
    late = await keepers.harness.get(Import, key["import_id"])

    assert waiting is not None and waiting.state == "staging"
    assert silent is not None and (silent.state, "after 1 of 2 parts" in silent.problem) == ("failed", True)
    assert late is not None and (late.state, late.problem) == ("done", "")
