"""Writes what an import brings beside animals: places, seasons, pairings, clutches, care, origins, tests."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.agents.animal import journal
from reptidex.agents.animal.clutches import watch
from reptidex.agents.animal.descent import place_of, standing_event
from reptidex.agents.animal.history import ROLES, Word, by_record, note, overall, parent_of, standing_of, with_standing
from reptidex.agents.animal.laboratory import tested_anew
from reptidex.agents.animal.pairings import paired
from reptidex.agents.animal.records import clutch_record, hatched, updated
from reptidex.streams.animal import BreedingClutchCreated
from reptidex.streams.commands.animal_collection import CarriedSeason, animals_in, kind_of
from reptidex.streams.commands.animal_genetics import LocusResult, RecordTest
from reptidex.streams.commands.animal_import import ImportRow, RowOutcome
from reptidex.streams.contract import Event
from reptidex.tables.animal.breeding import Clutch, Pairing, Season
from reptidex.tables.animal.breeding_queries import seasons_of
from reptidex.tables.animal.genetics import GeneticTest
from reptidex.tables.animal.imports import Import
from reptidex.tables.animal.keeping import AnimalProvenance, Enclosure
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.record_intake import ROWS, JudgedRecord, RecordIntake
from reptidex.tables.row import Row


async def write_records(job: Import, rows: Sequence[ImportRow], unit: Unit) -> tuple[list[RowOutcome], list[Event]]:
    """Write records as things stand now; return what became of each, and what is to be told."""
    if not rows:
        return [], []
    animals = await unit.get_many(Animal, {row.names[name] for row in rows for name in _animals(row)})
    intake = RecordIntake(
        job.vivarium_id,
        unit.now,
        animals,
        await _there(rows, job.vivarium_id, unit),
        unit.new_id,
        actor=unit.cause.actor,
    )
    outcomes, said = list[RowOutcome](), list[Event]()
    for row in rows:
        judged = intake.judge(row)
        outcomes.append(judged.outcome)
        said += await _write(judged, unit)
    return outcomes, said


def _animals(row: ImportRow) -> list[str]:
    return [name for name in animals_in(row.record) if name in row.names] if row.record else []


async def _there(rows: Sequence[ImportRow], vivarium_id: str, unit: Unit) -> list[Row]:
    """Return the rows that records are already, and the places, seasons and pairings that they name."""
    wanted: dict[type[Row], set[str]] = {kind: set() for kind in ROWS.values()}
    for row in rows:
        if row.record is not None:
            wanted[ROWS[kind_of(row.record)]].add(row.animal_id)
        named = {row.names[name] for name in row.names.keys() - _animals(row)}
        for each in (Enclosure, Season, Pairing):
            wanted[each] |= named
    found: list[Row] = []
    for kind, keys in wanted.items():
        found += (await unit.get_many(kind, keys)).values() if keys else ()
    if any(isinstance(row.record, CarriedSeason) for row in rows):  # of one name there is only one
        seasons: list[Season] = await unit.find(seasons_of(vivarium_id))
        found += seasons
    return found


async def _write(judged: JudgedRecord, unit: Unit) -> list[Event]:
    said: list[Event] = []
    for row in judged.rows:
        if isinstance(row, GeneticTest):
            said += (await tested_anew(_command(row), unit))[1]
            continue
        unit.put(row)
        if isinstance(row, AnimalProvenance):
            animal = await unit.need(Animal, row.animal_id)
            journal.note(animal, f"{row.direction}: {row.how}", unit, subject_id=row.provenance_id)
        if isinstance(row, Clutch):
            watch(row, unit)
            said.append(BreedingClutchCreated(**clutch_record(row)))
            said += [hatched(row)] if row.status == "hatched" else []
        elif isinstance(row, Pairing) and row.status in ("active", "ended"):
            said.append(paired(row))
    clutch = next((row for row in judged.rows if isinstance(row, Clutch)), None)
    for before, after in judged.changed:
        said += await _changed(before, after, clutch, unit)
    return said


def _command(row: GeneticTest) -> RecordTest:
    same = ("test_id", "animal_id", "vivarium_id", "laboratory", "method", "reference", "tested_on", "notes")
    values: dict[str, Any] = {name: getattr(row, name) for name in same}
    return RecordTest(**values, results=tuple(LocusResult(locus=one.locus, alleles=one.alleles) for one in row.results))


async def _changed(before: Animal, after: Animal, clutch: Clutch | None, unit: Unit) -> list[Event]:
    """Write an animal that a record changes; the record of its clutch confirms the parents that it names."""
    known = await unit.need(Animal, before.animal_id)  # another record of the part may have changed it
    same = {name: getattr(after, name) for name in ("clutch_id", "breeder_vivarium_id", "enclosure_id")}
    before, after = known, replace(known, **same)
    place = stood = await place_of(before, unit)
    for role in ROLES if clutch else ():
        parent = parent_of(after, role)
        if standing_of(place, role) == "claimed" and await by_record(clutch, role, parent, unit) == "confirmed":
            place = with_standing(place, role, "confirmed")
            word = Word(vivarium_id=after.vivarium_id, evidence="clutch")
            note(after.animal_id, role, parent, "confirmed", "confirmed", word, unit)
    after = replace(after, revision=before.revision + 1, updated_at=unit.now)
    if place != stood:
        unit.put(place)
        after = replace(after, lineage_status=overall(place))
    journal.keep(before, after, unit, "imported")
    if clutch is None:
        return []
    said: list[Event] = [updated(after, "clutch_id", "breeder_vivarium_id", "lineage_status")]
    return [*said, standing_event(after, before, [])] if after.lineage_status != before.lineage_status else said
