"""Puts the animal that a placeholder turned out to be in its place: in the records of breeding, below its parents, as inbred."""

from collections.abc import Collection

from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.agents.animal.descent import place_of
from reptidex.agents.animal.founders import give_inbreeding
from reptidex.agents.animal.history import ROLES, Word, note, parent_of
from reptidex.agents.animal.lineage import change_parents
from reptidex.agents.animal.records import clutch_record
from reptidex.domain.lineage import Remark
from reptidex.streams.animal import BreedingClutchUpdated
from reptidex.streams.contract import Event
from reptidex.tables.animal.breeding import Clutch, Pairing
from reptidex.tables.animal.breeding_queries import breeding_with
from reptidex.tables.animal.lineage import ParentRole, Suggestion
from reptidex.tables.animal.models import Animal


async def relink_breeding(stand_in: str, real: str, vivarium_ids: Collection[str], unit: Unit) -> list[Event]:
    """Put an animal in a placeholder's place in the clutches and pairings of some vivariums, and tell the clutches."""
    said: list[Event] = []
    for pairing in await unit.find(breeding_with(Pairing, stand_in, vivarium_ids)):
        dam_id, sires = _named(pairing, stand_in, real)
        unit.put(replace(pairing, dam_id=dam_id, candidate_sire_ids=sires, updated_at=unit.now))
    for clutch in await unit.find(breeding_with(Clutch, stand_in, vivarium_ids)):
        dam_id, sires = _named(clutch, stand_in, real)
        genes = {real if key == stand_in else key: value for key, value in clutch.sire_genotypes.items()}
        after = replace(clutch, dam_id=dam_id, candidate_sire_ids=sires, sire_genotypes=genes, updated_at=unit.now)
        unit.put(after)
        changed = tuple(
            name for name in ("candidate_sire_ids", "dam_id") if getattr(after, name) != getattr(clutch, name)
        )
        said.append(BreedingClutchUpdated(**clutch_record(after), changed=changed))
    return said


def _named(row: Clutch | Pairing, stand_in: str, real: str) -> tuple[str, tuple[str, ...]]:
    sires = dict.fromkeys(real if one == stand_in else one for one in row.candidate_sire_ids)
    return real if row.dam_id == stand_in else row.dam_id, tuple(sires)


async def hand_on_parents(
    stand_in: Animal, real: Animal, vivarium_id: str, unit: Unit
) -> tuple[list[Event], list[Remark]]:
    """Let an animal have the parents that its placeholder had, where it has none: else a link would cut its young's pedigree off.

    Of another vivarium's animal they are suggested to its keeper. Raises `ParentsRefusedError` where they cannot be: then the
    placeholder is somebody else.
    """
    found, missing = list[Remark](), dict[ParentRole, str]()
    for role in ROLES:
        wanted, there = parent_of(stand_in, role), parent_of(real, role)
        if wanted is None or wanted == there:
            continue
        if there is None:
            missing[role] = wanted
            continue
        text = f"the placeholder had another {role}; that of the registered animal stays"
        found.append(Remark(rule="parents", severity="warning", text=text))
    if not missing:
        return [], found
    word = Word(vivarium_id=vivarium_id, note=f"from the placeholder {stand_in.code}")
    if real.vivarium_id == vivarium_id:
        after = replace(real, sire_id=missing.get("sire", real.sire_id), dam_id=missing.get("dam", real.dam_id))
        return [event async for event in change_parents(real, after, "parents", word, unit)], found
    for role, parent_id in missing.items():
        unit.put(
            Suggestion(
                suggestion_id=unit.new_id(),
                animal_id=real.animal_id,
                role=role,
                parent_id=parent_id,
                asks="keeper",
                subject_id=real.animal_id,
                from_vivarium_id=vivarium_id,
                actor=unit.cause.actor,
                at=unit.now,
                note=word.note,
            )
        )
        note(real.animal_id, role, parent_id, "suggested", None, word, unit)
        text = f"the placeholder's {role} was suggested to the animal's keeper"
        found.append(Remark(rule="parents", severity="note", text=text))
    return [], found


async def hand_on_inbreeding(
    stand_in: Animal, real: Animal, vivarium_id: str, unit: Unit
) -> tuple[list[Event], list[Remark]]:
    """Let a founder have the inbreeding that was given of its placeholder; another keeper's animal stays as it is."""
    given = (await place_of(stand_in, unit)).given_inbreeding
    place = await place_of(real, unit)
    if given is None or given == place.given_inbreeding or any(parent_of(real, role) for role in ROLES):
        return [], []
    if real.vivarium_id != vivarium_id or place.given_inbreeding is not None:
        text = f"an inbreeding of {given} was given of the placeholder; what is recorded of the registered animal stays"
        return [], [Remark(rule="inbreeding", severity="note", text=text)]
    return [event async for event in give_inbreeding(real, place, given, unit)], []
