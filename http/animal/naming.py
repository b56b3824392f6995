"""The one place that says which animals an answer may name: whoever may not be seen counts, and is not named.

Every id of an animal that the caller did not give and does not keep goes through `Names` on its way out.
"""

from collections.abc import Iterable, Mapping

import msgspec

from reptidex.domain.visibility import shows_name, sight
from reptidex.http.server.routes import Reader
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import fetch


class Named(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An animal by name, as far as the caller may know it."""

    animal_id: str | None = None
    code: str = ""
    name: str = ""
    hidden: bool = False
    """True where the animal is known, and its owner does not show who it is."""
    unknown: str = ""
    """`sire` or `dam` where the unknown parent of this animal is meant."""


class Names:
    """Animals that were fetched together, named for one viewer; for None each is named."""

    def __init__(self, animals: Mapping[str, Animal], looking: str | None) -> None:
        self._animals, self.looking = animals, looking

    @classmethod
    async def of(cls, read: Reader, animal_ids: Iterable[str], looking: str | None) -> "Names":
        """Fetch animals to be named; ids of unknown parents (`<animal>/sire`) are taken too."""
        return cls(await fetch(read, {animal_id.partition("/")[0] for animal_id in animal_ids}), looking)

    def owner(self, animal_id: str) -> str:
        """Return whose an animal is; empty for one that is not there."""
        animal = self._animals.get(animal_id)
        return animal.vivarium_id if animal is not None else ""

    def __call__(self, animal_id: str) -> Named:
        """Name an animal."""
        real, _, role = animal_id.partition("/")
        animal = self._seen(real)
        if animal is None:
            return Named(hidden=True, unknown=role)
        return Named(animal_id=animal.animal_id, code=animal.code, name=animal.name, unknown=role)

    def id(self, animal_id: str | None) -> str | None:
        """Return an animal's id if the viewer may know it; None for one that is hidden, as for none."""
        return animal_id if animal_id is not None and self._seen(animal_id) is not None else None

    def ids(self, animal_ids: Iterable[str]) -> tuple[str, ...]:
        """Return those of these ids that the viewer may know."""
        return tuple(one for one in animal_ids if self._seen(one) is not None)

    def hides(self, animal_id: str | None) -> bool:
        """Say whether there is an animal that the viewer may not know."""
        return animal_id is not None and self._seen(animal_id) is None

    def _seen(self, animal_id: str) -> Animal | None:
        animal, looking = self._animals.get(animal_id), self.looking
        if animal is None or looking is None:
            return animal
        return animal if shows_name(sight(animal.visibility, animal.vivarium_id, looking)) else None
