"""Notes what keepers see and do: weights, meals, sheds, medicines, visits. Nothing of it is published."""

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.journal import differences, note
from reptidex.agents.animal.registry import own_animal
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_care import (
    CorrectHealth,
    Entry,
    NotedMany,
    RecordForMany,
    RecordHealth,
    RemoveHealth,
)
from reptidex.tables.animal.health import HealthRecord, columns_of
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.record_checks import check_entry


def record(record_id: str, animal: Animal, entry: Entry, unit: Unit) -> HealthRecord:
    """Make the row of an entry."""
    return HealthRecord(
        record_id=record_id,
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        **columns_of(check_entry(entry, animal, unit.now.date())),
        recorded_by=unit.cause.actor,
        recorded_at=unit.now,
    )


@agent(RecordHealth, prefetch={Animal: "animal_id"})
async def record_health(command: RecordHealth, unit: Unit) -> None:
    """Note something about an animal. It concerns the keepers alone, so nothing is published."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    unit.put(record(command.record_id, animal, command.entry, unit))
    unit.answer(Done(id=command.record_id))


@agent(RecordForMany, prefetch={Animal: "animal_ids"})
async def record_for_many(command: RecordForMany, unit: Unit) -> None:
    """Note the same of several animals; all of them, or none."""
    if len(command.record_ids) != len(command.animal_ids):
        raise InvalidError("each animal needs a record of its own", "/animal_ids")
    for record_id, animal_id in zip(command.record_ids, command.animal_ids, strict=True):
        animal = await own_animal(animal_id, command.vivarium_id, unit)
        unit.put(record(record_id, animal, command.entry, unit))
    unit.answer(NotedMany(record_ids=command.record_ids))


@agent(CorrectHealth, prefetch={Animal: "animal_id", HealthRecord: "record_id"})
async def correct_health(command: CorrectHealth, unit: Unit) -> None:
    """Put another entry of the same kind in a record's place; the journal keeps what it said before."""
    animal, before = await _own_record(command, unit)
    columns = columns_of(check_entry(command.entry, animal, unit.now.date()))
    if columns["kind"] != before.kind:
        raise InvalidError(f"this is a {before.kind}; remove it and note a {columns['kind']} instead", "/kind")
    unit.answer(Done(id=before.record_id))
    if before.entry == command.entry:
        return
    unit.put(replace(before, **columns, corrected_at=unit.now))
    fields = differences(before.entry, command.entry)
    note(animal, f"{before.kind} corrected", unit, subject_id=before.record_id, fields=fields)


@agent(RemoveHealth, prefetch={Animal: "animal_id", HealthRecord: "record_id"})
async def remove_health(command: RemoveHealth, unit: Unit) -> None:
    """Strike a record out; it stays with the reason, and counts no more."""
    animal, before = await _own_record(command, unit)
    unit.put(replace(before, removed_at=unit.now, removed_because=command.reason))
    note(animal, f"{before.kind} removed: {command.reason}", unit, subject_id=before.record_id)
    unit.answer(Done(id=before.record_id))


async def _own_record(command: CorrectHealth | RemoveHealth, unit: Unit) -> tuple[Animal, HealthRecord]:
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    found = await unit.get(HealthRecord, command.record_id)
    if found is None or found.animal_id != animal.animal_id or found.removed_at is not None:
        raise NotFoundError("record", command.record_id)
    if found.vivarium_id != command.vivarium_id:
        raise InvalidError("an earlier owner noted this; it stays as it was")
    return animal, found
