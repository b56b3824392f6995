"""Files that come in: animals and pedigrees, checked row by row, then written in the background."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from reptidex.domain.interchange.animals import AnimalEntry, Animals
from reptidex.domain.interchange.formats import (
    ANIMAL_READERS,
    PEDIGREE_READERS,
    AnimalFormat,
    PedigreeFormat,
    as_placeholders,
)
from reptidex.domain.interchange.reading import Problem
from reptidex.domain.interchange.resolving import Known, Options, Resolved, resolve
from reptidex.domain.lineage import CLOSE
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal.access import admit
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_import import BeginImport, ImportRow, RowOutcome, StageImport
from reptidex.tables.animal.imports import Import, ImportPart, imports_of, parts_of
from reptidex.tables.animal.intake import Intake, species_named
from reptidex.tables.animal.lineage import LineageRules
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import with_ancestors
from reptidex.tables.animal.queries import CHUNK, fetch, with_codes, with_references, young_of

routes = Routes("import")

FILE_BYTES = 16 * 1024 * 1024
PART_ROWS = 100
PART_BYTES = 300_000
SHOWN = 200
"""Rows of a report in one answer; all of them are at `/imports/{import_id}/rows`, or in the answer of a dry run."""


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


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """An import, or what one would do."""

    import_id: str | None = None
    """None in a dry run, and where it was stopped by a refused row."""
    state: Literal["checked", "stopped", "staging", "running", "done"]
    """`checked`: a dry run. `stopped`: rows are refused, so that nothing was imported."""
    kind: str
    format: str
    total: int
    done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    placeholders: int = 0
    ignored: tuple[str, ...] = ()
    """Columns or tags that are not understood."""
    begun_at: datetime | None = None
    finished_at: datetime | None = None
    rows: list[RowOutcome] = []
    """In a dry run every row with what would happen to it; else the refused ones that the check found."""


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
    return await _import(request, "animals", wanted.format, read, options, wanted)


@routes.post("/lineage/import", policy=member("handler", cost=20), errors=(413, 422), body_bytes=FILE_BYTES)
async def import_pedigree(request: Request[bytes, PedigreeImport]) -> ImportView:
    """Import a pedigree: CSV id,sire,dam,sex, a studbook table, GEDCOM or JSON; a dry run explains each line.

    Whoever is not in the collection becomes a placeholder that only stands in pedigrees; of an animal that is there, known by
    code or reference, missing parents are filled in.
    """
    wanted = request.query
    read = await asyncio.to_thread(PEDIGREE_READERS[wanted.format], request.body)
    options = Options(by_code=wanted.match_codes, placeholders=True)
    return await _import(request, "pedigree", wanted.format, as_placeholders(read), options, wanted)


async def _import(
    request: Request[bytes, Any],
    kind: Literal["animals", "pedigree"],
    format_: str,
    read: Animals,
    options: Options,
    wanted: AnimalImport | PedigreeImport,
) -> ImportView:
    vivarium_id = await admit(request, "handler")
    species_id = _species_id(wanted.species)
    animals, young, known = await _known(request, read, vivarium_id)
    rules = await request.read.get(LineageRules, vivarium_id)
    limit = rules.inbreeding_limit if rules else CLOSE
    names = {name for each in read.entries for name in (each.entry.sire, each.entry.dam) if name}
    ids = iter([request.new_id() for _ in range(len(read.entries) + len(names))])
    import_id = request.new_id()

    def check() -> tuple[list[ImportRow], list[RowOutcome]]:
        notes = _by_line(each for each in read.problems if each.severity != "error")
        rows = [_row(each, notes) for each in resolve(read.entries, known, options, ids.__next__)]
        intake = Intake(vivarium_id, datetime.now(UTC), animals, species_id, limit=limit, young=young)
        intake.expect(rows)
        return rows, [intake.judge(row).outcome for row in rows]

    rows, outcomes = await asyncio.to_thread(check)
    lost = _unread(read.problems)
    outcomes = sorted([*outcomes, *lost], key=lambda each: each.line)
    view = _checked(kind, format_, outcomes, read.ignored)
    if wanted.dry_run:
        return view
    refused = [each for each in outcomes if each.action == "refuse"]
    if not outcomes or (refused and wanted.on_error == "stop"):
        return msgspec.structs.replace(view, state="stopped", rows=refused[:SHOWN])
    rows += [ImportRow(line=each.line, animal_id="", entry=_NOTHING, problems=each.problems) for each in lost]
    parts = list(_parts(rows))
    begin = BeginImport(
        import_id=import_id,
        vivarium_id=vivarium_id,
        kind=kind,
        format=format_,
        species_id=species_id,
        total=len(rows),
        parts=len(parts),
    )
    await request.ask(begin, Done)
    for number, part in enumerate(parts):
        stage = StageImport(import_id=import_id, vivarium_id=vivarium_id, part=number, rows=part)
        await request.ask(stage, Done)
    job = await request.read.need(Import, import_id)
    return msgspec.structs.replace(_view(job), ignored=read.ignored, rows=refused[:SHOWN])


_NOTHING = AnimalEntry()


def _species_id(word: str) -> str | None:
    if not word:
        return None
    found = species_named(word)
    if found is None:
        raise InvalidError(f"the catalogue has no species {word!r}; GET /species lists them", "/species")
    return found.species_id


async def _known(
    request: Request[bytes, Any], read: Animals, vivarium_id: str
) -> tuple[list[Animal], list[Animal], Known]:
    """Look up every animal that the file may mean, with all their ancestors, and the young of those that it may change."""
    entries = [each.entry for each in read.entries]
    parents = {name for each in entries for name in (each.sire, each.dam) if name}
    names = sorted({each.external_ref for each in entries if each.external_ref} | parents)
    codes = sorted({name.upper() for name in (*names, *(each.code for each in entries)) if name})
    found: dict[str, Animal] = {}
    for words, ask in ((names, with_references), (codes, with_codes)):
        for start in range(0, len(words), CHUNK):
            rows = await request.read.find(ask(vivarium_id, words[start : start + CHUNK]))
            found |= {one.animal_id: one for one in rows}
    found |= await fetch(request.read, [name for name in names if len(name) == 36])
    changing = [one.animal_id for one in found.values() if one.vivarium_id == vivarium_id]
    young = await young_of(request.read, changing)
    found |= await with_ancestors(request.read, found.keys())
    own = [one for one in found.values() if one.vivarium_id == vivarium_id]
    seen = [one for one in found.values() if shows_name(sight(one.visibility, one.vivarium_id, vivarium_id))]
    return (
        list(found.values()),
        young,
        Known(
            by_reference={one.external_ref: one.animal_id for one in own if one.external_ref},
            by_code={one.code: one.animal_id for one in own},
            own=frozenset(one.animal_id for one in own),
            others=frozenset(one.animal_id for one in seen if one.vivarium_id != vivarium_id),
            pedigree={one.animal_id: (one.sire_id, one.dam_id) for one in found.values()},
        ),
    )


def _row(each: Resolved, notes: Mapping[int, Sequence[Problem]]) -> ImportRow:
    return ImportRow(
        line=each.line,
        animal_id=each.animal_id,
        entry=each.entry,
        sire_id=each.sire_id,
        dam_id=each.dam_id,
        made=each.made,
        problems=(*each.problems, *(notes.get(each.line, ()) if not each.made else ())),
    )


def _by_line(problems: Iterable[Problem]) -> dict[int, list[Problem]]:
    lines: dict[int, list[Problem]] = {}
    for each in problems:
        lines.setdefault(each.line, []).append(each)
    return lines


def _unread(problems: Iterable[Problem]) -> list[RowOutcome]:
    """Make an outcome of each line that could not be read."""
    lines = _by_line(each for each in problems if each.severity == "error")
    return [RowOutcome(line=line, action="refuse", problems=tuple(said)) for line, said in lines.items()]


def _checked(kind: str, format_: str, outcomes: list[RowOutcome], ignored: tuple[str, ...]) -> ImportView:
    counts = Counter(each.action for each in outcomes)
    return ImportView(
        state="checked",
        kind=kind,
        format=format_,
        total=len(outcomes),
        created=counts["create"],
        updated=counts["update"],
        unchanged=counts["unchanged"],
        refused=counts["refuse"],
        placeholders=sum(each.placeholder and each.action == "create" for each in outcomes),
        ignored=ignored,
        rows=outcomes,
    )


def _parts(rows: Sequence[ImportRow]) -> Iterator[tuple[ImportRow, ...]]:
    """Cut rows into parts that fit into one command each."""
    part, size = list[ImportRow](), 0
    for row in rows:
        length = len(msgspec.json.encode(row))
        if part and (len(part) >= PART_ROWS or size + length > PART_BYTES):
            yield tuple(part)
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        yield tuple(part)


def _view(job: Import) -> ImportView:
    same = ("import_id", "state", "kind", "format", "total", "done", "created", "updated", "unchanged", "refused")
    values: dict[str, Any] = {name: getattr(job, name) for name in (*same, "placeholders", "begun_at", "finished_at")}
    return ImportView(**values)


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
    return Page(items=[_view(row) for row in rows], next=cursor)


@routes.get("/imports/{import_id}", policy=member("keeper"), errors=(404,))
async def get_import(request: Request[None, None]) -> ImportView:
    """Say how far an import is: `done` of `total` rows."""
    return _view(await _own(request))


@routes.get("/imports/{import_id}/rows", policy=member("keeper"), errors=(404,))
async def list_import_rows(request: Request[None, RowsWanted]) -> Page[RowOutcome]:
    """List what became of each row, with the reasons of those that were refused; `limit` counts parts of up to 100 rows."""
    job = await _own(request)
    wanted = request.query
    few = msgspec.structs.replace(wanted, limit=min(wanted.limit, 5))
    parts, cursor = await request.read.page(parts_of(job.import_id, refused=wanted.refused), few)
    return Page(items=[each for part in parts for each in _shown(part, wanted.refused)], next=cursor)


def _shown(part: ImportPart, refused: bool) -> list[RowOutcome]:
    return [each for each in part.outcomes if each.action == "refuse" or not refused]
