"""`reptidex migrate`: bring databases to the newest schema, write the next revision, move rows from SQLite elsewhere."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from rich.console import Console

from reptidex.settings import BRIDGE, SERVICES, Settings, load
from reptidex.tables.database import Database
from reptidex.tables.migrate import ENGINE, migrate
from reptidex.tables.migration_making import make_migration
from reptidex.tables.moving import move
from reptidex.terminal import print_json


def add_parsers(subparsers: Any) -> None:
    """Add the command. It sets `run`, a function of the parsed arguments that returns the status."""
    migrating = subparsers.add_parser("migrate", help="bring the databases to the newest schema")
    migrating.add_argument("services", nargs="*", type=_with_database, metavar="SERVICE", help="default: the six")
    migrating.add_argument(
        "--from",
        dest="folder",
        type=Path,
        metavar="FOLDER",
        help="then move the rows of the SQLite files in this state directory into the databases of the settings",
    )
    migrating.add_argument(
        "--make", choices=(*SERVICES, ENGINE), metavar="SERVICE", help="write the next revision of this service instead"
    )
    migrating.add_argument("-m", "--message", default="change", help="with --make: what the revision does")
    migrating.add_argument(
        "--json", action="store_true", help="print the revisions applied, or with --from the rows moved, as JSON"
    )
    migrating.set_defaults(run=_migrate)


def _with_database(text: str) -> str:
    # Not by `choices`: of no name at all argparse says then that an empty list is none of them.
    if text not in (*SERVICES, BRIDGE):
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join((*SERVICES, BRIDGE))}")
    return text


def _migrate(arguments: argparse.Namespace) -> int:
    if arguments.folder is not None:
        return asyncio.run(_move(arguments, load()))
    return asyncio.run(_make(arguments) if arguments.make else _apply(arguments, load()))


async def _make(arguments: argparse.Namespace) -> int:
    path = await make_migration(arguments.make, arguments.message)
    print(path if path is not None else f"the revisions of {arguments.make} say what its rows say; nothing to write")
    return 0


async def _apply(arguments: argparse.Namespace, settings: Settings) -> int:
    told: dict[str, list[str]] = {}
    for service in arguments.services or SERVICES:
        database = Database.open(settings.database_of(service), worker=False)
        try:
            told[service] = await migrate(database, service)
        finally:
            await database.close()
        if not arguments.json:
            print(f"{service}: {', '.join(told[service]) or 'nothing to do'}")
    if arguments.json:
        print_json(told)
    return 0


async def _move(arguments: argparse.Namespace, settings: Settings) -> int:
    moved: dict[str, dict[str, int]] = {}
    console = Console(stderr=True)
    for service in arguments.services or SERVICES:
        file = arguments.folder / f"repti_{service}_db.db"
        source = Database.open(f"sqlite+aiosqlite:///{file}", create=False)
        target = Database.open(settings.database_of(service))
        try:
            with console.status(f"moving {service}") as shown:
                moved[service] = await move(
                    source, target, service, lambda table, count: shown.update(f"moving {table}: {count:,} rows")
                )
        finally:
            await source.close()
            await target.close()
        if not arguments.json:
            print(f"{service}: {sum(moved[service].values()):,} rows of {len(moved[service])} tables moved from {file}")
    if arguments.json:
        print_json(moved)
    return 0
