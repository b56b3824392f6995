"""Questions about genes that agents and views ask of the animals' tables."""

from reptidex.tables.animal.genetics import GeneticTest
from reptidex.tables.animal.models import Animal
from reptidex.tables.query import Query, select


def tests_of(animal_id: str) -> Query[GeneticTest]:
    """Ask for an animal's genetic tests, latest first."""
    return select(GeneticTest, GeneticTest.c.animal_id == animal_id, order=("-tested_on",))


def breeding_stock(vivarium_id: str, species_id: str) -> Query[Animal]:
    """Ask for a vivarium's animals of a species that it may breed with now."""
    table = Animal.c
    return select(
        Animal,
        table.vivarium_id == vivarium_id,
        table.species_id == species_id,
        table.status.in_(("active", "holdback", "lease")),
        table.placeholder.is_(False),
        table.sex != "unknown",
    )
