"""A pedigree as it is shown: the places of so many generations, with the figures over all that is known."""

from reptidex.domain.pedigree import chart
from reptidex.http.animal.shapes import PedigreeView, pedigree_view
from reptidex.http.server.routes import Reader
from reptidex.tables.animal.pedigrees import lines_of
from reptidex.tables.animal.queries import fetch


async def drawn(read: Reader, animal_id: str, generations: int, looking: str) -> PedigreeView:
    """Show the pedigree of an animal that is there to somebody who looks for a vivarium: two round trips."""
    ancestry = (await lines_of(read, [animal_id])).ancestry()
    slots = chart(ancestry.pedigree, animal_id, generations)
    animals = await fetch(read, {slot.animal for slot in slots if slot.animal})
    return pedigree_view(animals, ancestry, animal_id, generations, looking)
