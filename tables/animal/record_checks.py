"""What records about an animal have to keep to, whether a keeper notes them or a file brings them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, get_args

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.loci import Locus, Pair
from reptidex.domain.genetics.reading import ImpossibleGenotypeError, read_pair
from reptidex.domain.lineage import Remark
from reptidex.domain.registry.origins import Acquired, Disposed, check_source
from reptidex.errors import InvalidError
from reptidex.streams.commands.animal_care import Entry, Injury, Medication, Visit
from reptidex.streams.commands.animal_genetics import LocusResult
from reptidex.streams.commands.animal_keeping import Provenance
from reptidex.tables.animal.models import Animal

_WAYS: dict[str, tuple[str, ...]] = {"acquired": get_args(Acquired), "disposed": get_args(Disposed)}


def check_entry(entry: Entry, animal: Animal, today: date) -> Entry:
    """Check the dates and amounts of an entry against the animal and against each other. Raises `InvalidError`."""
    day = entry.on_day
    if day > today or (animal.born_on and animal.birth_precision == "day" and day < animal.born_on):
        raise InvalidError("the day lies before the animal's birth or in the future", "/on_day")
    if animal.died_on is not None and day > animal.died_on and not isinstance(entry, Visit):
        raise InvalidError("the animal had died by then", "/on_day")
    later: dict[str, Any] = {}
    if isinstance(entry, Medication):
        later = {"until": entry.until, "withdrawal_until": entry.withdrawal_until}
        if entry.dose is not None and entry.unit is None:
            raise InvalidError("a dose needs its unit", "/unit")
    if isinstance(entry, Injury):
        later = {"healed_on": entry.healed_on}
    if isinstance(entry, Visit):
        later = {"next_on": entry.next_on}
    for name, value in later.items():
        if value is not None and value < day:
            raise InvalidError(f"{name} lies before on_day", f"/{name}")
    return entry


def check_provenance(provenance: Provenance, animal: Animal, today: date) -> list[Remark]:
    """Check how an animal came or went, and return what is doubtful about it. Raises `InvalidError`."""
    if provenance.how not in _WAYS[provenance.direction]:
        ways = ", ".join(_WAYS[provenance.direction])
        raise InvalidError(f"an animal is {provenance.direction} in one of these ways: {ways}", "/how")
    day = provenance.on_day
    if day > today or (animal.born_on and animal.birth_precision == "day" and day < animal.born_on):
        raise InvalidError("the day lies before the animal's birth or in the future", "/on_day")
    if provenance.price is not None and provenance.price.amount < 0:
        raise InvalidError("a price is not negative", "/price")
    for place, permit in enumerate(provenance.permits):
        if permit.issued_on and permit.expires_on and permit.expires_on < permit.issued_on:
            raise InvalidError("a permit expires after it was issued", f"/permits/{place}/expires_on")
    species = need_species(animal.species_id)
    return check_source(provenance.direction, provenance.how, provenance.source_code, species)


def check_tested(laboratory: str, tested_on: date, animal: Animal, today: date) -> None:
    """Check who tested an animal and when. Raises `InvalidError`."""
    if tested_on > today:
        raise InvalidError("a test cannot be done in the future", "/tested_on")
    if animal.born_on and animal.birth_precision == "day" and tested_on < animal.born_on:
        raise InvalidError("a test is done after the animal was born", "/tested_on")
    if not laboratory.strip():
        raise InvalidError("name the laboratory", "/laboratory")


def checked_results(species: Species, results: Sequence[LocusResult], animal: Animal) -> dict[Locus, Pair]:
    """Return what was found, locus by locus. Raises `InvalidError` for what no animal can carry, with the place."""
    found: dict[Locus, Pair] = {}
    for place, result in enumerate(results):
        pointer = f"/results/{place}"
        locus = species.by_locus.get(result.locus)
        if locus is None:
            raise InvalidError(f"{result.locus!r} is no locus of {species.scientific_name}", f"{pointer}/locus")
        if locus in found:
            raise InvalidError(f"{locus.name} is named twice", f"{pointer}/locus")
        if len(result.alleles) == 1 and (locus.single_in is None or animal.sex != locus.single_in):
            raise InvalidError(f"{locus.name}: a test says both alleles; `+` is the wild type", f"{pointer}/alleles")
        try:
            found[locus] = read_pair(locus, result.alleles, animal.sex)
        except ImpossibleGenotypeError as impossible:
            raise InvalidError(str(impossible), f"{pointer}/alleles") from impossible
    return found
