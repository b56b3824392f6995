"""`reptidex import` and `reptidex export`: files of animals and pedigrees, by the public HTTP interface."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import httpx
from rich.console import Console

from reptidex.interchange.client import RefusedByServiceError, checked, client_of
from reptidex.interchange.own_data import write_own_data
from reptidex.interchange.photos import save_photos, upload_photos
from reptidex.settings import load
from reptidex.terminal import print_json, progress_bar

ENDINGS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".json": "json", ".ged": "gedcom", ".gedcom": "gedcom"}
IMPORTS = {
    "animals": "/animals/import",
    "pedigree": "/lineage/import",
    "care": "/health/import",
    "collection": "/collection/import",
}
EXPORTS = {
    "animals": "/animals/export",
    "pedigree": "/lineage/export",
    "care": "/health/export",
    "collection": "/collection/export",
}
TAKES = {
    "animals": ("format", "species", "match_codes", "placeholders"),
    "pedigree": ("format", "species"),
    "care": ("format",),
    "collection": ("species", "match_codes"),
}
"""What each kind of file may be taken with, besides what all are."""
POLL_S = 0.2
SHOWN = 50
"""Refused rows printed for people; `--json` has all of them."""


def add_parsers(subparsers: Any) -> None:
    """Add the commands. Each sets `run`, a function of the parsed arguments that returns the status."""
    importing = subparsers.add_parser(
        "import",
        help="import animals, a pedigree, care records or a whole collection from a file",
        description="Import a file into the vivarium of the token in REPTIDEX_TOKEN (or the file that REPTIDEX_TOKEN_FILE "
        "names). Exit status 1 where rows were refused, or the import failed.",
    )
    importing.add_argument("what", choices=("animals", "pedigree", "care", "collection"), help="what the file holds")
    importing.add_argument("file", type=Path, metavar="FILE", help="CSV, JSON, GEDCOM or a studbook's tables")
    importing.add_argument(
        "--format", choices=("csv", "json", "studbook", "gedcom"), help="default: by the ending of the file's name"
    )
    importing.add_argument("--species", default="", help="the species of rows without one (scientific or common name)")
    importing.add_argument("--dry-run", action="store_true", help="explain each row and change nothing")
    importing.add_argument("--skip-refused", action="store_true", help="import the rest where rows are refused")
    importing.add_argument("--match-codes", action="store_true", help="a row whose code is taken tells of that animal")
    importing.add_argument("--placeholders", action="store_true", help="make a placeholder of a parent that is nowhere")
    importing.add_argument("--photos", type=Path, metavar="FOLDER", help="collection: photos that an export put there")
    importing.add_argument("--json", action="store_true", help="print the report as JSON")
    importing.set_defaults(run=_import)
    exporting = subparsers.add_parser(
        "export",
        help="export animals, a pedigree, care records, a whole collection or what is held of oneself to a file",
    )
    exporting.add_argument(
        "what",
        choices=("animals", "pedigree", "care", "collection", "own-data"),
        help="what to write; own-data: what the services hold of you, after a sign-in of the last ten minutes",
    )
    exporting.add_argument(
        "--format",
        choices=("csv", "json", "studbook", "gedcom"),
        help="default: csv; a collection and own data are always json",
    )
    exporting.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    exporting.add_argument("--photos", type=Path, metavar="FOLDER", help="collection: put the animals' photos there")
    exporting.add_argument("--animal", metavar="ID", help="a pedigree: of this animal alone (its id)")
    exporting.add_argument("--archived", action="store_true", help="animals: the dead and the archived too")
    exporting.set_defaults(run=_export)


def _import(arguments: argparse.Namespace) -> int:
    _check_photos(arguments)
    raw = _read(arguments.file)
    with client_of(load()) as client:
        console = Console(stderr=True)
        with console.status("reading and checking the file"):
            headers = {"Content-Type": "application/octet-stream"}
            params = _wanted(arguments)
            report = checked(client.post(IMPORTS[arguments.what], params=params, content=raw, headers=headers)).json()
        if report.get("import_id"):
            refused = report.get("rows", [])
            report = _followed(client, report)
            report["rows"] = _refused(client, report) if report["refused"] else refused
            if arguments.photos is not None and report["state"] == "done":
                with client_of(load(), "media") as media:
                    report["photos"] = upload_photos(client, media, arguments.photos, console)
    if arguments.json:
        print_json(report)
    else:
        _tell(report, arguments.dry_run)
    lost = report.get("photos", {}).get("refused")
    return 1 if report.get("refused") or lost or report["state"] == "failed" else 0


def _wanted(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return how the file is to be taken, as the parameters of the request."""
    asked: dict[str, Any] = {name: getattr(arguments, name) for name in ("dry_run", *TAKES[arguments.what])}
    asked["on_error"] = "skip" if arguments.skip_refused else "stop"
    if "format" in asked and asked["format"] is None:
        asked["format"] = ENDINGS.get(arguments.file.suffix.lower(), "csv")
    return asked


