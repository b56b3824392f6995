"""Care records that come in: the file that `GET /health/export` writes, or a table of one's own."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from reptidex.domain.interchange.cells import Line, read_table
from reptidex.domain.interchange.formats import AnimalFormat
from reptidex.domain.interchange.json_list import read_list
from reptidex.domain.interchange.reading import Numbered, Problem, Reading, UnreadableError, check_storable, text_of
from reptidex.domain.interchange.resolving import Options
from reptidex.domain.interchange.words import date_of
from reptidex.http.animal.access import admit
from reptidex.http.animal.receiving import NO_ANIMALS, ImportView, run_import
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.animal_care import Entry
from reptidex.streams.commands.animal_collection import Carried, CarriedCare, Label

routes = Routes("care and health")

FILE_BYTES = 16 * 1024 * 1024
MOST_RECORDS = 100_000
ALIASES: dict[str, tuple[str, ...]] = {
    "animal": ("code", "animal_code", "external_ref", "reference"),
    "animal_id": (),
    "kind": ("type", "record"),
    "on_day": ("date", "day"),
    "grams": ("weight", "weight_g", "grammes"),
    "centimetres": ("length", "length_cm", "cm"),
    "prey": ("food", "meal"),
    "response": (),
    "text": ("note", "notes", "comment"),
    "details": ("entry",),
    "record_id": (),
}
_NUMBERS = ("grams", "centimetres")


class CareImport(msgspec.Struct, frozen=True, kw_only=True):
    """How a file of care records is to be taken."""

    format: AnimalFormat = "csv"
    dry_run: bool = False
    """Explain each row and change nothing."""
    on_error: Literal["stop", "skip"] = "stop"
    """Whether nothing is imported where a row is refused, or all but those rows."""

    @property
    def species(self) -> str:
        """Records have no species."""
        return ""


class ExportedCare(msgspec.Struct, frozen=True, kw_only=True):
    """A record as `GET /health/export` writes it in JSON; what else it says is passed over."""

    animal_id: Label = ""
    code: str = ""
    entry: Entry


@routes.post("/health/import", policy=member("handler", cost=20), errors=(413, 422), body_bytes=FILE_BYTES)
async def import_care(request: Request[bytes, CareImport]) -> ImportView:
    """Import care records of animals that are there; a dry run explains each row, and the same file again changes nothing.

    A table has `animal` (code, reference or id), `kind`, `on_day`, and what the kind needs: `grams`, `centimetres`, `prey`,
    `response`, `text`, or all of it as JSON in `details`. A column `grams` alone makes a weight.
    """
    wanted, raw = request.query, request.body
    records = await asyncio.to_thread(_read_json if wanted.format == "json" else _read_csv, raw)
    vivarium_id = await admit(request, "handler")
    return await run_import(request, vivarium_id, "care", wanted.format, NO_ANIMALS, Options(), wanted, records)


def _read_json(raw: bytes) -> Reading[Carried]:
    read: Reading[ExportedCare] = read_list(raw, "reptidex-care", 1, "records", ExportedCare, most=MOST_RECORDS)
    entries: list[Numbered[Carried]] = [
        Numbered(line=one.line, entry=CarriedCare(animal=one.entry.code or one.entry.animal_id, entry=one.entry.entry))
        for one in read.entries
    ]
    return Reading(entries=entries, problems=read.problems)


def _read_csv(raw: bytes) -> Reading[Carried]:
    table = read_table(text_of(raw), ALIASES, (), most=MOST_RECORDS)
    if not {"on_day", "details"} & set(table.columns):
        raise UnreadableError("no column on_day; a table of care records has animal, on_day, kind and more", 1)
    entries, problems = list[Numbered[Carried]](), list(table.problems)
    for line in table.lines:
        try:
            entries.append(Numbered(line=line.number, entry=_record(line)))
        except msgspec.ValidationError as problem:
            text, _, place = str(problem).partition(" - at `$")
            problems.append(Problem(line=line.number, field=place.strip("`."), rule="value", text=text))
        except RecursionError:
            problems.append(Problem(line=line.number, field="details", rule="value", text="it is nested too deeply"))
        except (ValueError, msgspec.DecodeError) as problem:
            problems.append(Problem(line=line.number, rule="value", text=str(problem)))
    return Reading(entries=entries, problems=problems, ignored=table.ignored)


def _record(line: Line) -> CarriedCare:
    """Read a line. Raises `ValueError`, `msgspec.DecodeError` with what is wrong."""
    cells = {name: cell.strip() for name, cell in line.cells.items() if cell.strip()}
    entry: dict[str, Any] = {}
    if "details" in cells:
        entry = msgspec.json.decode(cells["details"], type=dict[str, Any])
        check_storable(entry)
    else:
        for name in ("kind", "on_day", "prey", "response", "text", *_NUMBERS):
            if name in cells:
                entry[name] = _CELLS.get(name, str)(cells[name])
        entry.setdefault("kind", next((kind for name, kind in _BY_COLUMN.items() if name in entry), "note"))
    animal = cells.get("animal") or cells.get("animal_id", "")  # elsewhere an animal has its code, and not its id
    return msgspec.convert({"animal": animal, "entry": entry, "record": "care"}, CarriedCare)


def _day(word: str) -> str:
    day, precision = date_of(word)
    if precision != "day":
        raise ValueError(f"{word!r} names no day")
    return day.isoformat()


def _number(word: str) -> float:
    if not re.fullmatch(r"\d+([.,]\d+)?", word):
        raise ValueError(f"{word!r} is no number")
    return float(word.replace(",", "."))


_CELLS: Mapping[str, Callable[[str], Any]] = {"on_day": _day, "kind": str.casefold} | dict.fromkeys(_NUMBERS, _number)
_BY_COLUMN = {"grams": "weight", "centimetres": "length", "prey": "feeding"}
"""What is noted, where the line names no kind."""
