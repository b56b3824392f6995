"""Gives many new animals their places in the pedigree at once, as an import or a large clutch needs it."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.agents.animal.history import ROLES, Word, ask_parents_keeper, note, parent_of, with_standing
from reptidex.domain.studbook.book import Studbook
from reptidex.domain.studbook.inbreeding import inbreeding
from reptidex.streams.animal import Finding
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import Lines, depths, lines_of


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a new animal's place beside its parents."""

    findings: tuple[Finding, ...] = ()
    hybrid: bool = False
    given_inbreeding: float | None = None


async def place_all(
    animals: Sequence[Animal], unit: Unit, word: Word, known: Mapping[str, Known] | None = None
) -> dict[str, Descent]:
    """Place new animals, which may be each other's parents; all have been put and checked.

    One query brings the ancestors that were there before, one pass works out every F. Returns the places by animal.
    """
    batch = {animal.animal_id: animal for animal in animals}
    outside = {parent for one in animals for parent in (one.sire_id, one.dam_id) if parent and parent not in batch}
    above = await lines_of(unit, outside)
    places = {one.animal_id: _bare(one, (known or {}).get(one.animal_id, Known())) for one in animals}
    whole = Lines({**above.rows, **places})
    book = Studbook(whole.pedigree)
    own = dict(zip(book.ids, inbreeding(book, book.figures(whole.given)).tolist(), strict=True))
    deep = depths(whole)
    for animal_id, place in places.items():
        generation, equivalents = deep.get(animal_id, (0, 0.0))
        f = own.get(animal_id, place.given_inbreeding or 0.0)
        places[animal_id] = replace(place, inbreeding=f, generation=generation, equivalents=equivalents)
        unit.put(places[animal_id])
        await _told(batch[animal_id], batch, word, unit)
    return places


def _bare(animal: Animal, known: Known) -> Descent:
    place = Descent(
        animal_id=animal.animal_id, sire_id=animal.sire_id, dam_id=animal.dam_id, **msgspec.structs.asdict(known)
    )
    for role in ROLES:
        if parent_of(animal, role):
            place = with_standing(place, role, animal.lineage_status)
    return place


async def _told(animal: Animal, batch: Mapping[str, Animal], word: Word, unit: Unit) -> None:
    """Write down who each parent is said to be, and ask the keepers of those that are not of the same batch."""
    for role in ROLES:
        parent = parent_of(animal, role)
        if parent is None:
            continue
        note(animal.animal_id, role, parent, word.act or "claimed", animal.lineage_status, word, unit)
        if animal.lineage_status == "claimed" and parent not in batch:
            await ask_parents_keeper(animal, role, word, unit)
