"""A whole collection as a file: animals, and what is noted of them, where they are kept and how they are bred."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from reptidex.domain.interchange.animals import AnimalEntry
from reptidex.domain.interchange.formats import MEDIA_TYPES
from reptidex.domain.interchange.json_list import read_list
from reptidex.domain.interchange.reading import Numbered, Reading
from reptidex.domain.interchange.resolving import Options
from reptidex.http.animal.access import admit
from reptidex.http.animal.exports import attached, called, entries, misleading_codes
from reptidex.http.animal.receiving import ImportView, run_import
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Paging, Reader, Request, Routes, Stream
from reptidex.streams.commands.animal_collection import COLLECTION, Carried, CarriedTest
from reptidex.tables.animal.breeding import Clutch, Pairing
from reptidex.tables.animal.breeding_queries import bred_by, hatched_of, notes_of_all, seasons_of
from reptidex.tables.animal.carried import (
    carried_care,
    carried_clutch,
    carried_enclosure,
    carried_pairing,
    carried_provenance,
    carried_season,
    carried_stay,
    carried_test,
)
from reptidex.tables.animal.carried_queries import rows_of
from reptidex.tables.animal.keeping import enclosures_of
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import animals_of, fetch
from reptidex.tables.query import Query
from reptidex.tables.row import Row

R = TypeVar("R", bound=Row)

routes = Routes("collection")

FILE_BYTES = 48 * 1024 * 1024
MOST_RECORDS = 200_000
PAGE = 200


class CollectionImport(msgspec.Struct, frozen=True, kw_only=True):
    """How the file of a collection is to be taken."""

    dry_run: bool = False
    """Explain each row and change nothing."""
    species: str = ""
    """The species of animals without one: its id, scientific or common name."""
    match_codes: bool = False
    """Whether an animal whose code is taken is that animal; else it is refused."""
    on_error: Literal["stop", "skip"] = "stop"
    """Whether nothing is imported where a row is refused, or all but those rows."""


@routes.get("/collection/export", policy=member("curator", cost=20))
async def export_collection(request: Request[None, None]) -> Stream:
    """Export the whole collection as JSON, sent as it is read: what an empty vivarium needs to have the same registry.

    Its schema is at `GET /interchange/schemas/reptidex-collection.v1`. Photos, the journal, disputes and holds do not travel.
    """
    vivarium_id = await admit(request, "curator")
    parts = _written(request.read, vivarium_id)
    return Stream(parts=parts, content_type=MEDIA_TYPES["json"], headers=attached("collection", "json"))


async def _written(read: Reader, vivarium_id: str) -> AsyncIterator[bytes]:
    yield f'{{"format":"{COLLECTION}","version":1,"animals":['.encode()
    first = True
    async for page in entries(read, animals_of(vivarium_id), vivarium_id):
        yield _lines(page, first=first)
        first = first and not page
    yield b'\n],"records":['
    first = True
    async for carried in _records(read, vivarium_id):
        yield _lines(carried, first=first)
        first = first and not carried
    yield b"\n]}\n"


def _lines(values: Iterable[Any], *, first: bool) -> bytes:
    lines = b",\n".join(msgspec.json.encode(one) for one in values)
    return (b"\n" if first else b",\n") + lines if lines else b""


async def _records(read: Reader, vivarium_id: str) -> AsyncIterator[Sequence[Carried]]:
    """Yield records page by page: the vivarium's own, what it bred, then those of its animals."""
    yield [carried_enclosure(row) for row in await read.find(enclosures_of(vivarium_id, closed=True))]
    yield [carried_season(row) for row in await read.find(seasons_of(vivarium_id))]
    async for pairings in _pages(read, bred_by(Pairing, vivarium_id)):
        yield await _paired(read, vivarium_id, pairings)
    async for clutches in _pages(read, bred_by(Clutch, vivarium_id)):
        yield await _laid(read, vivarium_id, clutches)
    async for animals in _pages(read, animals_of(vivarium_id)):
        yield await _kept(read, vivarium_id, [one.animal_id for one in animals])


