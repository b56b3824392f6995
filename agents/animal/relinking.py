"""Has the records of breeding name the animal that a placeholder turned out to be: what hatches later is that animal's young."""

from collections.abc import Collection

from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.agents.animal.records import clutch_record
from reptidex.streams.animal import BreedingClutchUpdated
from reptidex.streams.contract import Event
from reptidex.tables.animal.breeding import Clutch, Pairing
from reptidex.tables.animal.breeding_queries import breeding_with


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
