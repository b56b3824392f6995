"""Takes a file in: looks up whom it means, checks it whole, and has it written part by part."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import msgspec

from reptidex.domain.interchange.animals import AnimalEntry, Animals
from reptidex.domain.interchange.reading import Problem, Reading
from reptidex.domain.interchange.resolving import Known, Options, Resolved, resolve
from reptidex.domain.lineage import CLOSE
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import InvalidError
from reptidex.http.animal.record_matching import Names, matched_rows
from reptidex.http.server.routes import Request
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_collection import Carried, animals_in
from reptidex.streams.commands.animal_import import BeginImport, ImportRow, RowOutcome, StageImport
from reptidex.tables.animal.breeding_queries import laid_of
from reptidex.tables.animal.imports import Import
from reptidex.tables.animal.intake import Intake, species_named
from reptidex.tables.animal.lineage import LineageRules
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import places_of, with_ancestors
from reptidex.tables.animal.queries import CHUNK, fetch, with_codes, with_references, young_of
from reptidex.tables.animal.record_intake import RecordIntake
from reptidex.tables.animal.said import histories
from reptidex.tables.animal.stated import reckoned_of

PART_ROWS = 100
PART_RECORDS = 400
PART_BYTES = 300_000
SHOWN = 200
"""Rows of a report in one answer; all of them are at `/imports/{import_id}/rows`, or in the answer of a dry run."""
_NOTHING = AnimalEntry()
NO_ANIMALS: Animals = Reading(entries=[])
NO_RECORDS: "Reading[Carried]" = Reading(entries=[])


class Wanted(Protocol):
    """How any file is to be taken."""

    @property
    def dry_run(self) -> bool:
        """Whether to explain each row and change nothing."""

    @property
    def species(self) -> str:
        """The species of rows without one."""

    @property
    def on_error(self) -> Literal["stop", "skip"]:
        """Whether a refused row stops the rest."""


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """An import, or what one would do."""

    import_id: str | None = None
    """None in a dry run, and where it was stopped by a refused row."""
    state: Literal["checked", "stopped", "staging", "running", "reckoning", "done", "failed"]
    """`checked`: a dry run. `stopped`: rows are refused, so that nothing was imported. `reckoning`: all rows are written, and
    what they tell of genes is being worked out. `failed`: it does not go on by itself; `problem` says why."""
    kind: str
    format: str
    total: int
    done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    placeholders: int = 0
    reckoned: int = 0
    """Rows whose families' genes have been worked out."""
    ignored: tuple[str, ...] = ()
    """Columns or tags that are not understood."""
    begun_at: datetime | None = None
    finished_at: datetime | None = None
    problem: str = ""
    """Why it failed, and what stands of it."""
    rows: list[RowOutcome] = []
    """In a dry run every row with what would happen to it; else the refused ones that the check found."""


async def run_import(
    request: Request[bytes, Any],
    vivarium_id: str,
    kind: Literal["animals", "pedigree", "care", "collection"],
    format_: str,
    read: Animals,
    options: Options,
    wanted: Wanted,
    records: "Reading[Carried]" = NO_RECORDS,
) -> ImportView:
    """Check a file whole, and have it written unless it is only to be explained, or a refused row stops it."""
    species_id = _species_id(wanted.species)
    mentioned = {name for each in records.entries for name in animals_in(each.entry)}
    animals, young, known = await _known(request, read, vivarium_id, mentioned)
    reckoned = await reckoned_of(request.read, known.own)
    told = await histories(request.read, known.own)
    laid = await laid_of(request.read, (one for one in animals if one.animal_id in known.own))
    rules = await request.read.get(LineageRules, vivarium_id)
    limit = rules.inbreeding_limit if rules else CLOSE
    names = {name for each in read.entries for name in (each.entry.sire, each.entry.dam) if name}
    ids = iter([request.new_id() for _ in range(len(read.entries) + len(names))])
    import_id = request.new_id()
    now = datetime.now(UTC)

    def check() -> tuple[list[ImportRow], list[RowOutcome], Intake]:
        notes = _by_line(each for each in read.problems if each.severity != "error")
        rows = [_row(each, notes) for each in resolve(read.entries, known, options, ids.__next__)]
        intake = Intake(
            vivarium_id, now, animals, species_id, limit=limit, young=young, reckoned=reckoned, told=told, laid=laid
        )
        intake.expect(rows)
        return rows, [intake.judge(row).outcome for row in rows], intake

    rows, outcomes, intake = await asyncio.to_thread(check)
    carried, there = await matched_rows(
        request.read, vivarium_id, records.entries, _meant(rows, known), known.own, known.others, request.new_id
    )
    refused_animals = {
        row.animal_id: row.line for row, said in zip(rows, outcomes, strict=True) if said.action == "refuse"
    }
    judge = RecordIntake(vivarium_id, now, intake.known, there, request.new_id, refused=refused_animals).judge
    more = await asyncio.to_thread(lambda: [judge(row).outcome for row in carried])
    lost = [*_unread(read.problems), *_unread(records.problems, "record")]
    outcomes = sorted([*outcomes, *more, *lost], key=lambda each: (bool(each.record), each.line))
    ignored = (*read.ignored, *records.ignored)
    view = _checked(kind, format_, outcomes, ignored)
    if wanted.dry_run:
        return view
    refused = [each for each in outcomes if each.action == "refuse"]
    if not outcomes or (refused and wanted.on_error == "stop"):
        return msgspec.structs.replace(view, state="stopped", rows=refused[:SHOWN])
    rows += [ImportRow(line=each.line, animal_id="", entry=_NOTHING, problems=each.problems) for each in lost]
    parts = list(_parts([*rows, *carried]))
    begin = BeginImport(
        import_id=import_id,
        vivarium_id=vivarium_id,
        kind=kind,
        format=format_,
        species_id=species_id,
        total=len(rows) + len(carried),
        parts=len(parts),
    )
    job = await _begun(request, begin, parts)
    return msgspec.structs.replace(import_view(job), ignored=ignored, rows=refused[:SHOWN])


