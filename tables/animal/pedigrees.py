"""Ancestors and descendants in one round trip each, however many generations: recursive queries over `descents`."""

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from reptidex.domain.ancestry import Ancestry
from reptidex.domain.kinship import Parents, oldest_first
from reptidex.tables.animal.lineage import Descent, LineageEntry, LineageRules, Suggestion
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import CHUNK, Finder, fetch
from reptidex.tables.query import Query, select
from reptidex.tables.row import Row

R = TypeVar("R", bound=Row)
Ids = sa.Select[tuple[str]]


class Lines(msgspec.Struct, frozen=True):
    """Animals with all their known ancestors."""

    rows: Mapping[str, Descent]

    @property
    def pedigree(self) -> dict[str, Parents]:
        """Who descends from whom; founders are left out."""
        return {one.animal_id: one.parents for one in self.rows.values() if one.sire_id or one.dam_id}

    def ancestry(self, extra: Mapping[str, Parents] | None = None) -> Ancestry:
        """Return what the rules of kinship need, with `extra` animals that are only thought of."""
        own = {one.animal_id: one.inbreeding for one in self.rows.values() if one.inbreeding is not None}
        whole = len(own) == len(self.rows) and not extra
        depth = {one.animal_id: one.generation for one in self.rows.values()} if whole else None
        for animal in extra or {}:
            own.pop(animal, None)
        return Ancestry({**self.pedigree, **(extra or {})}, own, self.given, depth)

    @property
    def given(self) -> dict[str, float]:
        """The inbreeding of founders that their keepers know."""
        return {one.animal_id: one.given_inbreeding for one in self.rows.values() if one.given_inbreeding}


class Look(Finder, Protocol):
    """What finds rows, and reads one by its key."""

    async def get(self, row: type[R], key: str) -> R | None:
        """Return the row with this key, or None."""


async def lines_of(source: Finder, animal_ids: Iterable[str]) -> Lines:
    """Return animals with all their known ancestors. Those that do not exist are left out."""
    wanted = set(animal_ids)
    rows: dict[str, Descent] = {}
    while todo := wanted - rows.keys():
        found = await _with_ancestors(source, todo)
        rows |= found
        # Normally nobody is left. An animal may lack its place in an older database, and a row that another worker changed
        # while we waited for it may name a parent that was not asked for.
        left = todo - found.keys()
        animals = await fetch(source, left) if left else {}
        rows |= {one.animal_id: placed(one) for one in animals.values()}
        parents = {parent for one in rows.values() for parent in one.parents if parent is not None}
        wanted = (wanted | parents) - (left - animals.keys())
    return Lines(rows)


async def with_ancestors(
    source: Finder, animal_ids: Iterable[str], generations: int | None = None
) -> dict[str, Animal]:
    """Return the records of animals and of all their known ancestors, or of those of so many generations."""
    chosen = set(animal_ids)
    lines = await lines_of(source, chosen)
    if generations is None:
        return await fetch(source, lines.rows)
    wanted, level = set(chosen), chosen
    for _ in range(generations):
        level = {parent for one in level if one in lines.rows for parent in lines.rows[one].parents if parent} - wanted
        wanted |= level
    return await fetch(source, wanted)


async def _with_ancestors(source: Finder, animal_ids: Iterable[str]) -> dict[str, Descent]:
    ids, found = sorted(animal_ids), dict[str, Descent]()
    for start in range(0, len(ids), CHUNK):
        chosen = sa.select(Descent.c.animal_id).where(Descent.c.animal_id.in_(ids[start : start + CHUNK]))
        found |= {one.animal_id: one for one in await source.find(_descents(_upward(chosen)))}
    return found


async def inbreeding_of(source: Look, animal_id: str) -> float:
    """Return Wright's F of an animal over all that is known: one row, where it has been worked out."""
    place = await source.get(Descent, animal_id)
    if place is not None and place.inbreeding is not None:
        return place.inbreeding
    return (await lines_of(source, [animal_id])).ancestry().inbreeding(animal_id).value


async def lines_of_vivarium(source: Finder, vivarium_id: str, species_id: str) -> Lines:
    """Return a vivarium's animals of one species, archived ones included, with all their known ancestors."""
    chosen = sa.select(Animal.c.animal_id).where(Animal.c.vivarium_id == vivarium_id, Animal.c.species_id == species_id)
    return Lines({one.animal_id: one for one in await source.find(_descents(_upward(chosen)))})


def descendants_of(animal_id: str) -> Query[Descent]:
    """Ask for everything that descends from an animal."""
    return select(Descent, Descent.c.animal_id.in_(_downward(animal_id)), Descent.c.animal_id != animal_id)


async def lines_of_descendants(source: Finder, animal_id: str) -> Lines:
    """Return everything that descends from an animal with all ancestors of it, and so the animal itself."""
    found = await source.find(_descents(_upward(_downward(animal_id))))
    return Lines({one.animal_id: one for one in found})


def placed(animal: Animal) -> Descent:
    """Return an animal's place as its own row names it, without figures."""
    return Descent(animal_id=animal.animal_id, sire_id=animal.sire_id, dam_id=animal.dam_id)