async def _pages(read: Reader, query: Query[R]) -> AsyncIterator[list[R]]:
    cursor: str | None = None
    while True:
        rows, cursor = await read.page(query, Paging(cursor=cursor, limit=PAGE))
        yield rows
        if cursor is None:
            return


async def _paired(read: Reader, vivarium_id: str, pairings: list[Pairing]) -> list[Carried]:
    notes = await read.find(notes_of_all([one.pairing_id for one in pairings])) if pairings else []
    names = await _names(read, vivarium_id, _parents(pairings))
    return [
        carried_pairing(row, [one for one in notes if one.pairing_id == row.pairing_id], names.get)
        for row in pairings
        if names.get(row.dam_id)
    ]


async def _laid(read: Reader, vivarium_id: str, clutches: list[Clutch]) -> list[Carried]:
    young = await read.find(hatched_of([one.clutch_id for one in clutches])) if clutches else []
    young = [one for one in young if one.vivarium_id == vivarium_id]
    names = await _names(read, vivarium_id, [*_parents(clutches), *(one.animal_id for one in young)])
    return [
        carried_clutch(row, [one.animal_id for one in young if one.clutch_id == row.clutch_id], names.get)
        for row in clutches
        if names.get(row.dam_id)
    ]


def _parents(rows: Sequence[Pairing] | Sequence[Clutch]) -> list[str]:
    return [one for row in rows for one in (row.dam_id, *row.candidate_sire_ids)]


async def _kept(read: Reader, vivarium_id: str, animals: list[str]) -> list[Carried]:
    names = (await _names(read, vivarium_id, animals)).get
    found: list[Carried] = []
    for kind, carried in (
        ("care", carried_care),
        ("provenance", carried_provenance),
        ("test", carried_test),
        ("stay", carried_stay),
    ):
        found += [carried(row, names) for row in await read.find(rows_of(kind, vivarium_id, animals))]
    return found


async def _names(read: Reader, vivarium_id: str, animal_ids: Iterable[str]) -> dict[str, str | None]:
    known: dict[str, Animal] = await fetch(read, animal_ids)
    misleading = await misleading_codes(read, vivarium_id)
    return {key: called(one, vivarium_id, misleading) for key, one in known.items()}


@routes.post("/collection/import", policy=member("curator", cost=50), errors=(413, 422), body_bytes=FILE_BYTES)
async def import_collection(request: Request[bytes, CollectionImport]) -> ImportView:
    """Import a collection that was exported: its animals, and their enclosures, breeding, care, origins and tests.

    The same file again changes nothing: animals are known as in `POST /animals/import`, a record by what it says. Records are
    only added. Those of an animal that is refused are refused with it.
    """
    wanted, raw = request.query, request.body
    read: Reading[AnimalEntry] = await asyncio.to_thread(read_list, raw, COLLECTION, 1, "animals", AnimalEntry)
    records: Reading[Carried] = await asyncio.to_thread(
        lambda: read_list(raw, COLLECTION, 1, "records", Carried, most=MOST_RECORDS, may_lack=True)
    )
    options = Options(by_code=wanted.match_codes)
    vivarium_id = await admit(request, "curator")
    told = _told_by_tests(read, records)
    return await run_import(request, vivarium_id, "collection", "json", told, options, wanted, records)


def _told_by_tests(read: Reading[AnimalEntry], records: Reading[Carried]) -> Reading[AnimalEntry]:
    """Leave out of animals what their tests, which come with the file, will say again."""
    tested = {
        (each.entry.animal.upper(), result.locus)
        for each in records.entries
        if isinstance(each.entry, CarriedTest)
        for result in each.entry.results
    }

    def bare(entry: AnimalEntry) -> AnimalEntry:
        names = {entry.code.upper(), entry.external_ref.upper()}
        kept = [one for one in entry.reckoned if one.evidence != "lab" or not _any(names, one.locus)]
        return replace(entry, reckoned=tuple(kept))

    def _any(names: set[str], locus: str) -> bool:
        return any((name, locus) in tested for name in names)

    if not tested:
        return read
    return replace(read, entries=[Numbered(line=one.line, entry=bare(one.entry)) for one in read.entries])