async def _begun(request: Request[bytes, Any], begin: BeginImport, parts: Sequence[tuple[ImportRow, ...]]) -> Import:
    """Hand over the rows of an import, part by part; the last part has it begin."""
    await request.ask(begin, Done)
    for number, part in enumerate(parts):
        stage = StageImport(import_id=begin.import_id, vivarium_id=begin.vivarium_id, part=number, rows=part)
        await request.ask(stage, Done)
    return await request.read.need(Import, begin.import_id)


def _meant(rows: Iterable[ImportRow], known: Known) -> Names:
    """Return what says which animal a word means: one of the file's own, else one of the collection."""
    words: dict[str, str] = {}
    for row in rows:
        words.setdefault(f"code {row.entry.code.upper()}", row.animal_id)
        words.setdefault(f"ref {row.entry.external_ref}", row.animal_id)
    return lambda name: words.get(f"ref {name}") or words.get(f"code {name.upper()}") or known.parent(name)


def _species_id(word: str) -> str | None:
    if not word:
        return None
    found = species_named(word)
    if found is None:
        raise InvalidError(f"the catalogue has no species {word!r}; GET /species lists them", "/species")
    return found.species_id


async def _known(
    request: Request[bytes, Any], read: Animals, vivarium_id: str, mentioned: Iterable[str] = ()
) -> tuple[list[Animal], list[Animal], Known]:
    """Look up every animal that the file may mean, with all their ancestors, and the young of those that it may change."""
    entries = [each.entry for each in read.entries]
    parents = {name for each in entries for name in (each.sire, each.dam) if name}
    names = sorted({each.external_ref for each in entries if each.external_ref} | parents | set(mentioned))
    codes = sorted({name.upper() for name in (*names, *(each.code for each in entries)) if name})
    found: dict[str, Animal] = {}
    for words, ask in ((names, with_references), (codes, with_codes)):
        for start in range(0, len(words), CHUNK):
            rows = await request.read.find(ask(vivarium_id, words[start : start + CHUNK]))
            found |= {one.animal_id: one for one in rows}
    found |= await fetch(request.read, [name for name in names if len(name) == 36])
    stand_ins = [one.animal_id for one in found.values() if one.placeholder and one.archived_as == "mistake"]
    places = await request.read.find(places_of(stand_ins)) if stand_ins else []
    linked = {one.animal_id: one.linked_to for one in places if one.linked_to}
    found |= await fetch(request.read, linked.values())
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
            linked=linked,
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


def _unread(problems: Iterable[Problem], record: str = "") -> list[RowOutcome]:
    """Make an outcome of each line that could not be read."""
    lines = _by_line(each for each in problems if each.severity == "error")
    return [RowOutcome(line=line, action="refuse", record=record, problems=tuple(said)) for line, said in lines.items()]


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
        if part and (
            len(part) >= (PART_ROWS if part[0].record is None else PART_RECORDS) or size + length > PART_BYTES
        ):
            yield tuple(part)
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        yield tuple(part)


def import_view(job: Import) -> ImportView:
    same = ("import_id", "state", "kind", "format", "total", "done", "created", "updated", "unchanged", "refused")
    more = ("placeholders", "reckoned", "begun_at", "finished_at", "problem")
    values: dict[str, Any] = {name: getattr(job, name) for name in (*same, *more)}
    return ImportView(**values)
