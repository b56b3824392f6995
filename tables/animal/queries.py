"""Questions that agents and views both ask of the animals' tables."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy import or_

from reptidex.domain.kinship import Parents
from reptidex.tables.animal.breeding import Clutch, Pairing
from reptidex.tables.animal.models import Access, Animal, HealthRecord, Ownership
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row

R = TypeVar("R", bound=Row)

CHUNK = 500
"""Ids in one condition; SQLite bounds the variables of a statement."""


class Finder(Protocol):
    """What finds rows: a unit of work, or a view's reader."""

    async def find(self, query: Query[R]) -> list[R]:
        """Return the rows that a query finds."""


def animals_of(vivarium_id: str) -> Query[Animal]:
    """Ask for all animals of a vivarium, archived ones included."""
    return select(Animal, Animal.c.vivarium_id == vivarium_id)


class AnimalsWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a vivarium's animals; what is None does not matter."""

    species_id: str | None = None
    sex: str | None = None
    status: str | None = None
    visibility: str | None = None
    clutch_id: str | None = None
    code: str | None = None
    name: str | None = None
    born_from: date | None = None
    born_until: date | None = None
    archived: bool = False


def animals_wanted(vivarium_id: str, wanted: AnimalsWanted) -> Query[Animal]:
    """Ask for a vivarium's animals, oldest record first."""
    table = Animal.c
    where = [table.vivarium_id == vivarium_id]
    for name in ("species_id", "sex", "status", "visibility", "clutch_id", "code"):
        value = getattr(wanted, name)
        if value is not None:
            where.append(table[name] == value)
    if wanted.name:
        where.append(table.name.icontains(wanted.name, autoescape=True))
    if wanted.born_from:
        where.append(table.born_on >= wanted.born_from)
    if wanted.born_until:
        where.append(table.born_on <= wanted.born_until)
    if not wanted.archived and wanted.status is None:
        where.append(table.status.not_in(("deceased", "archived")))
    return select(Animal, *where)


def offspring_seen(animal_id: str, viewer: str) -> Query[Animal]:
    """Ask for an animal's young that somebody may see who looks for the vivarium `viewer` (empty: an outsider)."""
    table = Animal.c
    return select(
        Animal,
        or_(table.sire_id == animal_id, table.dam_id == animal_id),
        or_(table.visibility == "public", table.vivarium_id == viewer),
    )


def with_code(vivarium_id: str, code: str) -> Query[Animal]:
    """Ask for the animal that has a code in a vivarium."""
    return select(Animal, Animal.c.vivarium_id == vivarium_id, Animal.c.code == code, limit=1)


def offspring_of(animal_ids: Iterable[str]) -> Query[Animal]:
    """Ask for the animals of which one of these is sire or dam."""
    ids = list(animal_ids)
    return select(Animal, or_(Animal.c.sire_id.in_(ids), Animal.c.dam_id.in_(ids)))


def owners_of(animal_id: str) -> Query[Ownership]:
    """Ask for the owners of an animal, first to last."""
    return select(Ownership, Ownership.c.animal_id == animal_id, order=("number",))


def accesses_of(user_id: str) -> Query[Access]:
    """Ask for every access that a person has or had."""
    return select(Access, Access.c.user_id == user_id)


async def fetch(source: Finder, animal_ids: Iterable[str]) -> dict[str, Animal]:
    """Return the animals with these ids; those that are not there are left out."""
    ids, found = sorted(set(animal_ids)), dict[str, Animal]()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        found |= {one.animal_id: one for one in await source.find(select(Animal, Animal.c.animal_id.in_(chunk)))}
    return found


async def ancestry(source: Finder, animal_ids: Iterable[str], generations: int | None = None) -> dict[str, Animal]:
    """Return animals with all their known ancestors, or those of so many generations: one round trip a generation."""
    known: dict[str, Animal] = {}
    level, left = set(animal_ids), generations
    while level and (left is None or left >= 0):
        fresh = await fetch(source, level)
        known |= fresh
        parents = {parent for one in fresh.values() for parent in (one.sire_id, one.dam_id) if parent}
        level, left = parents - known.keys(), None if left is None else left - 1
    return known


async def descendants(source: Finder, animal_id: str) -> dict[str, Animal]:
    """Return every animal that descends from one: one round trip a generation."""
    known: dict[str, Animal] = {}
    level = [animal_id]
    while level:
        fresh: dict[str, Animal] = {}
        for start in range(0, len(level), CHUNK):
            fresh |= {one.animal_id: one for one in await source.find(offspring_of(level[start : start + CHUNK]))}
        level = [one for one in fresh if one not in known]
        known |= fresh
    return known


def pedigree_of(animals: Mapping[str, Animal]) -> dict[str, Parents]:
    """Reduce animals to who descends from whom."""
    return {one.animal_id: (one.sire_id, one.dam_id) for one in animals.values() if one.sire_id or one.dam_id}


def pairings_of(vivarium_id: str) -> Query[Pairing]:
    """Ask for a vivarium's pairings."""
    return select(Pairing, Pairing.c.vivarium_id == vivarium_id)


def clutches_of(vivarium_id: str) -> Query[Clutch]:
    """Ask for a vivarium's clutches."""
    return select(Clutch, Clutch.c.vivarium_id == vivarium_id)


def clutch_animals(clutch_id: str) -> Query[Animal]:
    """Ask for the animals that hatched from a clutch."""
    return select(Animal, Animal.c.clutch_id == clutch_id)


def health_of(animal_id: str) -> Query[HealthRecord]:
    """Ask for what was noted of an animal's health, latest first."""
    return select(HealthRecord, HealthRecord.c.animal_id == animal_id, order=("-on_day",))
