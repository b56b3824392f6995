"""Keeps the record of clutches from laying to hatching."""

from collections.abc import AsyncIterator
from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.pairings import breeding_pair
from reptidex.agents.animal.records import clutch_record
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.clutches import check_counts, due
from reptidex.errors import DomainError, InvalidError, NotFoundError
from reptidex.streams.animal import BreedingClutchCreated, BreedingClutchUpdated
from reptidex.streams.commands.animal import Done, RecordClutch, UpdateClutch
from reptidex.streams.contract import Event
from reptidex.tables.animal.breeding import Clutch, Pairing
from reptidex.tables.animal.models import Animal


class ClutchClosedError(DomainError):
    """The clutch has hatched or is lost: its counts are history."""

    title = "The clutch is closed"

    def __init__(self, clutch_id: str, status: str) -> None:
        super().__init__(f"the clutch is {status}")
        self.clutch_id, self.state = clutch_id, status


async def own_clutch(clutch_id: str, vivarium_id: str, unit: Unit) -> Clutch:
    """Return a clutch of this vivarium. Raises `NotFoundError`, for another's clutch too."""
    clutch = await unit.get(Clutch, clutch_id)
    if clutch is None or clutch.vivarium_id != vivarium_id:
        raise NotFoundError("clutch", clutch_id)
    return clutch


@agent(RecordClutch, prefetch={Animal: "dam_id", Clutch: "clutch_id"})
async def record_clutch(command: RecordClutch, unit: Unit) -> AsyncIterator[Event]:
    """Record a clutch with the days on which it is due."""
    pairing = await unit.get(Pairing, command.pairing_id) if command.pairing_id else None
    if command.pairing_id and (
        pairing is None or pairing.vivarium_id != command.vivarium_id or pairing.dam_id != command.dam_id
    ):
        raise InvalidError("there is no such pairing of this dam", "/pairing_id")
    candidates = command.candidate_sire_ids or (pairing.candidate_sire_ids if pairing else ())
    dam, _ = await breeding_pair(command.dam_id, candidates, command.vivarium_id, unit)
    check_counts(command.laid, command.fertile, command.slugs)
    if command.laid_on > unit.now.date():
        raise InvalidError("a clutch cannot be laid in the future", "/laid_on")
    if dam.born_on and command.laid_on <= dam.born_on:
        raise InvalidError("a clutch is laid after its dam was born", "/laid_on")
    species = need_species(dam.species_id)
    window = due(command.laid_on, None if species.live_bearing else species.incubation_days)
    clutch = Clutch(
        clutch_id=command.clutch_id,
        vivarium_id=command.vivarium_id,
        pairing_id=command.pairing_id,
        dam_id=dam.animal_id,
        candidate_sire_ids=candidates,
        species_id=dam.species_id,
        species=dam.species,
        kind="litter" if species.live_bearing else "eggs",
        laid_on=command.laid_on,
        laid=command.laid,
        fertile=command.fertile,
        slugs=command.slugs,
        due_from=window[0] if window else None,
        due_until=window[1] if window else None,
        visibility=command.visibility,
        created_at=unit.now,
    )
    unit.put(clutch)
    unit.answer(Done(id=clutch.clutch_id))
    yield BreedingClutchCreated(**clutch_record(clutch))


@agent(UpdateClutch, prefetch={Clutch: "clutch_id"})
async def update_clutch(command: UpdateClutch, unit: Unit) -> AsyncIterator[Event]:
    """Change a clutch's counts, or write it off."""
    before = await own_clutch(command.clutch_id, command.vivarium_id, unit)
    if before.status in ("hatched", "lost"):
        raise ClutchClosedError(before.clutch_id, before.status)
    names = ("laid", "fertile", "slugs", "dead_in_egg", "visibility")
    wanted: dict[str, Any] = {name: getattr(command, name) for name in names}
    changed = {name: value for name, value in wanted.items() if value is not None and value != getattr(before, name)}
    if command.lost:
        changed["status"] = "lost"
    unit.answer(Done(id=before.clutch_id))
    if not changed:
        return
    after = replace(before, **changed)
    check_counts(after.laid, after.fertile, after.slugs)
    if after.hatched + after.dead_in_egg + after.slugs > after.laid:
        raise InvalidError("more eggs are accounted for than were laid", "/laid")
    unit.put(after)
    yield BreedingClutchUpdated(**clutch_record(after), changed=tuple(sorted(changed)))
