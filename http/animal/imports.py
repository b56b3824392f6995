"""Files that come in: animals and pedigrees, checked row by row, then written in the background."""

import asyncio
from typing import Any, Literal

import msgspec

from reptidex.domain.interchange.formats import (
    ANIMAL_READERS,
    PEDIGREE_READERS,
    AnimalFormat,
    PedigreeFormat,
    as_placeholders,
)
from reptidex.domain.interchange.resolving import Options
from reptidex.errors import NotFoundError
from reptidex.http.animal.access import admit
from reptidex.http.animal.receiving import ImportView, import_view, run_import
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal_import import RowOutcome
from reptidex.tables.animal.imports import Import, ImportPart, imports_of, parts_of

routes = Routes("import")

FILE_BYTES = 16 * 1024 * 1024


class AnimalImport(msgspec.Struct, frozen=True, kw_only=True):
    """How a file of animals is to be taken."""

    format: AnimalFormat = "csv"
    dry_run: bool = False
    """Explain each row and change nothing."""
    species: str = ""
    """The species of rows without one: its id, scientific or common name."""
    match_codes: bool = False
    """Whether a row whose code is taken tells of that animal; else it is refused."""
    placeholders: bool = False
    """Whether a parent that is nowhere becomes a placeholder; else its row is refused."""
    on_error: Literal["stop", "skip"] = "stop"
    """Whether nothing is imported where a row is refused, or all but those rows."""


class PedigreeImport(msgspec.Struct, frozen=True, kw_only=True):
    """How a file of a pedigree is to be taken: its individuals become placeholders, or are linked to animals that are there."""

    format: PedigreeFormat = "csv"
    dry_run: bool = False
    species: str = ""
    match_codes: bool = True
    on_error: Literal["stop", "skip"] = "stop"


class RowsWanted(Paging, frozen=True, kw_only=True):
    """Which rows; a page holds the rows of whole parts."""

    refused: bool = False
    """Only those that were refused."""


@routes.post("/animals/import", policy=member("handler", cost=20), errors=(413, 422), body_bytes=FILE_BYTES)
async def import_animals(request: Request[bytes, AnimalImport]) -> ImportView:
    """Import animals from a file, CSV or JSON; a dry run explains each row.

    An animal that was imported before is known by its `external_ref`: what the file says anew of it is changed, so that a file
    may be sent again. Parents are named by reference, code or id, and may stand anywhere in the file. The answer names
    the import; `GET /imports/{import_id}` says how far it is.
    """
    wanted = request.query
    read = await asyncio.to_thread(ANIMAL_READERS[wanted.format], request.body)
    options = Options(by_code=wanted.match_codes, placeholders=wanted.placeholders)
    vivarium_id = await admit(request, "handler")
    return await run_import(request, vivarium_id, "animals", wanted.format, read, options, wanted)


@routes.post("/lineage/import", policy=member("handler", cost=20), errors=(413, 422), body_bytes=FILE_BYTES)
async def import_pedigree(request: Request[bytes, PedigreeImport]) -> ImportView:
    """Import a pedigree: CSV id,sire,dam,sex, a studbook table, GEDCOM or JSON; a dry run explains each line.

    Whoever is not in the collection becomes a placeholder that only stands in pedigrees; of an animal that is there, known by
    code or reference, missing parents are filled in.
    """
    wanted = request.query
    read = await asyncio.to_thread(PEDIGREE_READERS[wanted.format], request.body)
    options = Options(by_code=wanted.match_codes, placeholders=True)
    vivarium_id = await admit(request, "handler")
    return await run_import(request, vivarium_id, "pedigree", wanted.format, as_placeholders(read), options, wanted)


async def _own(request: Request[Any, Any]) -> Import:
    vivarium_id = await admit(request, "keeper")
    job = await request.read.get(Import, request.path["import_id"])
    if job is None or job.vivarium_id != vivarium_id:
        raise NotFoundError("import", request.path["import_id"])
    return job


@routes.get("/imports", policy=member("keeper"))
async def list_imports(request: Request[None, Paging]) -> Page[ImportView]:
    """List the vivarium's imports, latest first."""
    vivarium_id = await admit(request, "keeper")
    rows, cursor = await request.read.page(imports_of(vivarium_id), request.query)
    return Page(items=[import_view(row) for row in rows], next=cursor)


@routes.get("/imports/{import_id}", policy=member("keeper"), errors=(404,))
async def get_import(request: Request[None, None]) -> ImportView:
    """Say how far an import is: `done` of `total` rows."""
    return import_view(await _own(request))


@routes.get("/imports/{import_id}/rows", policy=member("keeper"), errors=(404,))
async def list_import_rows(request: Request[None, RowsWanted]) -> Page[RowOutcome]:
    """List what became of each row, with the reasons of those that were refused.

    `limit` counts parts, of up to 100 animals or 400 records.
    """
    job = await _own(request)
    wanted = request.query
    few = msgspec.structs.replace(wanted, limit=min(wanted.limit, 5))
    parts, cursor = await request.read.page(parts_of(job.import_id, refused=wanted.refused), few)
    return Page(items=[each for part in parts for each in _shown(part, wanted.refused)], next=cursor)


def _shown(part: ImportPart, refused: bool) -> list[RowOutcome]:
    return [each for each in part.outcomes if each.action == "refuse" or not refused]
