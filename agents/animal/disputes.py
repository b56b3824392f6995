"""Disputes about who an animal's parent is, and how they end."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descent import descent_events, findings_of, place_of
from reptidex.agents.animal.history import Word, overall, parent_of, said_now, standing_of, with_standing
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.proving import learn
from reptidex.agents.animal.records import updated
from reptidex.agents.animal.suggestions import stand
from reptidex.errors import DomainError, ForbiddenError, InvalidError, NotFoundError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_lineage import DisputeParent, ResolveParent
from reptidex.streams.contract import Event
from reptidex.streams.values import LineageStatus
from reptidex.tables.animal.lineage import Descent, ParentRole
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.said import Said


class ProvenParentError(DomainError):
    """A laboratory has confirmed the parent: another word does not dispute that."""

    title = "A laboratory has confirmed this parent"


class NotDisputedError(DomainError):
    """Nobody disputes this parent."""

    title = "This parent is not disputed"


async def _party(animal_id: str, role: ParentRole, vivarium_id: str, unit: Unit) -> tuple[Animal, Animal]:
    """Return an animal and the parent named in a role, for somebody who may dispute it.

    Those are the keepers of either animal, the breeder, and whoever disputes the parent already: a dispute keeps an animal from
    being sold, so it is not everybody's.
    Raises `NotFoundError`, `InvalidError`.
    """
    animal = await unit.get(Animal, animal_id)
    parent_id = parent_of(animal, role) if animal else None
    parent = await unit.get(Animal, parent_id) if parent_id else None
    if animal is None:
        raise NotFoundError("animal", animal_id)
    parties = {animal.vivarium_id, animal.breeder_vivarium_id, parent.vivarium_id if parent else None}
    # Whoever disputes may have sold the parent since, and can still take it back.
    if vivarium_id not in parties and vivarium_id not in (await _said(animal, role, unit)).disputing:
        raise NotFoundError("animal", animal_id)
    if parent is None:
        raise InvalidError(f"no {role} is named", "/role")
    return animal, parent


async def _said(animal: Animal, role: ParentRole, unit: Unit) -> Said:
    return await said_now(await place_of(animal, unit), role, unit)


@agent(DisputeParent, prefetch={Animal: "animal_id", Descent: "animal_id"})
async def dispute_parent(command: DisputeParent, unit: Unit) -> AsyncIterator[Event]:
    """Dispute who an animal's parent is. Until that is settled, the animal is not sold."""
    animal, _ = await _party(command.animal_id, command.role, command.vivarium_id, unit)
    if standing_of(await place_of(animal, unit), command.role) == "tested":
        raise ProvenParentError("a laboratory has confirmed this parent; only another test can exclude it")
    word = Word(
        vivarium_id=command.vivarium_id, evidence=command.evidence, reference=command.reference, note=command.note
    )
    unit.answer(Done(id=animal.animal_id))
    for event in await stand(animal, command.role, "disputed", "disputed", word, unit, by=command.vivarium_id):
        yield event


@agent(ResolveParent, prefetch={Animal: "animal_id", Descent: "animal_id"})
async def resolve_parent(command: ResolveParent, unit: Unit) -> AsyncIterator[Event]:
    """End a dispute, or record what a laboratory found.

    Whoever disputes may withdraw, or, where nobody else does, accept a test that supports the parent; the animal's keeper may
    yield, or record a test that excludes it: each side speaks against itself. Where nobody disputes, the keeper records tests;
    the platform may always.
    """
    role = command.role
    animal = await _subject(command, unit)
    place = await place_of(animal, unit)
    if parent_of(animal, role) is None:
        raise InvalidError(f"no {role} is named", "/role")
    said = await said_now(place, role, unit)
    _check_who(command, animal, said)
    tested = command.outcome in ("supported", "excluded")
    if tested and not command.reference:
        raise InvalidError("a laboratory's finding needs its reference", "/reference")
    word = Word(
        vivarium_id=command.vivarium_id,
        evidence="lab" if tested else "claim",
        reference=command.reference,
        note=command.note,
    )
    unit.answer(Done(id=animal.animal_id))
    if command.outcome == "withdrawn":
        parent = await unit.get(Animal, parent_of(animal, role) or "")
        agrees = parent is not None and parent.vivarium_id == command.vivarium_id
        standing = said.best("confirmed" if agrees else "claimed")
        events = await stand(animal, role, standing, "withdrawn", word, unit, final=command.platform)
    elif command.outcome == "supported":
        events = await stand(animal, role, "tested", "supported", word, unit)
    else:
        events = await _cleared(animal, role, command.outcome == "excluded", word, unit)
    for event in events:
        yield event


async def _subject(command: ResolveParent, unit: Unit) -> Animal:
    if not command.platform:
        return (await _party(command.animal_id, command.role, command.vivarium_id, unit))[0]
    animal = await unit.get(Animal, command.animal_id)
    if animal is None:
        raise NotFoundError("animal", command.animal_id)
    return animal


def _check_who(command: ResolveParent, animal: Animal, said: Said) -> None:
    """Raises `ForbiddenError`, `NotDisputedError`."""
    disputing = said.disputing
    if command.outcome in ("withdrawn", "yielded") and not disputing:
        raise NotDisputedError(f"nobody disputes the {command.role}")
    if command.platform:
        return
    if command.outcome not in ("withdrawn", "supported") or not disputing:
        if command.vivarium_id != animal.vivarium_id:
            raise ForbiddenError("only who keeps the animal may say this")
    elif command.vivarium_id not in disputing:
        raise ForbiddenError("only who disputes the parent may say this")
    elif command.outcome == "supported" and len(disputing) > 1:
        raise ForbiddenError("others dispute the parent too: each of them withdraws, or the platform decides")


async def _cleared(animal: Animal, role: ParentRole, excluded: bool, word: Word, unit: Unit) -> list[Event]:
    """Take a parent off that was yielded, or excluded by a test: it no longer counts as an ancestor."""
    place = with_standing(await place_of(animal, unit), role, "rejected" if excluded else None)
    standings: dict[ParentRole, LineageStatus] = {role: "rejected"} if excluded else {}
    after = replace(animal, sire_id=None) if role == "sire" else replace(animal, dam_id=None)
    after = replace(after, lineage_status=overall(place), revision=animal.revision + 1, updated_at=unit.now)
    doubts = [remark for remark in await findings_of(after, animal, unit) if remark.severity != "error"]
    keep(animal, after, unit, "parent cleared")
    word = replace(word, act="excluded" if excluded else "removed")
    told = descent_events(after, animal, doubts, "correction", unit, standings=standings, word=word)
    events = [updated(after, f"{role}_id", "lineage_status"), *[event async for event in told]]
    return [*events, *await learn([after], unit, former=[parent_of(animal, role)])]
