"""The command that shows and checks the catalogue of species: `catalogue`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import shipped
from reptidex.errors import InvalidError
from reptidex.terminal import print_json, table_console


def add_parsers(commands: Any) -> None:
    """Add this module's command."""
    parser = commands.add_parser(
        "catalogue", help="list the shipped species, or check files that are meant to join them"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--json", action="store_true", help="list as JSON")
    what.add_argument("--schema", action="store_true", help="write the JSON Schema of an entry")
    what.add_argument("--check", type=Path, nargs="+", metavar="FILE", help="check entries, and say what is wrong")
    parser.set_defaults(run=_run)


def schema_text() -> str:
    """Return the JSON Schema of a catalogue entry as it is published (`docs/catalogue.schema.json`)."""
    return json.dumps(msgspec.json.schema(Species), indent=2, ensure_ascii=False) + "\n"


def faults(raw: bytes) -> list[str]:
    """Return what is wrong with an entry: its form, parts that do not fit, statements without a source."""
    try:
        entry = msgspec.json.decode(raw, type=Species)
    except (msgspec.DecodeError, InvalidError) as problem:
        return [str(problem)]
    parts = [("species", entry.scientific_name, entry.sources)]
    parts += [("locus", one.locus, one.sources) for one in entry.loci]
    parts += [("morph", one.name, one.sources) for one in entry.morphs]
    parts += [("combination", one.name, one.sources) for one in entry.combos]
    parts += [("subspecies", one.name, one.sources) for one in entry.subspecies]
    return [f"{kind} {name}: no source" for kind, name, sources in parts if not sources]


def _run(arguments: argparse.Namespace) -> int:
    if arguments.schema:
        sys.stdout.write(schema_text())
        return 0
    if arguments.check:
        return _check(arguments.check)
    rows = [
        {
            "species": entry.scientific_name,
            "revision": entry.revision,
            "sex": entry.sex_system,
            "loci": len(entry.loci),
            "morphs": len(entry.morphs),
            "combos": len(entry.combos),
        }
        for entry in shipped().values()
    ]
    if arguments.json:
        print_json(rows)
        return 0
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    entries = shipped().values()
    morphs, combos = sum(len(one.morphs) for one in entries), sum(len(one.combos) for one in entries)
    table_console().print(table)
    print(f"{len(rows)} species, {morphs} morphs, {combos} combinations")
    return 0


def _check(paths: list[Path]) -> int:
    wrong = 0
    for path in paths:
        try:
            found = faults(path.read_bytes())
        except OSError as problem:
            found = [problem.strerror or str(problem)]
        wrong += bool(found)
        for fault in found:
            print(f"{path}: {fault}", file=sys.stderr)
        if not found:
            print(f"{path}: fine")
    return 1 if wrong else 0
