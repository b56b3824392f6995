"""What tests of genes say of an animal's parents: a parent whom they exclude is disputed until they no longer do.

A parent's genes are weighed against those of its young too, a page at a time in units of their own.
"""

from collections.abc import AsyncIterator, Sequence

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descendants import validated
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
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.records import findings, updated
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.lineage import Remark, judge_genes
from reptidex.streams.commands.animal_lineage import WeighYoung
from reptidex.streams.contract import Event
from reptidex.streams.values import LineageStatus
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.lineage import Act, Descent, ParentRole
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import placed
from reptidex.tables.animal.queries import young_after
from reptidex.tables.animal.relatives import relative

RULE = "genotype"
YOUNG = 200
"""Young weighed in one unit of work."""


async def weighed(animal: Animal, before: Animal, word: Word, unit: Unit) -> tuple[Animal, list[Remark]]:
    """Return an animal whose genes were tested with the standing that its parents have now, and what the check noticed.

    The place in the pedigree is written here, the animal by the caller. A dispute that a keeper began is not touched.
    """
    remarks = await findings_of(animal, before, unit)
    clutch = await unit.get(Clutch, animal.clutch_id) if animal.clutch_id else None
    stood = await place_of(before, unit)
    place = _stood(animal, stood, remarks, clutch, word, unit)
    if place == stood:
        return animal, remarks
    unit.put(replace(place, findings=findings(remarks)))
    return replace(animal, lineage_status=overall(place)), remarks


def _stood(
    animal: Animal, place: Descent, remarks: Sequence[Remark], clutch: Clutch | None, word: Word, unit: Unit
) -> Descent:
    """Dispute the parents whom tests exclude, and dispute no longer those whom they excluded before."""
    for role in ROLES:
        excluded = any(one.rule == RULE and one.severity == "error" and one.pointer == f"/{role}_id" for one in remarks)
        if excluded and standing_of(place, role) != "disputed":
            place = _told(animal, place, role, "disputed", word, unit)
        elif not excluded and by_test(place, role):
            place = _told(animal, place, role, by_record(clutch, role, parent_of(animal, role)), word, unit)
    return place


def _told(animal: Animal, place: Descent, role: ParentRole, standing: LineageStatus, word: Word, unit: Unit) -> Descent:
    act: Act = "disputed" if standing == "disputed" else "withdrawn"
    note(animal.animal_id, role, parent_of(animal, role), act, standing, word, unit)
    return with_standing(place, role, standing)


def weigh_young_of(animal: Animal, word: Word, unit: Unit) -> None:
    """Have the parents of an animal's young weighed anew, since its genes changed."""
    command = WeighYoung(animal_id=animal.animal_id, vivarium_id=word.vivarium_id, reference=word.reference)
    unit.timer(f"weigh:{animal.animal_id}", unit.now, command)


@agent(WeighYoung, prefetch={Animal: "animal_id"})
async def weigh_young(command: WeighYoung, unit: Unit) -> AsyncIterator[Event]:
    """Weigh the parents of a page of an animal's young as genes now stand; tell those whose standing or findings change."""
    word = Word(vivarium_id=command.vivarium_id, evidence="lab", reference=command.reference)
    young = await unit.find(young_after(command.animal_id, command.after, YOUNG))
    parents = await unit.get_many(Animal, {one for each in young for one in (each.sire_id, each.dam_id) if one})
    places = await unit.get_many(Descent, [each.animal_id for each in young])
    clutches = await unit.get_many(Clutch, {each.clutch_id for each in young if each.clutch_id})
    for child in young:
        stood = places.get(child.animal_id) or placed(child)
        sire, dam = (
            relative(one) if one else None for one in map(parents.get, (child.sire_id or "", child.dam_id or ""))
        )
        remarks = judge_genes(relative(child), sire, dam, need_species(child.species_id))
        place = _stood(child, stood, remarks, clutches.get(child.clutch_id or ""), word, unit)
        found = (*(one for one in place.findings if one.rule != RULE), *findings(remarks))
        if set(found) != set(place.findings):
            place = replace(place, findings=found)
        if place == stood:
            continue
        unit.put(place)
        after = replace(child, lineage_status=overall(place))
        if after != child:
            after = replace(after, revision=child.revision + 1, updated_at=unit.now)
            keep(child, after, unit, "parent's genes weighed")
            yield updated(after, "lineage_status")
        yield validated(after, child, place.findings)
    if len(young) == YOUNG:
        rest = replace(command, after=young[-1].animal_id)
        unit.timer(f"weigh:{command.animal_id}", unit.now, rest)
