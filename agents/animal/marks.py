"""Notes the marks by which animals are told apart."""

from msgspec.structs import asdict, replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.journal import differences, note
from reptidex.agents.animal.records import remarked
from reptidex.agents.animal.registry import own_animal
from reptidex.domain.lineage import Remark
from reptidex.domain.registry.marks import check_days, checked_mark
from reptidex.errors import NotFoundError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_keeping import Mark, MarkAnimal, RemoveMark
from reptidex.tables.animal.keeping import AnimalMark, chip_bearers
from reptidex.tables.animal.models import Animal


def row_of(mark_id: str, animal: Animal, mark: Mark, unit: Unit) -> AnimalMark:
    """Make the row of a mark. Raises `InvalidError`."""
    value = checked_mark(mark.kind, mark.value, mark.standard)
    check_days(mark.since, mark.until, unit.now.date())
    values = asdict(mark) | {"value": value}
    return AnimalMark(
        mark_id=mark_id,
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        recorded_at=unit.now,
        **values,
    )


@agent(MarkAnimal, prefetch={Animal: "animal_id", AnimalMark: "mark_id"})
async def mark_animal(command: MarkAnimal, unit: Unit) -> None:
    """Note a mark of an animal, or correct one; a chip that another animal carries too is a warning."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    after = row_of(command.mark_id, animal, command.mark, unit)
    if command.correct:
        before = await _own_mark(command.mark_id, animal, unit)
        after = replace(after, recorded_at=before.recorded_at)
        note(animal, "mark corrected", unit, subject_id=after.mark_id, fields=differences(before, after))
    else:
        note(animal, f"marked: {after.kind}", unit, subject_id=after.mark_id)
    unit.put(after)
    unit.answer(Done(id=after.mark_id, remarks=remarked(await _doubts(after, unit))))


@agent(RemoveMark, prefetch={Animal: "animal_id", AnimalMark: "mark_id"})
async def remove_mark(command: RemoveMark, unit: Unit) -> None:
    """Strike out a mark that was noted by mistake; one that is gone gets an `until` instead."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    before = await _own_mark(command.mark_id, animal, unit)
    unit.put(replace(before, removed_because=command.reason))
    note(animal, f"mark removed: {command.reason}", unit, subject_id=before.mark_id)
    unit.answer(Done(id=before.mark_id))


async def _own_mark(mark_id: str, animal: Animal, unit: Unit) -> AnimalMark:
    found = await unit.get(AnimalMark, mark_id)
    if found is None or found.animal_id != animal.animal_id or found.removed_because:
        raise NotFoundError("mark", mark_id)
    return found


async def _doubts(mark: AnimalMark, unit: Unit) -> list[Remark]:
    if mark.kind != "microchip" or mark.until is not None:
        return []
    bearers = {one.animal_id for one in await unit.find(chip_bearers(mark.value))} - {mark.animal_id}
    if not bearers:
        return []
    others = await unit.get_many(Animal, sorted(bearers))
    own = tuple(one.animal_id for one in others.values() if one.vivarium_id == mark.vivarium_id)
    whose = "another animal of yours" if own else "another animal on the platform"
    return [Remark(rule="chip_twice", severity="warning", text=f"{whose} carries this microchip too", animal_ids=own)]
