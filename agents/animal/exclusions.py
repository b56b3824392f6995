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
    by_test,
    disputed_by,
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
from reptidex.tables.animal.lineage import Descent, LineageEntry, ParentRole
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import history_of, placed
from reptidex.tables.animal.queries import young_after
from reptidex.tables.animal.relatives import relative
from reptidex.tables.animal.said import histories, said_of

RULE = "genotype"
YOUNG = 200
"""Young weighed in one unit of work."""


async def weighed(animal: Animal, before: Animal, word: Word, unit: Unit) -> tuple[Animal, list[Remark]]:
    """Return an animal whose genes were tested with the standing that its parents have now, and what the check noticed.

    The place in the pedigree is written here, the animal by the caller. A dispute that a keeper began is not touched.
    """
    remarks = await findings_of(animal, before, unit)
    stood = await place_of(before, unit)
    history = await unit.find(history_of(animal.animal_id)) if _concerned(stood, remarks) else []
    place = _stood(animal, stood, remarks, history, word, unit)
    if place == stood:
        return animal, remarks
    unit.put(replace(place, findings=findings(remarks)))
    return replace(animal, lineage_status=overall(place)), remarks


def _excluded(role: ParentRole, remarks: Sequence[Remark]) -> bool:
    return any(one.rule == RULE and one.severity == "error" and one.pointer == f"/{role}_id" for one in remarks)


def _concerned(place: Descent, remarks: Sequence[Remark]) -> bool:
    """Say whether the history of a lineage is needed: tests exclude a parent, or disputed one before."""
    return any(_excluded(role, remarks) or standing_of(place, role) == "disputed" for role in ROLES)


def _stood(
    animal: Animal,
    place: Descent,
    remarks: Sequence[Remark],
    history: Sequence[LineageEntry],
    word: Word,
    unit: Unit,
) -> Descent:
    """Dispute the parents whom tests exclude, and dispute no longer those whom they excluded before.

    Then they stand as they stood before, disputed by whoever disputed them besides.
    """
    for role in ROLES:
        parent_id, by = parent_of(animal, role), disputed_by(place, role)
        said = said_of(history, role, parent_id)
        known, excluded = said.contradicted or by_test(place, role), _excluded(role, remarks)
        if parent_id is None or known == excluded:
            continue
        standing: LineageStatus = "disputed"
        if not excluded:
            by = by or next(iter(said.disputing), None)
            standing = "disputed" if by else said.best("claimed")
        note(animal.animal_id, role, parent_id, "contradicted" if excluded else "cleared", standing, word, unit)
        place = with_standing(place, role, standing, by)
    return place


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
    weighed_of: dict[str, list[Remark]] = {}
    for child in young:
        places.setdefault(child.animal_id, placed(child))
        sire, dam = (
            relative(one) if one else None for one in map(parents.get, (child.sire_id or "", child.dam_id or ""))
        )
        weighed_of[child.animal_id] = judge_genes(relative(child), sire, dam, need_species(child.species_id))
    concerned = [key for key, remarks in weighed_of.items() if _concerned(places[key], remarks)]
    told = await histories(unit, concerned)
    for child in young:
        stood, remarks = places[child.animal_id], weighed_of[child.animal_id]
        history = told.get(child.animal_id, [])
        place = _stood(child, stood, remarks, history, word, unit)
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
