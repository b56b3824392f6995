"""Takes animals out of the active collection, and back into it."""

from collections.abc import AsyncIterator
from typing import Literal

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descent import check_offspring
from reptidex.agents.animal.enclosures import leave_enclosure
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.laying import check_clutches, count_hatchling
from reptidex.agents.animal.proving import learn
from reptidex.agents.animal.records import updated
from reptidex.agents.animal.registry import check_birth, own_animal
from reptidex.agents.animal.transfers import lapse_offers
from reptidex.domain.ownership import GONE, check_free
from reptidex.errors import DomainError
from reptidex.streams.animal import AnimalArchived
from reptidex.streams.commands.animal import ArchiveAnimal, Done
from reptidex.streams.commands.animal_keeping import RestoreAnimal
from reptidex.streams.contract import Event
from reptidex.tables.animal.health import HealthRecord, health_of
from reptidex.tables.animal.journal import changes_of
from reptidex.tables.animal.keeping import AnimalMark, AnimalProvenance, marks_of, provenance_of
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import history_of, suggestions_about


class NotArchivedError(DomainError):
    """The animal is in the collection, or what it was has been erased or linked."""

    title = "There is nothing to restore"

    def __init__(self, animal_id: str, detail: str) -> None:
        super().__init__(detail)
        self.animal_id = animal_id


@agent(ArchiveAnimal, prefetch={Animal: "animal_id"})
async def archive_animal(command: ArchiveAnimal, unit: Unit) -> AsyncIterator[Event]:
    """Take an animal out of the active collection; its place in pedigrees stays. Refused while a sale holds it."""
    before = await own_animal(command.animal_id, command.vivarium_id, unit)
    check_free(before.animal_id, before.status, before.held_by)
    deceased = command.reason == "deceased"
    after = replace(
        before,
        status="deceased" if deceased else "archived",
        died_on=command.died_on if deceased else None,
        archived_as=command.reason,
        enclosure_id=None,
        revision=before.revision + 1,
        updated_at=unit.now,
    )
    if command.reason == "erased":
        after = replace(after, name="", notes="", phenotype="", photos=(), visibility="private", external_ref=None)
    check_birth(after, unit)
    if after.died_on is not None:
        await check_offspring(after, unit)
        await check_clutches(after, unit)
    await leave_enclosure(before, unit)
    await lapse_offers(before, unit)
    if command.reason == "erased":
        await _forget(before, unit)
        before = after
    keep(before, after, unit, f"archived: {command.reason}")
    unit.answer(Done(id=after.animal_id))
    yield AnimalArchived(
        animal_id=after.animal_id, vivarium_id=after.vivarium_id, reason=command.reason, died_on=after.died_on
    )
    if command.reason == "mistake":
        for event in await _mistaken(after, -1, unit):
            yield event


async def _mistaken(animal: Animal, by: Literal[1, -1], unit: Unit) -> list[Event]:
    """Let an animal that was registered by mistake be no hatchling and tell nothing of its family's genes; or let it again."""
    return [*await count_hatchling(animal, by, unit), *await learn([animal], unit)]


async def _forget(animal: Animal, unit: Unit) -> None:
    """Erase what was noted of an animal, in the journal too; who descends from it stays."""
    for change in await unit.find(changes_of(animal.animal_id)):
        unit.put(replace(change, fields=()))
    for entry in await unit.find(history_of(animal.animal_id)):
        unit.put(replace(entry, note=""))
    for question in await unit.find(suggestions_about(animal.animal_id)):
        unit.put(replace(question, note="", answer=""))
    for mark in await unit.find(marks_of([animal.animal_id])):
        unit.delete(AnimalMark, mark.mark_id)
    for record in await unit.find(health_of(animal.animal_id, removed=True)):
        unit.delete(HealthRecord, record.record_id)
    for origin in await unit.find(provenance_of(animal.animal_id, animal.vivarium_id, removed=True)):
        unit.delete(AnimalProvenance, origin.provenance_id)


@agent(RestoreAnimal, prefetch={Animal: "animal_id"})
async def restore_animal(command: RestoreAnimal, unit: Unit) -> AsyncIterator[Event]:
    """Take an archived animal back: one archived by mistake, or one recorded dead that lives. What was erased is gone."""
    before = await own_animal(command.animal_id, command.vivarium_id, unit)
    if before.status not in GONE:
        raise NotArchivedError(before.animal_id, "the animal is in the collection")
    if before.archived_as == "erased":
        raise NotArchivedError(before.animal_id, "the animal's record was erased on request; register it anew")
    place = await unit.get(Descent, before.animal_id)
    if place is not None and place.linked_to is not None:
        raise NotArchivedError(
            before.animal_id, "the placeholder was linked: its young are the registered animal's now"
        )
    after = replace(
        before,
        status="external" if before.placeholder else "active",
        died_on=None,
        archived_as=None,
        revision=before.revision + 1,
        updated_at=unit.now,
    )
    keep(before, after, unit, f"restored: {command.reason}")
    unit.answer(Done(id=after.animal_id))
    yield updated(after, "died_on", "status") if before.died_on else updated(after, "status")
    if before.archived_as == "mistake":
        for event in await _mistaken(after, 1, unit):
            yield event
