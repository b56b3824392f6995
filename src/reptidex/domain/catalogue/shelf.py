"""The shipped catalogue of species, read and checked once."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec

from reptidex.domain.catalogue.entries import Morph, Species
from reptidex.errors import NotFoundError


@cache
def species() -> Mapping[str, Species]:
    """Return every species of the catalogue by its id."""
    shelf = sorted(
        (one for one in files(__package__).iterdir() if one.name.endswith(".json")), key=lambda one: one.name
    )
    entries = (msgspec.json.decode(one.read_bytes(), type=Species) for one in shelf)
    return MappingProxyType({entry.species_id: entry for entry in entries})


@cache
def morphs() -> Mapping[str, Morph]:
    """Return every morph of the catalogue by its id."""
    return MappingProxyType({morph.morph_id: morph for entry in species().values() for morph in entry.morphs})


def need_species(species_id: str) -> Species:
    """Return one species.

    Raises `NotFoundError`.
    """
    entry = species().get(species_id)
    if entry is None:
        raise NotFoundError("species", species_id)
    return entry


def find_species(words: str) -> Iterator[Species]:
    """Yield the species whose scientific or common name holds these words."""
    wanted = words.casefold()
    for entry in species().values():
        if any(wanted in name.casefold() for name in (entry.scientific_name, *entry.common_names)):
            yield entry
