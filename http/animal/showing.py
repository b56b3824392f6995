"""Animals as they are shown to somebody: with the ids of those of their parents alone that the viewer may know."""

import asyncio
from collections.abc import Sequence

from reptidex.http.animal.naming import Names
from reptidex.http.animal.shapes import AnimalView, animal_view
from reptidex.http.server.routes import Reader
from reptidex.streams.commands.animal import Remarked
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import fetch


async def shown(read: Reader, animal: Animal, looking: str, remarks: tuple[Remarked, ...] = ()) -> AnimalView:
    """Show an animal to somebody who looks for a vivarium: both parents are read by their keys, which is the shorter way."""
    parents = [parent for parent in (animal.sire_id, animal.dam_id) if parent]
    found = await asyncio.gather(*(read.get(Animal, parent) for parent in parents)) if parents else ()
    return animal_view(animal, Names({one.animal_id: one for one in found if one is not None}, looking), remarks)


async def all_shown(read: Reader, animals: Sequence[Animal], looking: str) -> list[AnimalView]:
    """Show animals to somebody who looks for a vivarium: their parents come in one round trip."""
    known = {one.animal_id: one for one in animals}
    parents = {parent for one in animals for parent in (one.sire_id, one.dam_id) if parent}
    names = Names(known | await fetch(read, parents - known.keys()), looking)
    return [animal_view(one, names) for one in animals]
