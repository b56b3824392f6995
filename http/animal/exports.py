"""Files that go out: a vivarium's animals, and pedigrees in the formats of other programs."""

from collections.abc import AsyncIterator, Callable, Iterable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reptidex.domain.interchange import animals_csv, animals_json
from reptidex.domain.interchange.animals import AnimalEntry, MarkEntry
from reptidex.domain.interchange.formats import (
    ENDINGS,
    MEDIA_TYPES,
    PEDIGREE_WRITERS,
    AnimalFormat,
    PedigreeFormat,
    schemas,
)
from reptidex.domain.interchange.json_list import schema_of
from reptidex.domain.interchange.pedigree import Individual
from reptidex.domain.interchange.words import date_text, parent_of
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import NotFoundError
from reptidex.http.animal.access import admit
from reptidex.http.animal.animals import AnimalFilter
from reptidex.http.server.policy import member, public
from reptidex.http.server.routes import Paging, Raw, Reader, Request, Routes, Stream
from reptidex.streams.commands.animal_collection import COLLECTION, CollectionFile
from reptidex.streams.values import Id
from reptidex.tables.animal.keeping import AnimalMark, marks_of
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import places_of, with_ancestors
from reptidex.tables.animal.queries import AnimalsWanted, animals_of, animals_wanted, fetch, misleading_references
from reptidex.tables.animal.stated import Reckoned, reckoned_of, stated_genes, written
from reptidex.tables.query import Query

routes = Routes("export")

PAGE = 200


class AnimalExport(AnimalFilter, frozen=True, kw_only=True):
    """Which animals, and how they are written. `limit` and `cursor` are of no use here: all of them come."""

    format: AnimalFormat = "csv"


class PedigreeExport(msgspec.Struct, frozen=True, kw_only=True):
    """How a pedigree is written."""

    format: PedigreeFormat = "csv"
    animal_id: Id | None = None
    """One animal with its ancestors; left out, all of the vivarium with theirs."""
    generations: Annotated[int, Meta(ge=1, le=60)] | None = None
    """Of ancestors; left out, all that are known."""


