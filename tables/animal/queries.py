"""Questions that agents and views both ask of the animals' tables."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy import or_
from sqlalchemy import select as select_

from reptidex.tables.animal.models import Access, Animal, Ownership
from reptidex.tables.query import Query, select
from reptidex.tables.row import Condition, Row

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


def living_of(vivarium_id: str, species_id: str) -> Query[Animal]:
    """Ask for a vivarium's living animals of a species that it keeps itself: what it can breed with."""
    table = Animal.c
    gone = table.status.in_(("deceased", "archived", "sold", "external"))
    return select(
        Animal,
        table.vivarium_id == vivarium_id,
        table.species_id == species_id,
        table.placeholder.is_(False),
        ~gone,
    )


class AnimalsWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a vivarium's animals; what is None does not matter."""

    species_id: str | None = None
    subspecies: str | None = None
    sex: str | None = None
    status: str | None = None
    visibility: str | None = None
    lineage_status: str | None = None
    sire_id: str | None = None
    dam_id: str | None = None
    clutch_id: str | None = None
    enclosure_id: str | None = None
    placeholder: bool | None = None
    code: str | None = None
    external_ref: str | None = None
    name: str | None = None
    born_from: date | None = None
    born_until: date | None = None
    archived: bool = False


_EQUAL = (
    *("species_id", "subspecies", "sex", "status", "visibility", "clutch_id", "enclosure_id", "placeholder", "code"),
    *("external_ref", "lineage_status", "sire_id", "dam_id"),
)


def animals_wanted(vivarium_id: str, wanted: AnimalsWanted) -> Query[Animal]:
    """Ask for a vivarium's animals, oldest record first."""
    table = Animal.c
    where = [table.vivarium_id == vivarium_id]
    for name in _EQUAL:
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
    return select(Animal, or_(table.sire_id == animal_id, table.dam_id == animal_id), _page_seen(viewer))


def hatchlings_seen(clutch_id: str, viewer: str) -> Query[Animal]:
    """Ask for the animals that hatched from a clutch and that the vivarium `viewer` may see."""
    return select(Animal, Animal.c.clutch_id == clutch_id, _page_seen(viewer))


def _page_seen(viewer: str) -> Condition:
    return or_(Animal.c.visibility == "public", Animal.c.vivarium_id == viewer)


def with_code(vivarium_id: str, code: str) -> Query[Animal]:
    """Ask for the animal that has a code in a vivarium."""
    return select(Animal, Animal.c.vivarium_id == vivarium_id, Animal.c.code == code, limit=1)


def with_codes(vivarium_id: str, codes: Iterable[str]) -> Query[Animal]:
    """Ask for the animals that have one of these codes in a vivarium."""
    return select(Animal, Animal.c.vivarium_id == vivarium_id, Animal.c.code.in_(list(codes)))


def with_references(vivarium_id: str, references: Iterable[str]) -> Query[Animal]:
    """Ask for the animals of a vivarium that were imported under one of these references."""
    return select(Animal, Animal.c.vivarium_id == vivarium_id, Animal.c.external_ref.in_(list(references)))


def misleading_references(vivarium_id: str) -> Query[Animal]:
    """Ask for a vivarium's animals whose reference is the code of one of its animals."""
    codes = select_(Animal.c.code).where(Animal.c.vivarium_id == vivarium_id)
    return select(Animal, Animal.c.vivarium_id == vivarium_id, Animal.c.external_ref.in_(codes))


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


def young_after(animal_id: str, after: str, limit: int) -> Query[Animal]:
    """Ask for so many of an animal's young, from the id after `after` on."""
    table = Animal.c
    born = or_(table.sire_id == animal_id, table.dam_id == animal_id)
    return select(Animal, born, table.animal_id > after, limit=limit)


async def fetch(source: Finder, animal_ids: Iterable[str]) -> dict[str, Animal]:
    """Return the animals with these ids; those that are not there are left out."""
    ids, found = sorted(set(animal_ids)), dict[str, Animal]()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        found |= {one.animal_id: one for one in await source.find(select(Animal, Animal.c.animal_id.in_(chunk)))}
    return found


async def young_of(source: Finder, animal_ids: Iterable[str]) -> list[Animal]:
    """Return the animals of which one of these is sire or dam; one of two of them may come twice."""
    ids, found = sorted(set(animal_ids)), list[Animal]()
    for start in range(0, len(ids), CHUNK):
        found += await source.find(offspring_of(ids[start : start + CHUNK]))
    return found


def clutch_animals(clutch_id: str) -> Query[Animal]:
    """Ask for the animals that hatched from a clutch."""
    return select(Animal, Animal.c.clutch_id == clutch_id)
