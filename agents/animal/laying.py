"""What clutches say of their dams and candidates, and these of them: neither record may come to contradict the other."""

from datetime import date
from typing import Literal

from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.agents.animal.records import clutch_record
from reptidex.domain.clutches import Counts, check_counts
from reptidex.errors import InvalidError
from reptidex.streams.animal import BreedingClutchUpdated
from reptidex.streams.contract import Event
from reptidex.tables.animal.breeding import Clutch, Pairing
from reptidex.tables.animal.breeding_queries import breeding_with, clutches_of_dam
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import owners_of


def check_laid(laid_on: date, dam: Animal, pairing: Pairing | None, today: date) -> None:
    """Check the day on which a clutch was laid. Raises `InvalidError`."""
    if dam.died_on and laid_on > dam.died_on:
        raise InvalidError("a clutch is laid before its dam dies", "/laid_on")
    if laid_on > today:
        raise InvalidError("a clutch cannot be laid in the future", "/laid_on")
    if dam.born_on and laid_on <= dam.born_on:
        raise InvalidError("a clutch is laid after its dam was born", "/laid_on")
    if pairing and pairing.status != "planned" and pairing.paired_on and laid_on < pairing.paired_on:
        raise InvalidError(f"the clutch was laid before its pairing began ({pairing.paired_on})", "/laid_on")


async def count_hatchling(animal: Animal, by: Literal[1, -1], unit: Unit) -> list[Event]:
    """Have the clutch of a hatchling count it no more, since it was registered by mistake, or again.

    Raises `InvalidError` where the eggs do not allow it any more. Another vivarium's clutch is that vivarium's to count.
    """
    clutch = await unit.get(Clutch, animal.clutch_id) if animal.clutch_id else None
    if clutch is None or clutch.vivarium_id != animal.vivarium_id or clutch.hatched + by < 0:
        return []
    after = replace(clutch, hatched=clutch.hatched + by, updated_at=unit.now)
    if not clutch.fertile_counted:
        after = replace(after, fertile=after.hatched + after.dead_in_egg)
    if not after.hatched:
        after = replace(after, first_hatched_on=None, hatched_on=None)
    if clutch.status in ("incubating", "hatching"):
        after = replace(after, status="hatching" if after.hatched else "incubating")
    if by > 0:
        born = animal.born_on or clutch.laid_on
        after = replace(after, first_hatched_on=clutch.first_hatched_on or born, hatched_on=clutch.hatched_on or born)
        check_counts(Counts(**{name: getattr(after, name) for name in Counts.__struct_fields__}))
    unit.put(after)
    return [BreedingClutchUpdated(**clutch_record(after), changed=("hatched",))]


async def laid_by(dam_id: str, unit: Unit) -> list[Clutch]:
    """Return the clutches of a dam that were not written off, as those recorded them who keep or kept her.

    A file may bring a clutch of somebody else's dam; what it says binds her keeper to nothing.
    """
    laid: list[Clutch] = await unit.find(clutches_of_dam(dam_id))
    kept = {one.vivarium_id for one in await unit.find(owners_of(dam_id))} if laid else set()
    return [one for one in laid if one.vivarium_id in kept]


async def check_clutches(after: Animal, unit: Unit) -> None:
    """Check a changed animal against the clutches that name it, of which nothing may have hatched yet. Raises `InvalidError`."""
    laid = await laid_by(after.animal_id, unit)
    if laid and after.sex == "male":
        raise InvalidError(f"it is the dam of a clutch, laid on {laid[0].laid_on}", "/sex")
    if after.sex == "female":
        for one in await unit.find(breeding_with(Clutch, after.animal_id, [after.vivarium_id])):
            if after.animal_id in one.candidate_sire_ids and one.status != "lost":
                raise InvalidError(f"it is a candidate of the clutch laid on {one.laid_on}", "/sex")
    for one in laid:
        if after.born_on is not None and after.born_on >= one.laid_on:
            raise InvalidError(f"it is the dam of a clutch, laid on {one.laid_on}", "/born_on")
        if after.died_on is not None and after.died_on < one.laid_on:
            raise InvalidError(f"it is the dam of a clutch, laid on {one.laid_on}", "/died_on")
