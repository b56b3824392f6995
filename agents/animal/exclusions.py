"""What tests of genes say of an animal's parents: a parent whom they exclude is disputed until they no longer do."""

from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.agents.animal.descent import findings_of, place_of
from reptidex.agents.animal.history import (
    ROLES,
    Word,
    by_record,
    by_test,
    note,
    overall,
    parent_of,
    standing_of,
    with_standing,
)
from reptidex.agents.animal.records import findings
from reptidex.domain.lineage import Remark
from reptidex.streams.values import LineageStatus
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.lineage import Act, Descent, ParentRole
from reptidex.tables.animal.models import Animal


async def weighed(animal: Animal, before: Animal, word: Word, unit: Unit) -> tuple[Animal, list[Remark]]:
    """Return an animal whose genes were tested with the standing that its parents have now, and what the check noticed.

    The place in the pedigree is written here, the animal by the caller. A dispute that a keeper began is not touched.
    """
    remarks = await findings_of(animal, before, unit)
    clutch = await unit.get(Clutch, animal.clutch_id) if animal.clutch_id else None
    place = stood = await place_of(before, unit)
    for role in ROLES:
        excluded = any(
            one.rule == "genotype" and one.severity == "error" and one.pointer == f"/{role}_id" for one in remarks
        )
        if excluded and standing_of(place, role) != "disputed":
            place = _told(animal, place, role, "disputed", word, unit)
        elif not excluded and by_test(place, role):
            place = _told(animal, place, role, by_record(clutch, role, parent_of(animal, role)), word, unit)
    if place == stood:
        return animal, remarks
    unit.put(replace(place, findings=findings(remarks)))
    return replace(animal, lineage_status=overall(place)), remarks


def _told(animal: Animal, place: Descent, role: ParentRole, standing: LineageStatus, word: Word, unit: Unit) -> Descent:
    act: Act = "disputed" if standing == "disputed" else "withdrawn"
    note(animal.animal_id, role, parent_of(animal, role), act, standing, word, unit)
    return with_standing(place, role, standing)
