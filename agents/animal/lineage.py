"""Sets and checks parents: the record that the platform stands for."""

from collections.abc import AsyncIterator, Collection, Mapping

from msgspec import UNSET
from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descent import Reason, descent_events, examined, findings_of, place_of, standing_event
from reptidex.agents.animal.documents import pedigree_digest
from reptidex.agents.animal.history import (
    ROLES,
    Word,
    by_record,
    disputed_by,
    overall,
    parent_of,
    refuted,
    standing_of,
    with_standing,
)
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.proving import learn
from reptidex.agents.animal.records import findings, remarked, updated
from reptidex.agents.animal.registry import own_animal
from reptidex.domain.lineage import ParentsRefusedError, excluded_before, refuse_errors
from reptidex.domain.pedigree import standing
from reptidex.streams.animal import PedigreeGenerated
from reptidex.streams.commands.animal import Done, DrawUpPedigree, SetParents, ValidateLineage
from reptidex.streams.contract import Event
from reptidex.streams.values import LineageStatus
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.lineage import Descent, LineageRules, ParentRole
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import figures, history_of, lines_of
from reptidex.tables.animal.said import resumed, said_of


def _named(command: SetParents) -> tuple[str, ...]:
    return tuple(one for one in (command.animal_id, command.sire_id, command.dam_id) if one)


@agent(SetParents, prefetch={Animal: _named, Descent: "animal_id", LineageRules: "vivarium_id"})
async def set_parents(command: SetParents, unit: Unit) -> AsyncIterator[Event]:
    """Set or clear an animal's parents; what cannot be is refused, what is doubtful is said."""
    before = await own_animal(command.animal_id, command.vivarium_id, unit)
    sire_id = before.sire_id if command.sire_id is UNSET else command.sire_id
    dam_id = before.dam_id if command.dam_id is UNSET else command.dam_id
    after = replace(before, sire_id=sire_id, dam_id=dam_id)
    word = Word(
        vivarium_id=command.vivarium_id, evidence=command.evidence, reference=command.reference, note=command.note
    )
    async for event in change_parents(before, after, "parents", word, unit, hybrid=command.hybrid):
        yield event


async def change_parents(
    before: Animal,
    after: Animal,
    reason: Reason,
    word: Word,
    unit: Unit,
    *,
    confirmed: Collection[ParentRole] = (),
    trusted: Collection[str] = (),
    hybrid: bool | None = None,
) -> AsyncIterator[Event]:
    """Give an animal other parents, and answer `Done` with the doubts. Raises `ParentsRefusedError`, `InvalidError`.

    In `confirmed` roles the parent's keeper has agreed; a `trusted` parent may be hidden from the young's keeper.
    """
    found, lines = await examined(after, before, unit, hybrid=hybrid, trusted=trusted)
    remarks = refuse_errors(found)
    unit.answer(Done(id=after.animal_id, remarks=remarked(remarks)))
    place = await place_of(before, unit)
    hybrid_stays = hybrid is None or hybrid == place.hybrid
    if place.parents == (after.sire_id, after.dam_id) and hybrid_stays and not refuted(place):
        return
    standings = await _deserved(after, place, unit)
    standings |= dict.fromkeys(confirmed, "confirmed")
    standings |= await _resumed(after, place, standings, confirmed, word, unit)
    for role in ROLES:
        place = with_standing(place, role, standings.get(role), disputed_by(place, role))
    after = replace(after, lineage_status=overall(place), revision=before.revision + 1, updated_at=unit.now)
    keep(before, after, unit, "parents set")
    yield updated(after, "sire_id", "dam_id")
    stands = {role: standings.get(role) for role in ROLES}
    async for event in descent_events(
        after, before, remarks, reason, unit, standings=stands, word=word, hybrid=hybrid, lines=lines
    ):
        yield event
    for event in await learn([after], unit, former=(before.sire_id, before.dam_id)):
        yield event