def figures(lines: Lines, place: Descent) -> Descent:
    """Return an animal's place with its figures; `lines` are those of its parents."""
    if place.sire_id is None and place.dam_id is None:
        return replace(place, inbreeding=place.given_inbreeding or 0.0, generation=0, equivalents=0.0)
    both = place.sire_id is not None and place.dam_id is not None
    own = lines.ancestry().mating(place.sire_id or "", place.dam_id or "") if both else 0.0
    if any(row.inbreeding is None for row in lines.rows.values()):
        deep = depths(Lines({**lines.rows, place.animal_id: place}))
    else:
        deep = {one.animal_id: (one.generation, one.equivalents) for one in lines.rows.values()}
    known = [deep.get(parent, (0, 0.0)) for parent in place.parents if parent is not None]
    return replace(
        place,
        inbreeding=own,
        generation=max(generation for generation, _ in known) + 1,
        equivalents=sum((1 + equivalents) / 2 for _, equivalents in known),
    )


def depths(lines: Lines) -> dict[str, tuple[int, float]]:
    """Return the longest line of each animal in generations, and its complete generation equivalents.

    The equivalents are the sum over known ancestors of (1/2)^n (Maignel et al. 1996): by parent, half of one more than its own.
    """
    deep: dict[str, tuple[int, float]] = {}
    for animal in oldest_first(lines.pedigree):
        row = lines.rows.get(animal)
        known = [deep[parent] for parent in (row.parents if row else ()) if parent is not None]
        longest = max((generation + 1 for generation, _ in known), default=0)
        deep[animal] = (longest, sum((1 + equivalents) / 2 for _, equivalents in known))
    return deep


async def rules_of(source: Finder, vivarium_ids: Iterable[str]) -> list[LineageRules]:
    """Return the rules of those vivariums that have set any."""
    ids = sorted(vivarium_ids)
    return await source.find(select(LineageRules, LineageRules.c.vivarium_id.in_(ids))) if ids else []


def _descents(ids: Ids) -> Query[Descent]:
    return select(Descent, Descent.c.animal_id.in_(ids))


def _upward(chosen: Ids) -> Ids:
    """Ask for some animals and all their ancestors. UNION drops repeats, so that even a circle would come to an end."""
    up = chosen.cte("up", recursive=True)
    sides = sa.union_all(sa.select(sa.literal(0).label("side")), sa.select(sa.literal(1))).subquery("sides")
    below = Descent.sql.alias("below")
    parent = sa.case((sides.c.side == 0, below.c.sire_id), else_=below.c.dam_id)
    step = sa.select(parent).select_from(up.join(below, below.c.animal_id == up.c.animal_id).join(sides, sa.true()))
    up = up.union(step.where(parent.is_not(None)))
    return sa.select(up.c.animal_id)


def _downward(animal_id: str) -> Ids:
    """Ask for an animal and all its descendants."""
    down = sa.select(Descent.c.animal_id).where(Descent.c.animal_id == animal_id).cte("down", recursive=True)
    young = Descent.sql.alias("young")
    born = sa.or_(young.c.sire_id == down.c.animal_id, young.c.dam_id == down.c.animal_id)
    down = down.union(sa.select(young.c.animal_id).select_from(down.join(young, born)))
    return sa.select(down.c.animal_id)


def places_of_young(animal_id: str) -> Query[Descent]:
    """Ask for the places of an animal's young."""
    return select(Descent, sa.or_(Descent.c.sire_id == animal_id, Descent.c.dam_id == animal_id))


def places_of(animal_ids: Iterable[str]) -> Query[Descent]:
    """Ask for the places of some animals."""
    return select(Descent, Descent.c.animal_id.in_(list(animal_ids)))


def history_of(animal_id: str) -> Query[LineageEntry]:
    """Ask for the history of an animal's lineage, oldest entry first."""
    return select(LineageEntry, LineageEntry.c.animal_id == animal_id, order=("at",))


def histories_of(animal_ids: Iterable[str]) -> Query[LineageEntry]:
    """Ask for the histories of some animals' lineages, oldest entry first."""
    return select(LineageEntry, LineageEntry.c.animal_id.in_(list(animal_ids)), order=("at",))


def open_suggestions(animal_id: str) -> Query[Suggestion]:
    """Ask for the questions about an animal's parents that nobody has answered."""
    return select(Suggestion, Suggestion.c.animal_id == animal_id, Suggestion.c.state == "open")


def suggestions_about(animal_id: str) -> Query[Suggestion]:
    """Ask for all questions about an animal's parents."""
    return select(Suggestion, Suggestion.c.animal_id == animal_id)


def entries_by(actor: str) -> Query[LineageEntry]:
    """Ask for what a person has said of lineages."""
    return select(LineageEntry, LineageEntry.c.actor == actor)


def suggestions_by(actor: str) -> Query[Suggestion]:
    """Ask for what a person has asked other keepers."""
    return select(Suggestion, Suggestion.c.actor == actor)


def suggestions_to(vivarium_id: str, state: str | None) -> Query[Suggestion]:
    """Ask for the questions put to a vivarium: those about animals that it keeps now."""
    kept = sa.select(Animal.c.animal_id).where(Animal.c.vivarium_id == vivarium_id)
    return _in_state(Suggestion.c.subject_id.in_(kept), state)


def suggestions_from(vivarium_id: str, state: str | None) -> Query[Suggestion]:
    """Ask for the questions that a vivarium has put."""
    return _in_state(Suggestion.c.from_vivarium_id == vivarium_id, state)


def _in_state(which: sa.ColumnElement[bool], state: str | None) -> Query[Suggestion]:
    where = (which,) if state is None else (which, Suggestion.c.state == state)
    return select(Suggestion, *where, order=("at",))
