"""Notes what happens to an animal's health."""

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.registry import own_animal
from reptidex.errors import InvalidError
from reptidex.streams.commands.animal import Done, RecordHealth
from reptidex.tables.animal.models import Animal, HealthRecord


@agent(RecordHealth, prefetch={Animal: "animal_id"})
async def record_health(command: RecordHealth, unit: Unit) -> None:
    """Note something about an animal's health. It concerns the keeper alone, so nothing is published."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    if command.on_day > unit.now.date() or (animal.born_on and command.on_day < animal.born_on):
        raise InvalidError("the day lies before the animal's birth or in the future", "/on_day")
    if command.kind == "weight" and command.grams is None:
        raise InvalidError("a weight needs its grams", "/grams")
    unit.put(
        HealthRecord(
            record_id=command.record_id,
            animal_id=animal.animal_id,
            vivarium_id=animal.vivarium_id,
            kind=command.kind,
            on_day=command.on_day,
            grams=command.grams,
            text=command.text,
            recorded_by=unit.cause.actor,
            recorded_at=unit.now,
        )
    )
    unit.answer(Done(id=command.record_id))
