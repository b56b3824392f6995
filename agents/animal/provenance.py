"""Notes how animals came and went, with what CITES wants recorded."""

from collections.abc import AsyncIterator

from msgspec.structs import asdict, replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.enclosures import leave_enclosure
from reptidex.agents.animal.journal import keep, note
from reptidex.agents.animal.records import remarked, updated
from reptidex.agents.animal.registry import own_animal
from reptidex.agents.animal.transfers import lapse_offers
from reptidex.domain.lineage import Remark
from reptidex.domain.ownership import check_free
from reptidex.domain.registry.origins import STATUS_AFTER
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_keeping import Provenance, RecordProvenance, RemoveProvenance
from reptidex.streams.contract import Event
from reptidex.tables.animal.keeping import AnimalProvenance
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.record_checks import check_provenance


def row_of(
    provenance_id: str, animal: Animal, provenance: Provenance, unit: Unit
) -> tuple[AnimalProvenance, list[Remark]]:
    """Make the row of an origin or an exit, with what is doubtful about it. Raises `InvalidError`."""
    remarks = check_provenance(provenance, animal, unit.now.date())
    row = AnimalProvenance(
        provenance_id=provenance_id,
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        recorded_at=unit.now,
        **asdict(provenance),
    )
    return row, remarks


@agent(RecordProvenance, prefetch={Animal: "animal_id", AnimalProvenance: "provenance_id"})
async def record_provenance(command: RecordProvenance, unit: Unit) -> AsyncIterator[Event]:
    """Note how an animal came or went; one that is sold or lent out gets that status. A sale's hold forbids it."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    row, remarks = row_of(command.provenance_id, animal, command.provenance, unit)
    if command.correct:
        before = await _own(command.provenance_id, animal, unit)
        if before.direction != row.direction:
            raise InvalidError(f"this says how the animal was {before.direction}", "/direction")
        row = replace(row, recorded_at=before.recorded_at)
    # Who and how much stays out of the journal: it goes with the animal to its next owner, and these do not.
    note(animal, f"{row.direction}: {row.how}", unit, subject_id=row.provenance_id)
    unit.put(row)
    unit.answer(Done(id=row.provenance_id, remarks=remarked(remarks)))
    status = STATUS_AFTER.get(row.how) if row.direction == "disposed" else None
    if status is None or status == animal.status:
        return
    check_free(animal.animal_id, animal.status, animal.held_by)
    after = replace(animal, status=status, revision=animal.revision + 1, updated_at=unit.now)
    if status == "sold":
        await leave_enclosure(animal, unit)
        await lapse_offers(animal, unit)
        after = replace(after, enclosure_id=None)
    keep(animal, after, unit)
    yield updated(after, "status")


@agent(RemoveProvenance, prefetch={Animal: "animal_id", AnimalProvenance: "provenance_id"})
async def remove_provenance(command: RemoveProvenance, unit: Unit) -> None:
    """Strike out how an animal came or went."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    before = await _own(command.provenance_id, animal, unit)
    unit.put(replace(before, removed_because=command.reason))
    note(animal, f"{before.direction} removed: {command.reason}", unit, subject_id=before.provenance_id)
    unit.answer(Done(id=before.provenance_id))


async def _own(provenance_id: str, animal: Animal, unit: Unit) -> AnimalProvenance:
    found = await unit.get(AnimalProvenance, provenance_id)
    if found is None or found.animal_id != animal.animal_id or found.vivarium_id != animal.vivarium_id:
        raise NotFoundError("provenance", provenance_id)
    if found.removed_because:
        raise NotFoundError("provenance", provenance_id)
    return found
