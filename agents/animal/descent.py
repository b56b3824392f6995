"""Checks who is said to descend from whom, gives each animal its place in the pedigree, and tells what follows."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import Literal

from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.agents.animal.descendants import refresh_descendants, validated
from reptidex.agents.animal.history import (
    ROLES,
    Word,
    ask_parents_keeper,
    note,
    overtake,
    parent_of,
    standing_of,
    with_standing,
)
from reptidex.agents.animal.records import findings
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.lineage import CLOSE, Known, Laid, ParentsRefusedError, Remark, judge, refuse_errors, two_sexes
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import InvalidError
from reptidex.streams.animal import GeneticsTraitRecorded, LineageUpdated, LineageValidated
from reptidex.streams.contract import Event
from reptidex.streams.values import Gene, LineageStatus
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.lineage import Descent, LineageRules, ParentRole
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import Lines, figures, history_of, lines_of, placed, places_of_young
from reptidex.tables.animal.queries import offspring_of
from reptidex.tables.animal.relatives import relative
from reptidex.tables.animal.said import said_of

Reason = Literal["registered", "parents", "correction", "resolved"]

DESCENDANTS = 10_000
"""Ids in one event: an event stays well below what a log takes, whoever the ancestor is."""


async def place_of(animal: Animal, unit: Unit) -> Descent:
    """Return an animal's place in the pedigree; one of an older database is made from its row."""
    return await unit.get(Descent, animal.animal_id) or placed(animal)


async def examined(
    animal: Animal, before: Animal | None, unit: Unit, *, hybrid: bool | None = None, trusted: Collection[str] = ()
) -> tuple[list[Remark], Lines]:
    """Check an animal's parents as its row names them, and return them with all their ancestors; `before` is the row as it was.

    Raises `InvalidError` for a parent that the owner cannot see. A parent that was named before stays usable: its owner may
    have hidden it since, or the child may have been sold; and so does one that is `trusted` because its own keeper named it.
    """
    named = [parent for parent in (animal.sire_id, animal.dam_id) if parent]
    if not named:
        return [], Lines({})
    place = await place_of(before, unit) if before else placed(animal)
    rows = {parent: await unit.get(Animal, parent) for parent in named if parent != animal.animal_id}
    rows[animal.animal_id] = animal
    usable = {*trusted, animal.animal_id, *((before.sire_id, before.dam_id) if before else ())}
    for parent, pointer in ((animal.sire_id, "/sire_id"), (animal.dam_id, "/dam_id")):
        row = rows.get(parent) if parent else None
        if parent and (row is None or (parent not in usable and not _seen(row, animal))):
            raise InvalidError(f"there is no animal {parent}", pointer)
        named_before = before is not None and parent in (before.sire_id, before.dam_id)
        if row is not None and not named_before and row.archived_as == "mistake":
            text = "this record was archived as a mistake; restore it first, or name the animal that it was linked to"
            raise InvalidError(text, pointer)
    await _check_roles(animal, before, rows, unit)
    lines = await lines_of(unit, named)
    sire, dam = rows.get(animal.sire_id or ""), rows.get(animal.dam_id or "")
    remarks = judge(
        relative(animal),
        relative(sire) if sire else None,
        relative(dam) if dam else None,
        need_species(animal.species_id),
        lines.pedigree,
        Known(
            limit=await limit_of(animal.vivarium_id, unit),
            hybrid=place.hybrid if hybrid is None else hybrid,
            clutch=await _laid(animal, unit),
            tested=_tested(place),
            inbreeding=_expected(lines, animal),
        ),
    )
    return await for_keepers(remarks, animal, unit), lines


async def _check_roles(animal: Animal, before: Animal | None, rows: Mapping[str, Animal | None], unit: Unit) -> None:
    """Check that nobody of unknown sex comes to be a sire here and a dam there. Raises `ParentsRefusedError`."""
    for role in ROLES:
        parent_id = parent_of(animal, role)
        parent = rows.get(parent_id or "")
        stood = before is not None and parent_of(before, role) == parent_id
        if parent is None or stood or parent.sex != "unknown" or parent_id == animal.animal_id:
            continue
        other: ParentRole = "dam" if role == "sire" else "sire"
        young = [one for one in await unit.find(offspring_of([parent.animal_id])) if one.animal_id != animal.animal_id]
        if any(parent_of(one, other) == parent_id for one in young):
            raise ParentsRefusedError([two_sexes(role, parent.animal_id)])


