"""Rows as a file carries them, and as they are known again when the file is read."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from reptidex.streams.commands.animal_collection import (
    Carried,
    CarriedCare,
    CarriedClutch,
    CarriedEnclosure,
    CarriedNote,
    CarriedPairing,
    CarriedProvenance,
    CarriedSeason,
    CarriedStay,
    CarriedTest,
)
from reptidex.streams.commands.animal_genetics import LocusResult
from reptidex.streams.commands.animal_keeping import NewEnclosure, Provenance
from reptidex.tables.animal.breeding import BreedingNote, Clutch, Pairing, Season
from reptidex.tables.animal.genetics import GeneticTest
from reptidex.tables.animal.health import HealthRecord
from reptidex.tables.animal.keeping import AnimalProvenance, Enclosure, Stay
from reptidex.tables.row import Row

Name = Callable[[str], str | None]
"""What a file calls an animal; None for one that it may not name."""


def same(animal_id: str) -> str:
    """Call an animal by its id."""
    return animal_id


def carried_enclosure(row: Enclosure) -> CarriedEnclosure:
    """Write an enclosure."""
    new = NewEnclosure(**_shared(row, NewEnclosure))
    return CarriedEnclosure(ref=row.enclosure_id, enclosure=new, opened_at=row.opened_at, closed_at=row.closed_at)


def carried_season(row: Season) -> CarriedSeason:
    """Write a season."""
    return CarriedSeason(**_shared(row, CarriedSeason))


def carried_pairing(row: Pairing, seen: Iterable[BreedingNote], name: Name) -> CarriedPairing:
    """Write a pairing with what was seen of it."""
    notes = tuple(
        CarriedNote(kind=one.kind, on_day=one.on_day, sire=name(one.sire_id) if one.sire_id else None, text=one.text)
        for one in seen
    )
    values = _shared(row, CarriedPairing)
    return CarriedPairing(
        **values,
        ref=row.pairing_id,
        dam=name(row.dam_id) or row.dam_id,
        sires=_named(row.candidate_sire_ids, name),
        seen=notes,
    )


def carried_clutch(row: Clutch, hatchlings: Iterable[str], name: Name) -> CarriedClutch:
    """Write a clutch with what hatched from it."""
    values = _shared(row, CarriedClutch)
    values["fertile"] = row.fertile if row.fertile_counted else None
    genes = {named: genes for sire, genes in row.sire_genotypes.items() if (named := name(sire))}
    values |= {"sire_genotypes": genes}
    return CarriedClutch(
        **values,
        dam=name(row.dam_id) or row.dam_id,
        sires=_named(row.candidate_sire_ids, name),
        pairing=row.pairing_id,
        hatchlings=_named(hatchlings, name),
    )


def carried_care(row: HealthRecord, name: Name) -> CarriedCare:
    """Write a record of care."""
    return CarriedCare(animal=name(row.animal_id) or row.animal_id, entry=row.entry)


def carried_provenance(row: AnimalProvenance, name: Name) -> CarriedProvenance:
    """Write how an animal came or went."""
    provenance = Provenance(**_shared(row, Provenance))
    return CarriedProvenance(animal=name(row.animal_id) or row.animal_id, provenance=provenance)


def carried_test(row: GeneticTest, name: Name) -> CarriedTest:
    """Write a laboratory's test."""
    values = _shared(row, CarriedTest)
    values["results"] = tuple(LocusResult(locus=one.locus, alleles=one.alleles) for one in row.results)
    return CarriedTest(**values, animal=name(row.animal_id) or row.animal_id)


def carried_stay(row: Stay, name: Name) -> CarriedStay:
    """Write an animal's time in an enclosure."""
    return CarriedStay(
        animal=name(row.animal_id) or row.animal_id, enclosure=row.enclosure_id, since=row.since, until=row.until
    )


def renamed(record: Carried, names: dict[str, str]) -> Carried:
    """Return a record that names animals, enclosures and pairings by their ids."""
    changes: dict[str, Any] = {}
    for field in ("animal", "dam"):
        value = getattr(record, field, None)
        if isinstance(value, str):
            changes[field] = names.get(value, value)
    if isinstance(record, CarriedStay):
        changes["enclosure"] = names.get(f"enclosure {record.enclosure}", record.enclosure)
    for field in ("sires", "hatchlings"):
        if hasattr(record, field):
            changes[field] = tuple(names.get(one, one) for one in getattr(record, field))
    return replace(record, **changes)


def recognised_by(record: Carried) -> object:
    """Return by what a record, which names all by ids, is known again."""
    match record:
        case CarriedEnclosure():
            return "enclosure", record.enclosure.name, record.enclosure.location
        case CarriedSeason():
            return "season", record.name
        case CarriedPairing():
            return "pairing", record.dam, frozenset(record.sires), record.season, record.paired_on
        case CarriedClutch():
            return "clutch", record.dam, record.laid_on, record.laid
        case CarriedStay():
            return "stay", record.animal, record.enclosure, record.since
        case _:
            return type(record).__name__, msgspec.json.encode(record)


def _named(animal_ids: Iterable[str], name: Name) -> tuple[str, ...]:
    return tuple(named for one in animal_ids if (named := name(one)) is not None)


def _shared(row: Row, kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the fields that a row and a record have in common."""
    plain = asdict(row)
    return {name: plain[name] for name in kind.__struct_fields__ if name in plain}
