"""Writes down who said what of an animal's parents, and asks those whose word is wanted."""

import msgspec
from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.streams.core import AuthUserDeleted
from reptidex.streams.values import Evidence, LineageStatus
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.lineage import Act, Descent, LineageEntry, ParentRole, Suggestion
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import entries_by, history_of, open_suggestions, suggestions_by
from reptidex.tables.animal.queries import owners_of
from reptidex.tables.animal.said import STRENGTH, Said, said_of

ROLES: tuple[ParentRole, ParentRole] = ("sire", "dam")


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """Who says something of a parent, and on what evidence."""

    vivarium_id: str
    evidence: Evidence | None = None
    reference: str = ""
    note: str = ""
    act: Act | None = None
    """What is done to the claim, where that is more than naming or removing a parent."""


def parent_of(animal: Animal | Descent, role: ParentRole) -> str | None:
    """Return the parent that is named in a role."""
    return animal.sire_id if role == "sire" else animal.dam_id


def standing_of(place: Descent, role: ParentRole) -> LineageStatus | None:
    """Return how the claim of a parent stands."""
    return place.sire_standing if role == "sire" else place.dam_standing


def with_standing(place: Descent, role: ParentRole, standing: LineageStatus | None, by: str | None = None) -> Descent:
    """Return a place where the claim of a parent stands so; `by` is who disputes it."""
    if role == "sire":
        return replace(place, sire_standing=standing, sire_disputed_by=by)
    return replace(place, dam_standing=standing, dam_disputed_by=by)


def disputed_by(place: Descent, role: ParentRole) -> str | None:
    """Return the vivarium that disputes a parent."""
    return place.sire_disputed_by if role == "sire" else place.dam_disputed_by


async def said_now(place: Descent, role: ParentRole, unit: Unit) -> Said:
    """Return what was said of the parent that is named in a role."""
    said = said_of(await unit.find(history_of(place.animal_id)), role, parent_of(place, role))
    by = disputed_by(place, role)
    return said if by is None or said.disputing else replace(said, disputing=(by,))


def by_test(place: Descent, role: ParentRole) -> bool:
    """Say whether tests of genes dispute a parent, and nobody else does."""
    return standing_of(place, role) == "disputed" and disputed_by(place, role) is None


async def by_record(clutch: Clutch | None, role: ParentRole, parent_id: str | None, unit: Unit) -> LineageStatus:
    """Say how a claim stands by itself: `confirmed` where the breeder's record of the clutch names a parent of the breeder's own.

    An animal that the breeder never kept is somebody else's to confirm: anybody may name a public male in a clutch, or link a
    dam known by name to somebody's female.
    """
    named = () if clutch is None else clutch.candidate_sire_ids if role == "sire" else (clutch.dam_id,)
    if clutch is None or parent_id is None or parent_id not in named:
        return "claimed"
    parent = await unit.get(Animal, parent_id)
    if parent is not None and parent.vivarium_id == clutch.vivarium_id:
        return "confirmed"
    owners = await unit.find(owners_of(parent_id))
    return "confirmed" if any(one.vivarium_id == clutch.vivarium_id for one in owners) else "claimed"


def refuted(place: Descent) -> bool:
    """Say whether a test excluded a parent and nobody has been named in its place since."""
    return any(standing_of(place, role) == "rejected" and parent_of(place, role) is None for role in ROLES)


def overall(place: Descent) -> LineageStatus:
    """Return how a lineage stands as a whole: as its weaker parent; `claimed` where none is named."""
    said = [standing for standing in (place.sire_standing, place.dam_standing) if standing is not None]
    return min(said, key=STRENGTH.index, default="claimed")


def note(
    animal_id: str,
    role: ParentRole,
    parent_id: str | None,
    act: Act,
    standing: LineageStatus | None,
    word: Word,
    unit: Unit,
) -> None:
    """Add a line to the history of an animal's lineage."""
    unit.put(
        LineageEntry(
            entry_id=unit.new_id(),
            animal_id=animal_id,
            role=role,
            parent_id=parent_id,
            act=act,
            standing=standing,
            vivarium_id=word.vivarium_id,
            actor=unit.cause.actor,
            at=unit.now,
            evidence=word.evidence,
            reference=word.reference,
            note=word.note,
        )
    )


async def ask_parents_keeper(animal: Animal, role: ParentRole, word: Word, unit: Unit) -> None:
    """Ask the keeper of a parent, where that is somebody else, whether it is."""
    parent_id = parent_of(animal, role)
    parent = await unit.get(Animal, parent_id) if parent_id else None
    if parent is None or parent.vivarium_id == animal.vivarium_id:
        return
    unit.put(
        Suggestion(
            suggestion_id=unit.new_id(),
            animal_id=animal.animal_id,
            role=role,
            parent_id=parent.animal_id,
            asks="parent_keeper",
            subject_id=parent.animal_id,
            from_vivarium_id=animal.vivarium_id,
            actor=unit.cause.actor,
            at=unit.now,
            evidence=word.evidence or "claim",
            reference=word.reference,
            note=word.note,
        )
    )


@agent(AuthUserDeleted)
async def forget_speaker(event: AuthUserDeleted, unit: Unit) -> None:
    """Take a person who is gone, and their words, out of the histories of lineages; what was decided stays."""
    actor = f"user:{event.user_id}"
    for entry in await unit.find(entries_by(actor)):
        unit.put(replace(entry, actor=None, note=""))
    for one in await unit.find(suggestions_by(actor)):
        unit.put(replace(one, actor=None, note=""))


async def overtake(animal_id: str, roles: set[ParentRole], unit: Unit) -> None:
    """Close the open questions to keepers of former parents: the claim that they were asked about stands no more."""
    for one in await unit.find(open_suggestions(animal_id)):
        if one.role in roles and one.asks == "parent_keeper":
            unit.put(replace(one, state="overtaken", decided_at=unit.now))