async def for_keepers(remarks: list[Remark], animal: Animal, unit: Unit) -> list[Remark]:
    """Leave out of remarks the ids of those whom the keepers of an animal may not know, as others' private ones in a circle."""
    named = {each for one in remarks for each in one.animal_ids} - {animal.animal_id}
    known = await unit.get_many(Animal, named) if named else {}
    hidden = {key for key, one in known.items() if not _seen(one, animal)}
    if not hidden:
        return remarks
    return [replace(one, animal_ids=tuple(each for each in one.animal_ids if each not in hidden)) for one in remarks]


async def findings_of(
    animal: Animal, before: Animal | None, unit: Unit, *, trusted: Collection[str] = ()
) -> list[Remark]:
    """Return what there is to say of an animal's parents, errors too. Raises `InvalidError` as `examined`."""
    return (await examined(animal, before, unit, trusted=trusted))[0]


async def limit_of(vivarium_id: str, unit: Unit) -> float:
    """Return the inbreeding from which a vivarium wants to be warned."""
    rules = await unit.get(LineageRules, vivarium_id)
    return rules.inbreeding_limit if rules else CLOSE


async def _laid(animal: Animal, unit: Unit) -> Laid | None:
    clutch = await unit.get(Clutch, animal.clutch_id) if animal.clutch_id else None
    return Laid(dam_id=clutch.dam_id, sire_ids=clutch.candidate_sire_ids, eggs=clutch.laid) if clutch else None


def _tested(place: Descent) -> tuple[str | None, str | None]:
    return (
        place.sire_id if place.sire_standing == "tested" else None,
        place.dam_id if place.dam_standing == "tested" else None,
    )


def _expected(lines: Lines, animal: Animal) -> float | None:
    """Return F with these parents; None where it cannot be, as in a circle."""
    if not animal.sire_id or not animal.dam_id or animal.animal_id in lines.rows:
        return None
    return lines.ancestry().mating(animal.sire_id, animal.dam_id)


def _seen(parent: Animal, child: Animal) -> bool:
    return shows_name(sight(parent.visibility, parent.vivarium_id, child.vivarium_id))


async def check_parents(
    animal: Animal, before: Animal | None, unit: Unit, *, trusted: Collection[str] = ()
) -> list[Remark]:
    """Return the doubts about an animal's parents. Raises `ParentsRefusedError` where they cannot be, as `examined`."""
    return refuse_errors(await findings_of(animal, before, unit, trusted=trusted))


async def check_offspring(animal: Animal, unit: Unit) -> dict[str, list[Remark]]:
    """Check a changed animal against its young, by the records of the two alone, and return the doubts about each.

    Raises `ParentsRefusedError` where it can no longer be the parent of one of them.
    """
    remarks: dict[str, list[Remark]] = {}
    children = await unit.find(offspring_of([animal.animal_id]))
    places = {one.animal_id: one for one in await unit.find(places_of_young(animal.animal_id))} if children else {}
    for child in children:
        known = Known(hybrid=places.get(child.animal_id, placed(child)).hybrid)
        as_sire = relative(animal) if child.sire_id == animal.animal_id else None
        as_dam = relative(animal) if child.dam_id == animal.animal_id else None
        remarks[child.animal_id] = judge(relative(child), as_sire, as_dam, need_species(child.species_id), {}, known)
    refuse_errors([one for found in remarks.values() for one in found])
    return remarks