def _check_photos(arguments: argparse.Namespace) -> None:
    if arguments.photos is not None and arguments.what != "collection":
        raise RefusedByServiceError("--photos goes with a collection")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise RefusedByServiceError(f"{file}: {problem.strerror}") from problem


def _followed(client: httpx.Client, report: dict[str, Any]) -> dict[str, Any]:
    """Follow an import to its end, with a bar on standard error."""
    with progress_bar() as progress:
        task = progress.add_task("importing", total=2 * report["total"])
        while report["state"] not in ("done", "failed"):
            said = "reckoning genes" if report["state"] == "reckoning" else "importing"
            progress.update(task, completed=report.get("done", 0) + report.get("reckoned", 0), description=said)
            time.sleep(POLL_S)
            report = checked(client.get(f"/imports/{report['import_id']}")).json()
    return report


def _refused(client: httpx.Client, report: dict[str, Any]) -> list[dict[str, Any]]:
    rows, query = list[dict[str, Any]](), {"refused": "true"}
    while True:
        page = checked(client.get(f"/imports/{report['import_id']}/rows", params=query)).json()
        rows += page["items"]
        if not page.get("next"):
            return rows
        query["cursor"] = page["next"]


def _tell(report: dict[str, Any], dry_run: bool) -> None:
    rows = report.get("rows", [])
    for row in rows if dry_run else [row for row in rows if row["action"] == "refuse"][:SHOWN]:
        kind = f"{row['record']} " if row.get("record") else ""
        what = f"{kind}line {row['line']}: {row['action']} {row.get('label', '')}".rstrip()
        changed = f" ({', '.join(row['changed'])})" if row.get("changed") else ""
        print(what + changed)
        for problem in row.get("problems", []):
            field = f"{problem['field']}: " if problem.get("field") else ""
            print(f"    {problem.get('severity', 'error')}: {field}{problem['text']}")
    if report.get("ignored"):
        print(f"not understood, and passed over: {', '.join(report['ignored'])}")
    counts = {name: report.get(name, 0) for name in ("created", "updated", "unchanged", "refused")}
    said = ", ".join(f"{count} {name}" for name, count in counts.items())
    words = {"checked": "nothing was changed; it would be", "stopped": "nothing was imported", "failed": "failed"}
    print(f"{words.get(report['state'], 'imported')}: {said} of {report['total']} rows")
    if photos := report.get("photos"):
        said = (
            f"photos: {photos['uploaded']} uploaded, {photos['unchanged']} unchanged, {len(photos['refused'])} refused"
        )
        print("\n    ".join([said, *photos["refused"]]))
    if report.get("problem"):
        print(f"    {report['problem']} (import {report['import_id']})")


@contextmanager
def _opened(out: Path | None) -> Iterator[BinaryIO]:
    """Open a file to write to, or standard output."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with out.open("wb") as file:
            yield file


def _export(arguments: argparse.Namespace) -> int:
    _check_photos(arguments)
    if arguments.what == "own-data":
        with _opened(arguments.out) as file:
            write_own_data(load(), file)
        return 0
    query: dict[str, str] = {} if arguments.what == "collection" else {"format": arguments.format or "csv"}
    path = EXPORTS[arguments.what]
    if arguments.what == "pedigree":
        query |= {"animal_id": arguments.animal} if arguments.animal else {}
    elif arguments.what == "animals" and arguments.archived:
        query["archived"] = "true"
    with client_of(load()) as client, client.stream("GET", path, params=query) as answer:
        checked(answer)
        with _opened(arguments.out) as file:
            for chunk in answer.iter_bytes():
                file.write(chunk)
    if arguments.photos is None:
        return 0
    with client_of(load()) as client, client_of(load(), "media") as media:
        left_out = save_photos(client, media, arguments.photos, Console(stderr=True))
    for each in left_out:
        print(f"left out: {each}", file=sys.stderr)
    return 1 if left_out else 0
