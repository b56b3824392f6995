"""Care records from a file: the one that was exported, or a keeper's own table."""

from datetime import date, timedelta
from typing import Any

import pytest

from reptidex.domain.interchange.reading import UnreadableError
from reptidex.http.animal import care, care_import, care_overview, imports
from reptidex.streams.commands.animal_care import Feeding, Length, Visit, Weight
from tests.unit.animal.asking import Asker
from tests.unit.animal.test_collection import ask

__all__ = ["ask"]


async def send(keepers: Any, ask: Asker, vivarium: str, body: bytes, **query: Any) -> Any:
    job = await ask(care_import.import_care, vivarium, body, care_import.CareImport(**query))
    if job.import_id is None:
        return job
    await keepers.harness.advance(by=timedelta(seconds=1))
    return await ask(imports.get_import, vivarium, import_id=job.import_id)


async def noted(ask: Asker, vivarium: str, animal: str) -> list[Any]:
    page = await ask(care.list_health, vivarium, query=care.CareFilter(), animal_id=animal)
    return [one.entry for one in page.items]


async def test_a_keepers_own_table_is_read_and_each_wrong_line_says_why(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal(code="K-1")
    table = b"""code;date;weight;kind;food;note
K-1;1.2.2026;61,5;;;after shedding
K-1;2026-02-02;;;mouse;
K-1;2026-02-03;;checkup;;looks well
NOBODY;2026-02-01;60;;;
K-1;2026-02;60;;;
K-1;2027-02-01;60;;;
K-1;2026-02-01;much;;;
K-1;2026-02-01;;dragon;;
"""
    dry = await send(keepers, ask, keepers.sam, table, dry_run=True)
    stopped = await send(keepers, ask, keepers.sam, table)
    done = await send(keepers, ask, keepers.sam, table, on_error="skip")

    refused = {row.line: row.problems[0].rule for row in dry.rows if row.action == "refuse"}
    assert refused == {5: "missing", 6: "value", 7: "care", 8: "value", 9: "value"}
    assert [row.label for row in dry.rows if row.line == 2] == ["K-1, weight of 2026-02-01"]
    assert (stopped.state, stopped.import_id, done.created, done.refused) == ("stopped", None, 3, 5)
    entries = await noted(ask, keepers.sam, animal)
    assert Weight(on_day=date(2026, 2, 1), grams=61.5, text="after shedding") in entries
    assert Feeding(on_day=date(2026, 2, 2), prey="mouse") in entries
    again = await send(keepers, ask, keepers.sam, table, on_error="skip")
    assert (again.unchanged, again.created) == (3, 0)


@pytest.mark.parametrize("format_", ["csv", "json"])
async def test_what_was_exported_comes_in_elsewhere(keepers: Any, ask: Asker, format_: Any) -> None:
    here = await keepers.animal(code="K-1")
    there = await keepers.animal(code="K-1", vivarium_id=keepers.bea)
    for entry in (
        Weight(on_day=date(2026, 1, 1), grams=50),
        Weight(on_day=date(2026, 1, 1), grams=50),
        Length(on_day=date(2026, 1, 2), centimetres=30.5),
        Visit(on_day=date(2026, 1, 3), findings="=fine", text='a;b\n"c"'),
    ):
        await ask(care.record_health, keepers.sam, entry, animal_id=here)
    answer = await ask(care_overview.export_care, keepers.sam, query=care_overview.CareExport(format=format_))
    file = b"".join([part async for part in answer.parts])
    done = await send(keepers, ask, keepers.bea, file, format=format_)
    again = await send(keepers, ask, keepers.sam, file, format=format_, dry_run=True)

    assert (done.created, done.refused, again.unchanged) == (4, 0, 4)
    assert sorted(map(repr, await noted(ask, keepers.bea, there))) == sorted(
        map(repr, await noted(ask, keepers.sam, here))
    )


@pytest.mark.parametrize(
    "cells", ["weight;1e3;", "weight;nan;", "weight;-1;", "note;;" + "[" * 40_000, 'note;;{"kind":"weight"}']
)
async def test_a_cell_that_says_nothing_refuses_its_line(keepers: Any, ask: Asker, cells: str) -> None:
    await keepers.animal(code="K-1")
    table = f"animal;date;kind;grams;details\nK-1;2026-01-01;{cells}\n".encode()
    said = await send(keepers, ask, keepers.sam, table, dry_run=True)

    assert [(row.action, row.problems[0].rule) for row in said.rows] == [("refuse", "value")]


async def test_a_table_of_something_else_is_refused_whole_and_strange_columns_are_named(
    keepers: Any, ask: Asker
) -> None:
    with pytest.raises(UnreadableError):
        await send(keepers, ask, keepers.sam, b'{"records": []}', dry_run=True)
    said = await send(keepers, ask, keepers.sam, b"animal,date,grams,mood\nNOBODY,2026-01-01,5,good\n", dry_run=True)

    assert said.ignored == ("mood",)


async def test_nobody_notes_anything_of_anothers_animal(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal(code="K-1", visibility="public")
    said = await send(keepers, ask, keepers.bea, f"animal,grams,date\n{animal},5,2026-01-01\n".encode(), dry_run=True)

    assert [one.rule for one in said.rows[0].problems] == ["missing"]