async def settle(
    animal: Animal,
    standings: Mapping[ParentRole, LineageStatus | None],
    word: Word,
    unit: Unit,
    *,
    remarks: Iterable[Remark] = (),
    hybrid: bool | None = None,
    fresh: bool = False,
    lines: Lines | None = None,
) -> Descent:
    """Give an animal its place with the parents that its row names; note and ask about those that are new.

    A new parent stands as `standings` says, else as the animal's lineage does; with None there, an empty place is left as one. A
    `fresh` animal has no place yet; `lines` are its parents with their ancestors, where they have been read.
    """
    before = None if fresh else await unit.get(Descent, animal.animal_id)
    place = before or Descent(animal_id=animal.animal_id)
    changed: set[ParentRole] = {role for role in ROLES if parent_of(place, role) != parent_of(animal, role)}
    if before is not None and changed:
        await overtake(animal.animal_id, changed, unit)
    for role in ROLES:
        parent = parent_of(animal, role)
        # That a laboratory excluded who was named there stays said until the keeper leaves the place empty.
        cleared = parent is None and role in standings and standings[role] != standing_of(place, role)
        if role in changed or cleared:
            standing = standings.get(role, animal.lineage_status if parent else None)
            act = word.act or ("claimed" if parent else "removed")
            by = await _who_disputed(animal, role, unit) if standing == "disputed" else None
            note(animal.animal_id, role, parent or parent_of(place, role), act, standing, word, unit)
            place = with_standing(place, role, standing, by)
            if standing == "claimed":
                await ask_parents_keeper(animal, role, word, unit)
    place = replace(place, sire_id=animal.sire_id, dam_id=animal.dam_id, findings=findings(list(remarks)))
    if hybrid is not None:
        place = replace(place, hybrid=hybrid)
    if lines is None:
        lines = await lines_of(unit, [parent for parent in place.parents if parent])
    place = figures(lines, place)
    unit.put(place)
    return place


async def _who_disputed(animal: Animal, role: ParentRole, unit: Unit) -> str | None:
    """Return the vivarium that disputed a parent when it was named before, and never took that back."""
    said = said_of(await unit.find(history_of(animal.animal_id)), role, parent_of(animal, role))
    return next(iter(said.disputing), None)


async def descent_events(
    animal: Animal,
    before: Animal | None,
    remarks: list[Remark],
    reason: Reason,
    unit: Unit,
    *,
    standings: Mapping[ParentRole, LineageStatus | None] | None = None,
    word: Word | None = None,
    hybrid: bool | None = None,
    old: Descent | None = None,
    lines: Lines | None = None,
) -> AsyncIterator[Event]:
    """Settle a lineage that is new, and tell it, its standing, and what it changes for those who descend from the animal.

    `before` is the row as it was, None for a new animal; `animal` has been put. `old` is the place as it was, where the caller
    has changed it already. Every registration comes here, also that of an animal without parents, of which nothing is told.
    """
    old = old or (await unit.get(Descent, animal.animal_id) if before else None)
    word = word or Word(vivarium_id=animal.vivarium_id)
    place = await settle(
        animal, standings or {}, word, unit, remarks=remarks, hybrid=hybrid, fresh=before is None, lines=lines
    )
    if before is None and not animal.sire_id and not animal.dam_id:
        return
    below = await refresh_descendants(animal.animal_id, unit) if before is not None else None
    for descendants in _chunks(sorted(below.descendants) if below else []):
        yield LineageUpdated(
            animal_id=animal.animal_id,
            vivarium_id=animal.vivarium_id,
            sire_id=animal.sire_id,
            dam_id=animal.dam_id,
            generation=place.generation,
            descendants=descendants,
            inbreeding_before=(old.inbreeding or 0.0) if old else 0.0,
            inbreeding_after=place.inbreeding or 0.0,
            reason=reason,
        )
    yield validated(animal, before, place.findings)
    for event in below.events if below else ():
        yield event


def standing_event(animal: Animal, before: Animal | None, remarks: list[Remark]) -> LineageValidated:
    """Tell the standing of an animal's lineage, with what a check noticed."""
    return validated(animal, before, findings(remarks))


def _chunks(ids: list[str]) -> list[tuple[str, ...]]:
    return [tuple(ids[start : start + DESCENDANTS]) for start in range(0, max(1, len(ids)), DESCENDANTS)]


def trait_events(animal: Animal, genes: Iterable[Gene]) -> list[Event]:
    """Tell the traits that were recorded of an animal."""
    return [
        GeneticsTraitRecorded(
            animal_id=animal.animal_id,
            vivarium_id=animal.vivarium_id,
            locus=gene.locus,
            alleles=gene.alleles,
            evidence=gene.evidence,
            posterior=gene.probability,
        )
        for gene in genes
    ]