@agent(ValidateLineage, prefetch={Animal: "animal_id", Descent: "animal_id", LineageRules: "vivarium_id"})
async def validate_lineage(command: ValidateLineage, unit: Unit) -> AsyncIterator[Event]:
    """Check an animal's lineage as recorded and give it its standing."""
    before = await own_animal(command.animal_id, command.vivarium_id, unit)
    remarks = await findings_of(before, before, unit)
    place = await place_of(before, unit)
    for role, earned in (await _deserved(before, place, unit)).items():
        place = with_standing(place, role, earned, disputed_by(place, role))
    broken = any(remark.severity == "error" for remark in remarks)
    status: LineageStatus = "rejected" if broken or refuted(place) else overall(place)
    lines = await lines_of(unit, [parent for parent in place.parents if parent])
    circle = before.animal_id in lines.rows
    unit.put(replace(place if circle else figures(lines, place), findings=findings(remarks)))
    after = before
    if status != before.lineage_status:
        after = replace(before, lineage_status=status, revision=before.revision + 1, updated_at=unit.now)
        keep(before, after, unit, "lineage checked")
        yield updated(after, "lineage_status")
    unit.answer(Done(id=after.animal_id, remarks=remarked(remarks)))
    yield standing_event(after, before, remarks)


async def _deserved(animal: Animal, place: Descent, unit: Unit) -> dict[ParentRole, LineageStatus]:
    """Say how the claim of each parent stands: `confirmed` where the breeder's clutch record names it, else `claimed`.

    What has been said of a parent before (confirmed, tested, disputed) stays said as long as it is the parent.
    """
    clutch = await unit.get(Clutch, animal.clutch_id) if animal.clutch_id else None
    said: dict[ParentRole, LineageStatus] = {}
    for role in ROLES:
        parent, said_before = parent_of(animal, role), standing_of(place, role)
        if parent is None:
            continue
        if parent == parent_of(place, role) and said_before in ("confirmed", "tested", "disputed"):
            said[role] = said_before
            continue
        said[role] = await by_record(clutch, role, parent, unit)
    return said


async def _resumed(
    animal: Animal,
    place: Descent,
    standings: Mapping[ParentRole, LineageStatus],
    confirmed: Collection[ParentRole],
    word: Word,
    unit: Unit,
) -> dict[ParentRole, LineageStatus]:
    """Say how parents stand that are named anew: a dispute does not end by leaving a parent out for a moment.

    Raises `ParentsRefusedError` for one whom a laboratory has excluded, unless a laboratory says otherwise now.
    """
    fresh = [(role, one) for role in ROLES if (one := parent_of(animal, role)) and one != parent_of(place, role)]
    history = await unit.find(history_of(animal.animal_id)) if fresh else []
    found: dict[ParentRole, LineageStatus] = {}
    for role, parent_id in fresh:
        if said_of(history, role, parent_id).excluded and not (word.evidence == "lab" and word.reference):
            raise ParentsRefusedError([excluded_before(role, parent_id)])
        parent = await unit.need(Animal, parent_id)
        agreed = parent.vivarium_id if role in confirmed else ""
        found[role] = resumed(history, role, parent_id, standings[role], agreed)
    return found


@agent(DrawUpPedigree, prefetch={Animal: "animal_id"})
async def draw_up_pedigree(command: DrawUpPedigree, unit: Unit) -> AsyncIterator[Event]:
    """Draw up a pedigree that can be cited: its digest names exactly what it said."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    lines = await lines_of(unit, [animal.animal_id])
    said = standing(lines.ancestry(), animal.animal_id, command.generations)
    unit.answer(Done(id=animal.animal_id))
    yield PedigreeGenerated(
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        depth=command.generations,
        completeness=float(sum(said.completeness) / command.generations),
        document_reference=f"/animals/{animal.animal_id}/pedigree/{command.generations}",
        digest=pedigree_digest(lines.pedigree, animal.animal_id, command.generations),
        inbreeding=said.inbreeding.value,
    )
