"""Sets and checks parents: the record that the platform stands for."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descent import check_parents, descent_events, findings_of, standing_event
from reptidex.agents.animal.documents import pedigree_digest
from reptidex.agents.animal.proving import relearn
from reptidex.agents.animal.records import remarked, updated
from reptidex.agents.animal.registry import own_animal
from reptidex.domain.pedigree import standing
from reptidex.streams.animal import PedigreeGenerated
from reptidex.streams.commands.animal import Done, DrawUpPedigree, SetParents, ValidateLineage
from reptidex.streams.contract import Event
from reptidex.streams.values import LineageStatus
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import ancestry, pedigree_of


@agent(SetParents, prefetch={Animal: "animal_id"})
async def set_parents(command: SetParents, unit: Unit) -> AsyncIterator[Event]:
    """Set or clear an animal's parents; what cannot be is refused, what is doubtful is said."""
    before = await own_animal(command.animal_id, command.vivarium_id, unit)
    after = replace(before, sire_id=command.sire_id, dam_id=command.dam_id)
    remarks = await check_parents(after, before, unit)
    unit.answer(Done(id=after.animal_id, remarks=remarked(remarks)))
    if (before.sire_id, before.dam_id) == (after.sire_id, after.dam_id):
        return
    after = replace(
        after,
        lineage_status=await _deserved(after, unit),
        revision=before.revision + 1,
        updated_at=unit.now,
    )
    unit.put(after)
    yield updated(after, "sire_id", "dam_id")
    async for event in descent_events(after, before, remarks, "parents", unit):
        yield event
    if after.genotype or after.morphs:
        former = [one for one in (before.sire_id, before.dam_id) if one and one not in (after.sire_id, after.dam_id)]
        for event in await relearn(
            [*former, *(one for one in (after.sire_id, after.dam_id) if one)], after.vivarium_id, unit
        ):
            yield event


@agent(ValidateLineage, prefetch={Animal: "animal_id"})
async def validate_lineage(command: ValidateLineage, unit: Unit) -> AsyncIterator[Event]:
    """Check an animal's lineage as recorded and give it its standing."""
    before = await own_animal(command.animal_id, command.vivarium_id, unit)
    remarks = await findings_of(before, before, unit)
    broken = any(remark.severity == "error" for remark in remarks)
    status: LineageStatus = "rejected" if broken else await _deserved(before, unit)
    after = before
    if status != before.lineage_status:
        after = replace(before, lineage_status=status, revision=before.revision + 1, updated_at=unit.now)
        unit.put(after)
        yield updated(after, "lineage_status")
    unit.answer(Done(id=after.animal_id, remarks=remarked(remarks)))
    yield standing_event(after, before, remarks)


async def _deserved(animal: Animal, unit: Unit) -> LineageStatus:
    """Give a lineage its standing: `confirmed` where a clutch record of the breeder names both parents, else `claimed`.

    What a laboratory or a dispute has said before stays said as long as the parents do.
    """
    if animal.lineage_status == "disputed":
        return "disputed"
    clutch = await unit.get(Clutch, animal.clutch_id) if animal.clutch_id else None
    if clutch is None or animal.dam_id != clutch.dam_id:
        return "claimed"
    sires = clutch.candidate_sire_ids
    agrees = animal.sire_id in sires if animal.sire_id else not sires
    return "confirmed" if agrees else "claimed"


@agent(DrawUpPedigree, prefetch={Animal: "animal_id"})
async def draw_up_pedigree(command: DrawUpPedigree, unit: Unit) -> AsyncIterator[Event]:
    """Draw up a pedigree that can be cited: its digest names exactly what it said."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    known = await ancestry(unit, [animal.animal_id])
    said = standing(pedigree_of(known), animal.animal_id, command.generations)
    unit.answer(Done(id=animal.animal_id))
    yield PedigreeGenerated(
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        depth=command.generations,
        completeness=float(sum(said.completeness) / command.generations),
        document_reference=f"/animals/{animal.animal_id}/pedigree/{command.generations}",
        digest=pedigree_digest(known, animal.animal_id, command.generations),
        inbreeding=float(said.inbreeding),
    )
