"""Words for a breeding season of Sam's, for tests."""

from datetime import date
from typing import Any

from reptidex.domain.catalogue.shelf import find_species
from reptidex.streams.commands.animal import (
    Done,
    Hatchling,
    RegisterHatchlings,
)
from reptidex.streams.commands.animal_breeding import (
    NotePairing,
    OpenSeason,
)
from reptidex.streams.values import Gene
from reptidex.tables.animal.breeding import Clutch, Pairing

HET = (Gene(locus="albino", alleles=("albino", "+"), evidence="offspring"),)
VISUAL = (Gene(locus="albino", alleles=("albino", "albino")),)
SKINK = next(find_species("Tiliqua scincoides")).species_id


async def season(keepers: Any, name: str = "2026", **more: Any) -> str:
    values = {"from_on": date(2025, 10, 1), "until_on": date(2026, 9, 30)} | more
    command = OpenSeason(season_id=keepers.id(), vivarium_id=keepers.sam, name=name, **values)
    made: Done = await keepers.harness.ask(command, Done)
    return made.id


async def pairing(keepers: Any, genes: Any = (), **more: Any) -> str:
    dam = await keepers.animal("female", genotype=genes)
    sire = await keepers.animal("male", genotype=genes)
    values = {"paired_on": date(2025, 11, 1)} | more
    made: str = await keepers.pairing(dam, sire, **values)
    return made


async def note(keepers: Any, pairing_id: str, kind: Any, day: date) -> list[Any]:
    command = NotePairing(note_id=keepers.id(), pairing_id=pairing_id, vivarium_id=keepers.sam, kind=kind, on_day=day)
    events: list[Any] = await keepers.harness.handle(command)
    return events


async def clutch(keepers: Any, pairing_id: str, **more: Any) -> str:
    row = await keepers.harness.get(Pairing, pairing_id)
    made: str = await keepers.clutch(row.dam_id, pairing_id=pairing_id, **more)
    return made


def hatch(keepers: Any, clutch_id: str, *genes: Any, **more: Any) -> RegisterHatchlings:
    young = tuple(Hatchling(animal_id=keepers.id(), genotype=each) for each in genes)
    values = {"hatched_on": date(2026, 4, 28)} | more
    return RegisterHatchlings(clutch_id=clutch_id, vivarium_id=keepers.sam, hatchlings=young, **values)


async def row_of(keepers: Any, clutch_id: str) -> Clutch:
    row: Clutch = await keepers.harness.get(Clutch, clutch_id)
    return row
