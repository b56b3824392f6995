"""Questions that agents and views ask of seasons, pairings, clutches and feeds."""

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from reptidex.domain.lineage import Laid
from reptidex.tables.animal.breeding import BreedingNote, CalendarFeed, Clutch, Pairing, Season
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import CHUNK, Finder
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row

B = TypeVar("B", Clutch, Pairing)


def seasons_of(vivarium_id: str) -> Query[Season]:
    """Ask for a vivarium's seasons, latest first."""
    return select(Season, Season.c.vivarium_id == vivarium_id, order=("-from_on",))


def season_named(vivarium_id: str, name: str) -> Query[Season]:
    """Ask for the season of a vivarium that has a name."""
    return select(Season, Season.c.vivarium_id == vivarium_id, Season.c.name == name, limit=1)


class PairingsWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a vivarium's pairings; what is None does not matter."""

    season_id: str | None = None
    season: str | None = None
    status: str | None = None
    dam_id: str | None = None
    species_id: str | None = None


def pairings_wanted(vivarium_id: str, wanted: PairingsWanted) -> Query[Pairing]:
    """Ask for a vivarium's pairings."""
    return select(Pairing, Pairing.c.vivarium_id == vivarium_id, *_equal(Pairing, wanted))


def pairings_of_season(season_id: str, limit: int | None = None) -> Query[Pairing]:
    """Ask for the pairings of a season."""
    return select(Pairing, Pairing.c.season_id == season_id, limit=limit)


def pairings_named(vivarium_id: str, season: str) -> Query[Pairing]:
    """Ask for the pairings that name a season which has no object of its own yet."""
    table = Pairing.c
    return select(Pairing, table.vivarium_id == vivarium_id, table.season == season, table.season_id.is_(None))


def pairings_of_dam(dam_id: str) -> Query[Pairing]:
    """Ask for the pairings of a dam that are planned or under way."""
    return select(Pairing, Pairing.c.dam_id == dam_id, Pairing.c.status.in_(("planned", "active")))


def pairings_shown(vivarium_id: str, since: date) -> Query[Pairing]:
    """Ask for the pairings of a calendar: planned, under way, or ended so lately that something may still come of them."""
    table = Pairing.c
    lately = (table.status == "ended") & (table.ended_on >= since)
    return select(Pairing, table.vivarium_id == vivarium_id, table.status.in_(("planned", "active")) | lately)


def notes_of(pairing_id: str) -> Query[BreedingNote]:
    """Ask for what was noted of a pairing, day by day."""
    return select(BreedingNote, BreedingNote.c.pairing_id == pairing_id, order=("on_day",))


def notes_of_all(pairing_ids: Iterable[str]) -> Query[BreedingNote]:
    """Ask for what was noted of several pairings, day by day."""
    return select(BreedingNote, BreedingNote.c.pairing_id.in_(list(pairing_ids)), order=("on_day",))


class ClutchesWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a vivarium's clutches; what is None does not matter."""

    pairing_id: str | None = None
    dam_id: str | None = None
    species_id: str | None = None
    status: str | None = None
    laid_from: date | None = None
    laid_until: date | None = None


def clutches_wanted(vivarium_id: str, wanted: ClutchesWanted) -> Query[Clutch]:
    """Ask for a vivarium's clutches."""
    where = [Clutch.c.vivarium_id == vivarium_id]
    if wanted.laid_from:
        where.append(Clutch.c.laid_on >= wanted.laid_from)
    if wanted.laid_until:
        where.append(Clutch.c.laid_on <= wanted.laid_until)
    return select(Clutch, *where, *_equal(Clutch, wanted))


def clutches_of_dam(dam_id: str) -> Query[Clutch]:
    """Ask for the clutches of a dam that were not written off."""
    return select(Clutch, Clutch.c.dam_id == dam_id, Clutch.c.status != "lost")


def clutches_of_pairings(pairing_ids: Iterable[str]) -> Query[Clutch]:
    """Ask for the clutches of some pairings, first laid first."""
    return select(Clutch, Clutch.c.pairing_id.in_(list(pairing_ids)), order=("laid_on",))


def bred_by(row: type[B], vivarium_id: str) -> Query[B]:
    """Ask for all clutches or all pairings of a vivarium, whoever keeps the animals since."""
    return select(row, row.c.vivarium_id == vivarium_id)


def breeding_with(row: type[B], animal_id: str, vivarium_ids: Iterable[str]) -> Query[B]:
    """Ask for the clutches or the pairings of some vivariums that name an animal as dam or as a candidate."""
    sire = sa.cast(row.c.candidate_sire_ids, sa.Text).contains(animal_id)
    return select(row, row.c.vivarium_id.in_(list(vivarium_ids)), (row.c.dam_id == animal_id) | sire)


async def laid_of(source: Finder, animals: Iterable[Animal]) -> dict[str, Laid]:
    """Return what is recorded of the clutches that some animals hatched from, by clutch."""
    ids = sorted({one.clutch_id for one in animals if one.clutch_id})
    found: dict[str, Laid] = {}
    for start in range(0, len(ids), CHUNK):
        for one in await source.find(select(Clutch, Clutch.c.clutch_id.in_(ids[start : start + CHUNK]))):
            found[one.clutch_id] = Laid(dam_id=one.dam_id, sire_ids=one.candidate_sire_ids, eggs=one.laid)
    return found


def clutches_due(vivarium_id: str, since: date, until: date) -> Query[Clutch]:
    """Ask for a vivarium's clutches of which something falls between two days: laying, hatching, or the due window."""
    table = Clutch.c
    laid = table.laid_on.between(since, until)
    hatched = table.hatched_on.between(since, until)
    awaited = (table.due_until >= since) & (table.due_from <= until)
    return select(Clutch, table.vivarium_id == vivarium_id, laid | hatched | awaited, order=("laid_on",))


def hatched_of(clutch_ids: Iterable[str]) -> Query[Animal]:
    """Ask for the animals that hatched from some clutches; who was registered by mistake never did."""
    meant = Animal.c.archived_as.is_(None) | (Animal.c.archived_as != "mistake")
    return select(Animal, Animal.c.clutch_id.in_(list(clutch_ids)), meant)


def feeds_of(vivarium_id: str) -> Query[CalendarFeed]:
    """Ask for a vivarium's calendar feeds, the revoked ones too."""
    return select(CalendarFeed, CalendarFeed.c.vivarium_id == vivarium_id, order=("-feed_id",))


def _equal(row: type[Row], wanted: msgspec.Struct) -> list[ColumnElement[bool]]:
    names = [name for name in wanted.__struct_fields__ if name in row.__struct_fields__]
    values = {name: getattr(wanted, name) for name in names}
    return [row.c[name] == value for name, value in values.items() if value is not None]
