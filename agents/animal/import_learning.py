"""Learns of genes from an import once all of it is written: rows stand in any order, and families lie across parts."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.import_ending import note_failure
from reptidex.agents.animal.proving import relearn
from reptidex.streams.commands.animal_import import LearnImport, RowOutcome
from reptidex.streams.contract import Event
from reptidex.tables.animal.imports import Import, ImportPart
from reptidex.tables.animal.models import Animal

_TELLS = {"genotype", "morphs", "sire_id", "dam_id", "sex"}
"""Fields of an animal that was there whose change may tell something of its family's genes."""
ROWS = 20
"""Rows whose families are read and reckoned in one unit of work: a herd full of loops costs tenths of a second a row."""


def learn_next(job: Import, part: int, unit: Unit, start: int = 0) -> None:
    """Have rows of a part reckoned."""
    command = LearnImport(import_id=job.import_id, vivarium_id=job.vivarium_id, part=part, start=start)
    unit.timer(f"import:{job.import_id}", unit.now, command)


def _part(command: LearnImport) -> tuple[str, ...]:
    return (ImportPart.id_of(command.import_id, command.part),)


@agent(LearnImport, prefetch={Import: "import_id", ImportPart: _part}, died=note_failure)
async def learn_from_import(command: LearnImport, unit: Unit) -> AsyncIterator[Event]:
    """Reckon what some of a part's animals and their parents carry; all have been written, so each is reckoned once."""
    job = await unit.need(Import, command.import_id)
    part = await unit.need(ImportPart, ImportPart.id_of(command.import_id, command.part))
    left = [place for place, one in enumerate(part.outcomes) if place >= command.start and _tells(one)]
    end = left[ROWS] if len(left) > ROWS else len(part.outcomes)
    rows = {one.animal_id: one for one in part.outcomes[command.start : end] if one.animal_id and _tells(one)}
    animals = await unit.get_many(Animal, rows)
    kin = {one for each in animals.values() for one in (each.sire_id, each.dam_id) if one}
    family = animals | await unit.get_many(Animal, kin)
    if any(one.genotype or one.morphs for one in family.values()):
        # What all are new to is reckoned row by row; what was there before has kin that are no rows.
        new = all(one.created_at >= job.begun_at for one in family.values())
        for event in await relearn(sorted(family), job.vivarium_id, unit, alone=new, brought=True):
            yield event
    reckoned = job.reckoned + len(part.outcomes[command.start : end])
    job = replace(job, state="reckoning", problem="", finished_at=None, reckoned=reckoned)
    if end < len(part.outcomes):
        learn_next(job, command.part, unit, end)
    elif command.part + 1 < job.parts:
        learn_next(job, command.part + 1, unit)
    else:
        job = replace(job, state="done", finished_at=unit.now)
    unit.put(job)


def _tells(row: RowOutcome) -> bool:
    """Say whether a row may tell something of genes that nobody knew."""
    if row.record:
        return False
    return row.action == "create" or bool(row.action == "update" and _TELLS & set(row.changed))
