"""Keeps enclosures, and who is in them: an animal is in one place at most."""

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import asdict, replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.registry import own_animal
from reptidex.domain.ownership import LEFT, GoneError
from reptidex.errors import DomainError, NotFoundError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_keeping import CloseEnclosure, KeepEnclosure, MoveAnimals
from reptidex.tables.animal.keeping import Enclosure, Stay, stays_of
from reptidex.tables.animal.models import Animal


class EnclosureFullError(DomainError):
    """There is no room for so many animals."""

    title = "The enclosure is full"

    def __init__(self, enclosure: Enclosure, wanted: int) -> None:
        super().__init__(f"{enclosure.name} holds {enclosure.capacity} at most; {wanted} would be in it")
        self.enclosure_id = enclosure.enclosure_id


class OccupiedError(DomainError):
    """Animals are still in it."""

    title = "The enclosure is occupied"

    def __init__(self, enclosure: Enclosure) -> None:
        super().__init__(f"{enclosure.occupants} animals are still in {enclosure.name}")
        self.enclosure_id = enclosure.enclosure_id


async def own_enclosure(enclosure_id: str, vivarium_id: str, unit: Unit) -> Enclosure:
    """Return an enclosure of this vivarium that is in use. Raises `NotFoundError`."""
    found = await unit.get(Enclosure, enclosure_id)
    if found is None or found.vivarium_id != vivarium_id or found.closed_at is not None:
        raise NotFoundError("enclosure", enclosure_id)
    return found


@agent(KeepEnclosure, prefetch={Enclosure: "enclosure_id"})
async def keep_enclosure(command: KeepEnclosure, unit: Unit) -> None:
    """Set an enclosure up, or change it; it cannot become smaller than what it holds."""
    values = asdict(command.enclosure)
    if command.change:
        before = await own_enclosure(command.enclosure_id, command.vivarium_id, unit)
        after = replace(before, **values)
        if after.capacity is not None and before.occupants > after.capacity:
            raise EnclosureFullError(after, before.occupants)
    else:
        after = Enclosure(
            enclosure_id=command.enclosure_id, vivarium_id=command.vivarium_id, opened_at=unit.now, **values
        )
    unit.put(after)
    unit.answer(Done(id=command.enclosure_id))


@agent(CloseEnclosure, prefetch={Enclosure: "enclosure_id"})
async def close_enclosure(command: CloseEnclosure, unit: Unit) -> None:
    """Close an enclosure that is empty; its history stays."""
    enclosure = await own_enclosure(command.enclosure_id, command.vivarium_id, unit)
    if enclosure.occupants:
        raise OccupiedError(enclosure)
    unit.put(replace(enclosure, closed_at=unit.now))
    unit.answer(Done(id=command.enclosure_id))


@agent(MoveAnimals, prefetch={Animal: "animal_ids", Enclosure: lambda command: _place(command)})
async def move_animals(command: MoveAnimals, unit: Unit) -> None:
    """Move animals into an enclosure, or out of any; an animal that is there already stays."""
    animals = [await own_animal(each, command.vivarium_id, unit) for each in dict.fromkeys(command.animal_ids)]
    moving = [one for one in animals if one.enclosure_id != command.enclosure_id]
    for one in moving:
        if one.status in LEFT and command.enclosure_id is not None:
            raise GoneError(one.animal_id, one.status)
    await leave_enclosures(moving, unit)
    if command.enclosure_id is not None:
        enclosure = await own_enclosure(command.enclosure_id, command.vivarium_id, unit)
        occupants = enclosure.occupants + len(moving)
        if enclosure.capacity is not None and occupants > enclosure.capacity:
            raise EnclosureFullError(enclosure, occupants)
        unit.put(replace(enclosure, occupants=occupants))
        for one in moving:
            unit.put(_stay(one, enclosure, unit))
    for one in moving:
        after = replace(one, enclosure_id=command.enclosure_id, revision=one.revision + 1, updated_at=unit.now)
        keep(one, after, unit, "moved")
    unit.answer(Done(id=command.enclosure_id or command.vivarium_id))


def _place(command: MoveAnimals) -> tuple[str, ...]:
    return (command.enclosure_id,) if command.enclosure_id else ()


def _stay(animal: Animal, enclosure: Enclosure, unit: Unit) -> Stay:
    return Stay(
        stay_id=unit.new_id(),
        animal_id=animal.animal_id,
        enclosure_id=enclosure.enclosure_id,
        vivarium_id=enclosure.vivarium_id,
        since=unit.now,
        moved_by=unit.cause.actor,
    )


async def leave_enclosure(animal: Animal, unit: Unit) -> None:
    """End an animal's stay where it is; the caller writes the animal itself."""
    await leave_enclosures([animal], unit)


async def leave_enclosures(animals: Sequence[Animal], unit: Unit) -> None:
    """End the stays of animals where they are, in one round trip; the caller writes the animals themselves."""
    leaving = [one for one in animals if one.enclosure_id is not None]
    if not leaving:
        return
    for stay in await unit.find(stays_of([one.animal_id for one in leaving], now=True)):
        if stay.until is None:
            unit.put(replace(stay, until=unit.now))
    for enclosure_id, count in Counter(one.enclosure_id for one in leaving).items():
        enclosure = await unit.need(Enclosure, enclosure_id or "")
        unit.put(replace(enclosure, occupants=max(0, enclosure.occupants - count)))
