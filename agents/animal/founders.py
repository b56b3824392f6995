"""What a keeper knows of a founder, and what a vivarium holds its lineages to."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descent import descent_events, place_of
from reptidex.agents.animal.journal import note
from reptidex.agents.animal.registry import own_animal
from reptidex.domain.lineage import Remark
from reptidex.errors import InvalidError
from reptidex.streams.animal import Finding
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_lineage import SetFounderInbreeding, SetLineageRules
from reptidex.streams.contract import Event
from reptidex.tables.animal.journal import FieldChange
from reptidex.tables.animal.lineage import Descent, LineageRules
from reptidex.tables.animal.models import Animal


@agent(SetFounderInbreeding, prefetch={Animal: "animal_id", Descent: "animal_id"})
async def set_founder_inbreeding(command: SetFounderInbreeding, unit: Unit) -> AsyncIterator[Event]:
    """Take down how inbred a founder is; all who descend from it are worked out anew."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    if animal.sire_id or animal.dam_id:
        raise InvalidError("its inbreeding follows from its parents; it is given for founders only", "/inbreeding")
    place = await place_of(animal, unit)
    unit.answer(Done(id=animal.animal_id))
    if place.given_inbreeding == command.inbreeding:
        return
    async for event in give_inbreeding(animal, place, command.inbreeding, unit):
        yield event


async def give_inbreeding(animal: Animal, place: Descent, inbreeding: float | None, unit: Unit) -> AsyncIterator[Event]:
    """Put down how inbred a founder is, in its journal too, and tell what that changes for all who descend from it."""
    unit.put(replace(place, given_inbreeding=inbreeding))
    change = FieldChange(field="founder_inbreeding", before=place.given_inbreeding, after=inbreeding)
    note(animal, "inbreeding given", unit, fields=(change,))
    doubts = [_remark(finding) for finding in place.findings]
    async for event in descent_events(animal, animal, doubts, "correction", unit, old=place):
        yield event


def _remark(finding: Finding) -> Remark:
    return Remark(rule=finding.rule, severity=finding.severity, text=finding.text, animal_ids=finding.animal_ids)


@agent(SetLineageRules)
async def set_lineage_rules(command: SetLineageRules, unit: Unit) -> None:
    """Set the inbreeding from which a vivarium wants to be warned."""
    unit.put(
        LineageRules(vivarium_id=command.vivarium_id, inbreeding_limit=command.inbreeding_limit, changed_at=unit.now)
    )
    unit.answer(Done(id=command.vivarium_id))
