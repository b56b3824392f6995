"""The formats by name."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from reptidex.domain.interchange.animals import AnimalEntry, Animals
from reptidex.domain.interchange.animals_csv import read_animals_csv
from reptidex.domain.interchange.animals_json import AnimalsFile, read_animals_json
from reptidex.domain.interchange.gedcom import read_gedcom, write_gedcom
from reptidex.domain.interchange.json_list import schema_of
from reptidex.domain.interchange.pedigree import Individual, Pedigree
from reptidex.domain.interchange.pedigree_csv import read_pedigree_csv, write_pedigree_csv
from reptidex.domain.interchange.pedigree_json import PedigreeFile, read_pedigree_json, write_pedigree_json
from reptidex.domain.interchange.reading import Numbered, Reading
from reptidex.domain.interchange.studbook import read_studbook, write_studbook

AnimalFormat = Literal["csv", "json"]
PedigreeFormat = Literal["csv", "studbook", "gedcom", "json"]

ANIMAL_READERS: Mapping[AnimalFormat, Callable[[bytes], Animals]] = {
    "csv": read_animals_csv,
    "json": read_animals_json,
}
PEDIGREE_READERS: Mapping[PedigreeFormat, Callable[[bytes], Pedigree]] = {
    "csv": read_pedigree_csv,
    "studbook": read_studbook,
    "gedcom": read_gedcom,
    "json": read_pedigree_json,
}
PEDIGREE_WRITERS: Mapping[PedigreeFormat, Callable[[list[Individual]], str]] = {
    "csv": write_pedigree_csv,
    "studbook": write_studbook,
    "gedcom": write_gedcom,
    "json": write_pedigree_json,
}
MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "studbook": "text/csv; charset=utf-8; header=present",
    "gedcom": "text/vnd.familysearch.gedcom; charset=utf-8",
    "json": "application/json",
}
ENDINGS: Mapping[str, str] = {"csv": "csv", "studbook": "csv", "gedcom": "ged", "json": "json"}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the published JSON Schemas by name."""
    files: dict[str, Any] = {"reptidex-animals": AnimalsFile, "reptidex-pedigree": PedigreeFile}
    return {f"{name}.v1": schema_of(kind, name, 1) for name, kind in files.items()}


def as_placeholders(pedigree: Pedigree) -> Animals:
    """Turn individuals of a pedigree into placeholders, known by their id there."""
    return Reading(
        entries=[Numbered(line=each.line, entry=_placeholder(each.entry)) for each in pedigree.entries],
        problems=pedigree.problems,
        ignored=pedigree.ignored,
    )


def _placeholder(one: Individual) -> AnimalEntry:
    return AnimalEntry(
        external_ref=one.id,
        name=one.name,
        species=one.species,
        sex=one.sex,
        born=one.born,
        died=one.died if one.died and len(one.died) == 10 else None,
        status="external",
        visibility="lineage",
        placeholder=True,
        sire=one.sire,
        dam=one.dam,
    )
