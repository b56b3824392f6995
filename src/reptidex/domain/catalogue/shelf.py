"""The catalogue as it now stands: the shipped files, read and checked once, under what editors changed since.

This is the one place that answers which species, locus or morph something is. It lives in memory; a worker replaces what lies
over the shipped files whenever its database has newer edits (`tables/animal/taxonomy.py`).
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec

from reptidex.domain.catalogue.edits import Edit, compose
from reptidex.domain.catalogue.entries import Morph, Species
from reptidex.errors import InvalidError, NotFoundError

log = logging.getLogger(__name__)


class Stand(msgspec.Struct, frozen=True):
    """The catalogue at one moment; replaced whole, so that a reader never sees half an edit."""

    species: Mapping[str, Species]
    morphs: Mapping[str, Morph]
    mark: str
    """Names the edits that are laid over the shipped files; empty where there are none."""


@cache
def shipped() -> Mapping[str, Species]:
    """Return every species of the shipped files by its id."""
    shelf = sorted(
        (one for one in files(__package__).iterdir() if one.name.endswith(".json")), key=lambda one: one.name
    )
    entries = (msgspec.json.decode(one.read_bytes(), type=Species) for one in shelf)
    return MappingProxyType({entry.species_id: entry for entry in entries})


def stand_of(entries: Iterable[Species], mark: str = "") -> Stand:
    """Return a catalogue of these species."""
    species = {entry.species_id: entry for entry in entries}
    morphs = {morph.morph_id: morph for entry in species.values() for morph in entry.morphs}
    return Stand(MappingProxyType(species), MappingProxyType(morphs), mark)


_now: list[Stand] = []


def stand() -> Stand:
    """Return the catalogue as it now stands."""
    if not _now:
        _now.append(stand_of(shipped().values()))
    return _now[0]


def lay_over(edits: Iterable[Edit], mark: str) -> None:
    """Lay these edits, and no others, over the shipped files.

    A species whose edits no longer fit a newer shipped file stands as shipped; that is logged, and its editor sees it.
    """
    by_species: dict[str, list[Edit]] = {}
    for edit in edits:
        by_species.setdefault(edit.species_id, []).append(edit)
    entries = dict(shipped())
    for species_id, mine in by_species.items():
        try:
            entries[species_id] = compose(entries.get(species_id), mine)
        except InvalidError as problem:
            log.warning("the edits of species %s do not fit the shipped entry: %s", species_id, problem)
    _now[:] = [stand_of(entries.values(), mark)]


def species() -> Mapping[str, Species]:
    """Return every species of the catalogue by its id."""
    return stand().species


def morphs() -> Mapping[str, Morph]:
    """Return every morph of the catalogue by its id."""
    return stand().morphs


def need_species(species_id: str) -> Species:
    """Return one species.

    Raises `NotFoundError`.
    """
    entry = species().get(species_id)
    if entry is None:
        raise NotFoundError("species", species_id)
    return entry


def names_of(entry: Species) -> Iterator[str]:
    """Yield every name under which a species is known: scientific, common, former, those of its subspecies, its code."""
    yield from (entry.scientific_name, *entry.common_names, *entry.synonyms)
    for one in entry.subspecies:
        yield from (one.name, *one.common_names)


def find_species(words: str) -> Iterator[Species]:
    """Yield the species of which some name holds these words."""
    wanted = words.casefold()
    for entry in species().values():
        if any(wanted in name.casefold() for name in names_of(entry)):
            yield entry
