"""Follows pairings that are planned or under way: how they stand, and what was seen of them."""

from collections.abc import AsyncIterator

from msgspec import UNSET
from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.pairings import paired
from reptidex.agents.animal.seasons import season_of
from reptidex.domain.breeding.stages import WITH_SIRE
from reptidex.errors import DomainError, InvalidError, NotFoundError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_breeding import ChangePairing, NotePairing, RemoveNote
from reptidex.streams.contract import Event
from reptidex.tables.animal.breeding import BreedingNote, Pairing
from reptidex.tables.animal.breeding_queries import clutches_of_pairings

NEXT = {
    "planned": {"active", "cancelled"},
    "active": {"ended", "cancelled"},
    "ended": {"active"},
    "cancelled": {"planned", "active"},
}
"""How a pairing may go on."""
MEETINGS = {"introduced", "courtship", "lock", "copulation"}
"""Notes by which a planned pairing is under way."""


class PairingStateError(DomainError):
    """The pairing does not stand so that this could happen."""

    title = "The pairing is in another state"

    def __init__(self, status: str, text: str) -> None:
        super().__init__(f"the pairing is {status}; {text}")
        self.state = status


async def own_pairing(pairing_id: str, vivarium_id: str, unit: Unit) -> Pairing:
    """Return a pairing of this vivarium. Raises `NotFoundError`, for another's pairing too."""
    pairing = await unit.get(Pairing, pairing_id)
    if pairing is None or pairing.vivarium_id != vivarium_id:
        raise NotFoundError("pairing", pairing_id)
    return pairing


def _check_days(pairing: Pairing, unit: Unit) -> None:
    today = unit.now.date()
    if pairing.status != "planned" and pairing.paired_on and pairing.paired_on > today:
        raise InvalidError("a pairing in the future is a plan", "/paired_on")
    if pairing.ended_on and (pairing.ended_on > today or (pairing.paired_on and pairing.ended_on < pairing.paired_on)):
        raise InvalidError("a pairing ends after it began and not in the future", "/ended_on")


@agent(ChangePairing, prefetch={Pairing: "pairing_id"})
async def change_pairing(command: ChangePairing, unit: Unit) -> AsyncIterator[Event]:
    """Change how a pairing stands; the platform hears of it when the animals have met."""
    before = await own_pairing(command.pairing_id, command.vivarium_id, unit)
    names = ("status", "paired_on", "ended_on", "visibility", "remark")
    wanted = {name: getattr(command, name) for name in names}
    changed = {name: value for name, value in wanted.items() if value is not UNSET and value != getattr(before, name)}
    if command.season is not UNSET or command.season_id is not UNSET:
        name = "" if command.season is UNSET else command.season
        season_id = None if command.season_id is UNSET else command.season_id
        changed["season"], changed["season_id"] = await season_of(name, season_id, before.vivarium_id, unit)
    unit.answer(Done(id=before.pairing_id))
    if not changed:
        return
    after = replace(before, **changed, updated_at=unit.now)
    if after.status != before.status:
        if after.status not in NEXT[before.status]:
            raise PairingStateError(before.status, f"it cannot become {after.status}")
        if after.status == "cancelled" and await unit.find(clutches_of_pairings([after.pairing_id])):
            raise PairingStateError(before.status, "it has a clutch, so it cannot be cancelled")
        if after.status == "active":
            after = replace(after, ended_on=None, paired_on=after.paired_on or unit.now.date())
        if after.status == "ended":
            after = replace(after, ended_on=after.ended_on or unit.now.date())
    _check_days(after, unit)
    unit.put(after)
    if after.status == "active" and before.status in ("planned", "cancelled"):
        yield paired(after)


@agent(NotePairing, prefetch={Pairing: "pairing_id"})
async def note_pairing(command: NotePairing, unit: Unit) -> AsyncIterator[Event]:
    """Note what was seen of a pairing."""
    pairing = await own_pairing(command.pairing_id, command.vivarium_id, unit)
    if pairing.status == "cancelled":
        raise PairingStateError("cancelled", "nothing is noted of it any more")
    if command.on_day > unit.now.date():
        raise InvalidError("what was seen was not seen in the future", "/on_day")
    sire_id = command.sire_id
    if sire_id is not None and sire_id not in pairing.candidate_sire_ids:
        raise InvalidError("the sire is none of the pairing's candidates", "/sire_id")
    if sire_id is None and command.kind in WITH_SIRE and len(pairing.candidate_sire_ids) == 1:
        [sire_id] = pairing.candidate_sire_ids
    unit.put(
        BreedingNote(
            note_id=command.note_id,
            pairing_id=pairing.pairing_id,
            vivarium_id=pairing.vivarium_id,
            kind=command.kind,
            on_day=command.on_day,
            sire_id=sire_id,
            text=command.text,
            recorded_by=unit.cause.actor,
            recorded_at=unit.now,
        )
    )
    unit.answer(Done(id=command.note_id))
    if command.kind not in MEETINGS:
        return
    planned = pairing.status == "planned"
    began = command.on_day if planned or not pairing.paired_on else min(pairing.paired_on, command.on_day)
    if planned or began != pairing.paired_on:
        after = replace(pairing, status="active" if planned else pairing.status, paired_on=began, updated_at=unit.now)
        unit.put(after)
        if planned:
            yield paired(after)


@agent(RemoveNote, prefetch={BreedingNote: "note_id", Pairing: "pairing_id"})
async def remove_note(command: RemoveNote, unit: Unit) -> None:
    """Take back a note about a pairing; how the pairing stands stays."""
    await own_pairing(command.pairing_id, command.vivarium_id, unit)
    note = await unit.get(BreedingNote, command.note_id)
    if note is None or note.pairing_id != command.pairing_id:
        raise NotFoundError("note", command.note_id)
    unit.delete(BreedingNote, note.note_id)
    unit.answer(Done(id=note.note_id))