def attached(name: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="reptidex-{name}-{datetime.now(UTC):%Y%m%d}.{ending}"'}


@routes.get("/animals/export", policy=member("keeper", cost=20), errors=(422,))
async def export_animals(request: Request[None, AnimalExport]) -> Stream:
    """Export the vivarium's animals with their marks, by the filters of `GET /animals`; sent as it is read.

    What is exported can be imported into another vivarium (`POST /animals/import`) and gives the same animals there.
    """
    vivarium_id = await admit(request, "keeper")
    wanted = request.query
    names = AnimalsWanted.__struct_fields__
    query = animals_wanted(vivarium_id, AnimalsWanted(**{name: getattr(wanted, name) for name in names}))
    parts = _written(entries(request.read, query, vivarium_id), wanted.format)
    return Stream(parts=parts, content_type=MEDIA_TYPES[wanted.format], headers=attached("animals", wanted.format))


async def entries(read: Reader, query: Query[Animal], vivarium_id: str) -> AsyncIterator[list[AnimalEntry]]:
    """Yield animals page by page, each page with what it needs in five round trips."""
    cursor: str | None = None
    misleading = await misleading_codes(read, vivarium_id)
    while True:
        rows, cursor = await read.page(query, Paging(cursor=cursor, limit=PAGE))
        marks: dict[str, list[AnimalMark]] = {}
        for mark in await read.find(marks_of([one.animal_id for one in rows])):
            marks.setdefault(mark.animal_id, []).append(mark)
        parents = {each for one in rows for each in (one.sire_id, one.dam_id) if each}
        known = {one.animal_id: one for one in rows}
        known |= await fetch(read, parents - known.keys())
        names = {key: called(one, vivarium_id, misleading) for key, one in known.items()}

        def parent(animal_id: str | None, names: dict[str, str | None] = names) -> str | None:
            return names.get(animal_id or "")

        reckoned = await reckoned_of(read, [one.animal_id for one in rows])
        places = {one.animal_id: one for one in await read.find(places_of([one.animal_id for one in rows]))}
        yield [
            animal_entry(one, marks.get(one.animal_id, ()), reckoned, places.get(one.animal_id), parent) for one in rows
        ]
        if cursor is None:
            return


async def _written(pages: AsyncIterator[list[AnimalEntry]], format_: AnimalFormat) -> AsyncIterator[bytes]:
    first = True
    if format_ == "json":
        yield animals_json.HEAD.encode()
    async for page in pages:
        if format_ == "json":
            yield "".join(animals_json.written(page, first=first)).encode()
        else:
            yield animals_csv.write_animals_csv(page, heading=first).encode()
        first = first and not page
    if format_ == "json":
        yield animals_json.TAIL.encode()


def called(animal: Animal, vivarium_id: str, misleading: AbstractSet[str]) -> str | None:
    """Return what a file of a vivarium calls an animal: its code, or its id where it is another's; None where it is hidden.

    A reader looks for references first, so that a code which is another animal's reference would name that one: then the
    animal's own reference stands for it.
    """
    if not shows_name(sight(animal.visibility, animal.vivarium_id, vivarium_id)):
        return None
    own = animal.vivarium_id == vivarium_id and parent_of(animal.code)[0] is not None
    if own and animal.code in misleading:
        return animal.external_ref or animal.animal_id
    return animal.code if own else animal.animal_id


async def misleading_codes(read: Reader, vivarium_id: str) -> AbstractSet[str]:
    """Return the codes of a vivarium that are the reference of another of its animals."""
    found = await read.find(misleading_references(vivarium_id))
    return {one.external_ref for one in found if one.external_ref and one.external_ref != one.code}


def animal_entry(
    animal: Animal,
    marks: Iterable[AnimalMark],
    reckoned: Reckoned,
    place: Descent | None,
    parent: Callable[[str | None], str | None],
) -> AnimalEntry:
    """Write an animal as a file carries it; `parent` says what a parent is called there.

    What was reckoned of its genes, or tested, is told apart from what its keeper stated.
    """
    stated, over = stated_genes(animal, reckoned)
    same = ("code", "name", "species", "sex", "visibility", "placeholder", "morphs", "phenotype", "notes", "status")
    values: dict[str, Any] = {name: getattr(animal, name) for name in same}
    return AnimalEntry(
        **values,
        external_ref=animal.external_ref or animal.animal_id,
        subspecies=animal.subspecies or "",
        born=date_text(animal.born_on, animal.birth_precision) or None,
        died=animal.died_on.isoformat() if animal.died_on else None,
        genotype=tuple(written(gene) for gene in stated),
        reckoned=tuple(written(gene) for gene in over),
        sire=parent(animal.sire_id),
        dam=parent(animal.dam_id),
        hybrid=place is not None and place.hybrid,
        founder_inbreeding=place.given_inbreeding if place is not None else None,
        marks=tuple(_mark(mark) for mark in marks),
    )


def _mark(mark: AnimalMark) -> MarkEntry:
    plain = {name: getattr(mark, name) for name in MarkEntry.__struct_fields__}
    return msgspec.convert(msgspec.to_builtins(plain), MarkEntry)


@routes.get("/lineage/export", policy=member("keeper", cost=20), errors=(404, 422))
async def export_pedigree(request: Request[None, PedigreeExport]) -> Raw:
    """Export who descends from whom: of one animal, or of the whole vivarium, with all ancestors that may be named.

    Formats: CSV id,sire,dam,sex; a studbook table; GEDCOM 5.5.1; JSON, whose schema is at
    `GET /interchange/schemas/reptidex-pedigree.v1`.
    """
    vivarium_id = await admit(request, "keeper")
    wanted = request.query
    if wanted.animal_id is not None:
        start = [(await _named(request, wanted.animal_id, vivarium_id)).animal_id]
    else:
        start = [one.animal_id for one in await request.read.find(animals_of(vivarium_id))]
    known = await with_ancestors(request.read, start, wanted.generations)
    individuals = _individuals(known, vivarium_id)
    writer: Callable[[list[Individual]], str] = PEDIGREE_WRITERS[wanted.format]
    headers = attached("pedigree", ENDINGS[wanted.format])
    return Raw(body=writer(individuals).encode(), content_type=MEDIA_TYPES[wanted.format], headers=headers)


async def _named(request: Request[Any, Any], animal_id: str, vivarium_id: str) -> Animal:
    animal = await request.read.get(Animal, animal_id)
    if animal is None or animal.vivarium_id != vivarium_id:
        raise NotFoundError("animal", animal_id)
    return animal


def _individuals(known: dict[str, Animal], vivarium_id: str) -> list[Individual]:
    """Write animals as individuals, each under a name that is its own: its code, or its id where that would be ambiguous."""
    shown = {
        one.animal_id: one for one in known.values() if shows_name(sight(one.visibility, one.vivarium_id, vivarium_id))
    }
    names: dict[str, str] = {}
    references = {one.external_ref: one.animal_id for one in shown.values() if one.vivarium_id == vivarium_id}
    taken: set[str] = set()
    for one in sorted(shown.values(), key=lambda each: each.vivarium_id != vivarium_id):
        another = references.get(one.code, one.animal_id) != one.animal_id
        own = one.code not in taken and not another and parent_of(one.code)[0] is not None
        names[one.animal_id] = one.code if own else one.animal_id
        taken.add(names[one.animal_id])
    return [
        Individual(
            id=names[one.animal_id],
            sire=names.get(one.sire_id or ""),
            dam=names.get(one.dam_id or ""),
            sex=one.sex,
            name=" ".join(one.name.split()),
            born=date_text(one.born_on, one.birth_precision) or None,
            died=one.died_on.isoformat() if one.died_on else None,
            species=one.species,
        )
        for one in shown.values()
    ]


@routes.get("/interchange/schemas/{name}", policy=public(), errors=(404,))
async def get_schema(request: Request[None, None]) -> Raw:
    """Show the JSON Schema of a file: `reptidex-animals.v1`, `reptidex-pedigree.v1`, `reptidex-collection.v1`."""
    found = (schemas() | {f"{COLLECTION}.v1": schema_of(CollectionFile, COLLECTION, 1)}).get(request.path["name"])
    if found is None:
        raise NotFoundError("schema", request.path["name"])
    return Raw(body=msgspec.json.format(msgspec.json.encode(found)), content_type="application/schema+json")
