"""Asks for the rows that a file carries, and that a file's records may already be."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from reptidex.streams.commands.animal_collection import Carried
from reptidex.tables.animal.breeding import Clutch, Pairing, Season
from reptidex.tables.animal.breeding_queries import seasons_of
from reptidex.tables.animal.carried import (
    carried_care,
    carried_clutch,
    carried_enclosure,
    carried_pairing,
    carried_provenance,
    carried_season,
    carried_stay,
    carried_test,
    recognised_by,
    same,
)
from reptidex.tables.animal.genetics import GeneticTest
from reptidex.tables.animal.health import HealthRecord
from reptidex.tables.animal.keeping import AnimalProvenance, Enclosure, Stay, enclosures_of
from reptidex.tables.animal.queries import CHUNK, Finder
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row

_READ: Mapping[type[Row], Callable[[Any], Carried]] = {
    Enclosure: carried_enclosure,
    Season: carried_season,
    Pairing: lambda row: carried_pairing(row, (), same),
    Clutch: lambda row: carried_clutch(row, (), same),
    HealthRecord: lambda row: carried_care(row, same),
    AnimalProvenance: lambda row: carried_provenance(row, same),
    GeneticTest: lambda row: carried_test(row, same),
    Stay: lambda row: carried_stay(row, same),
}


def known_by(row: Row) -> object:
    """Return by what a row is known again in a file that names all by ids."""
    return recognised_by(_READ[type(row)](row))


async def rows_there(source: Finder, vivarium_id: str, kinds: set[str], own: set[str], dams: set[str]) -> list[Row]:
    """Return what there is of these kinds: of the vivarium, of its `own` animals, and what it bred from `dams`.

    What was struck out is left out.
    """
    found: list[Row] = []
    if kinds & {"enclosure", "stay"}:
        places: list[Enclosure] = await source.find(enclosures_of(vivarium_id, closed=True))
        found += places
    if kinds & {"season", "pairing"}:
        seasons: list[Season] = await source.find(seasons_of(vivarium_id))
        found += seasons
    for among, named in ((dams, ("pairing", "clutch")), (own, ("care", "provenance", "test", "stay"))):
        ids = sorted(among)
        for start in range(0, len(ids), CHUNK):
            for kind in named:
                if kind in kinds:
                    found += await source.find(rows_of(kind, vivarium_id, ids[start : start + CHUNK]))
    return found


def rows_of(kind: str, vivarium_id: str, animal_ids: list[str]) -> Query[Any]:
    """Ask for what of a kind there is about some animals: of pairings and clutches, those of which they are the dams."""
    match kind:
        case "pairing":
            return select(Pairing, Pairing.c.vivarium_id == vivarium_id, Pairing.c.dam_id.in_(animal_ids))
        case "clutch":
            return select(Clutch, Clutch.c.vivarium_id == vivarium_id, Clutch.c.dam_id.in_(animal_ids))
        case "care":
            table = HealthRecord.c
            return select(HealthRecord, table.animal_id.in_(animal_ids), table.removed_at.is_(None), order=("on_day",))
        case "provenance":
            origin: tuple[sa.ColumnElement[bool], ...] = (
                AnimalProvenance.c.animal_id.in_(animal_ids),
                AnimalProvenance.c.vivarium_id == vivarium_id,
                AnimalProvenance.c.removed_because == "",
            )
            return select(AnimalProvenance, *origin, order=("on_day",))
        case "test":
            test = GeneticTest.c
            return select(
                GeneticTest, test.animal_id.in_(animal_ids), test.withdrawn_at.is_(None), order=("tested_on",)
            )
        case _:
            return select(Stay, Stay.c.animal_id.in_(animal_ids), Stay.c.vivarium_id == vivarium_id, order=("since",))
