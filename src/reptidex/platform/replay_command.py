"""`reptidex replay`: a projection built from the log again, with a progress bar and the time that is left."""

import argparse
import asyncio
import os
import sys
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from reptidex.agents.engine.replay.origin import Origin
from reptidex.agents.engine.replay.replay import Replay
from reptidex.agents.engine.replay.telling import Report
from reptidex.agents.projection import Projection
from reptidex.errors import ReptidexError
from reptidex.services import all_services
from reptidex.services.service import Service
from reptidex.settings import Settings, load
from reptidex.tables.beside import is_there, is_under_way
from reptidex.tables.comparing import Comparison
from reptidex.tables.database import Database
from reptidex.tables.projection import ProjectionRow, ReplayError
from reptidex.tables.reader import Reader
from reptidex.terminal import print_json, table_console

DIFFERS = 3
"""The exit code of `--verify` where the rebuilt rows are not the live ones."""
NICE = 5
"""A replay gives way to whatever else this machine does."""
EPILOG = """\
The projection is built beside the live one while the service runs on (or stands still; both are fine), on SQLite as on
PostgreSQL. Once it has caught up, the service commits nothing for a moment, the last records are taken in, and readers and
handlers are switched in one transaction. A replay that was killed is resumed by the same command. Nothing is published, sent or
timed again.

  reptidex replay --list
  reptidex replay community.search
  reptidex replay ops.audit --verify
  reptidex replay core.telemetry --from 2026-01-31T12:00:00Z --fresh
"""


def add_parsers(commands: Any) -> None:
    """Add the command."""
    replay = commands.add_parser(
        "replay",
        help="build a projection from the log again, beside the live one, and switch over",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    replay.add_argument("projection", nargs="?", metavar="SERVICE.PROJECTION", help="`--list` names them")
    replay.add_argument("--list", action="store_true", help="list the projections and their generations")
    replay.add_argument(
        "--from",
        dest="origin",
        metavar="WHERE",
        help="`earliest` (where nothing is said), a time (2026-01-31T12:00:00Z), or a JSON file {topic: {partition: offset}};"
        " what lies before it is kept from the live generation",
    )
    replay.add_argument(
        "--verify", action="store_true", help=f"only compare with the live rows; exit {DIFFERS} if they differ"
    )
    replay.add_argument(
        "--fresh", action="store_true", help="begin anew instead of resuming a replay that was cut short"
    )
    replay.add_argument(
        "--json", action="store_true", help="print the outcome as JSON; progress goes to standard error"
    )
    replay.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = load()
    if arguments.list:
        return asyncio.run(_list(settings, as_json=arguments.json))
    if not arguments.projection:
        print("reptidex: name a projection; `reptidex replay --list` shows them", file=sys.stderr)
        return 2
    service, projection = find(arguments.projection)
    origin = Origin.of(arguments.origin) if arguments.origin else None
    os.nice(NICE)
    with Shown(Console(stderr=True, highlight=False)) as shown:
        replay = Replay(service, projection, settings, shown)
        report = asyncio.run(replay.run(origin, verify=arguments.verify, fresh=arguments.fresh))
    if arguments.json:
        print_json(report)
    else:
        say(report, Console(highlight=False))
    return DIFFERS if report.outcome == "differs" else 0


def find(name: str) -> tuple[Service, Projection]:
    """Return the service and the projection that a name (`community.search`) stands for. Raises `ReplayError`."""
    short, _, own = name.partition(".")
    for service in all_services().values():
        for projection in service.projections:
            if (service.short, projection.name) == (short, own):
                return service, projection
    raise ReplayError(f"no projection is called {name!r}; `reptidex replay --list` shows them")


class Shown:
    """A progress bar on standard error; lines where that is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
        self._progress = Progress(*bar, TimeRemainingColumn(), console=console, disable=not console.is_terminal)
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def phase(self, name: str, total: int) -> None:
        """Begin a bar."""
        self._task = self._progress.add_task(name, total=total, rate="")
        if not self._console.is_terminal:
            self._console.print(f"{name}: {total}")

    def step(self, count: int) -> None:
        """Move it on."""
        if self._task is not None:
            self._progress.update(self._task, advance=count)
            speed = self._progress.tasks[-1].speed
            self._progress.update(self._task, rate=f"{speed:,.0f}/s" if speed else "")

    def note(self, text: str) -> None:
        """Write a line above the bar."""
        self._progress.console.print(text)


def say(report: Report, console: Console) -> None:
    """Tell a person what came of a replay."""
    rate = report.events / report.seconds if report.seconds else 0.0
    began = "resumed" if report.resumed else f"from {report.origin}"
    console.print(f"{report.projection}: {report.events:,} events {began} in {report.seconds:.1f} s ({rate:,.0f}/s)")
    console.print("rows: " + ", ".join(f"{count:,} {table}" for table, count in report.rows.items()))
    if report.cut:
        console.print("the log does not reach back to the beginning: what only the live rows know is kept")
    if report.outcome == "switched":
        console.print(f"generation {report.generation} is live; commits stood still for {report.standstill_ms:.0f} ms")
    elif report.comparison is not None:
        _say_comparison(report.projection, report.comparison, console)


def _say_comparison(projection: str, found: Comparison, console: Console) -> None:
    if found.alike:
        console.print(f"the rebuilt rows are the {found.rows:,} live ones")
        return
    console.print(
        f"of {found.rows:,} live rows {found.differing} differ and {found.only_live} are not rebuilt;"
        f" {found.only_rebuilt} rebuilt ones are not live"
    )
    for each in found.examples:
        console.print(f"  {each.table} {each.key}: {each.kind}")
        for column, (live, rebuilt) in each.columns.items():
            console.print(f"    {column}: live {live!r}, rebuilt {rebuilt!r}")
    console.print(f"`reptidex replay {projection}` puts the rebuilt rows in the place of the live ones")


async def _list(settings: Settings, *, as_json: bool) -> int:
    rows = [
        await _standing(service, each, settings) for service in all_services().values() for each in service.projections
    ]
    if as_json:
        print_json(rows)
        return 0
    table = Table(box=None)
    for column in ("projection", "generation", "tables", "what it is"):
        table.add_column(column)
    for row in rows:
        building = " (the next is being built)" if row["building"] else ""
        table.add_row(row["projection"], f"{row['generation']}{building}", ", ".join(row["tables"]), row["why"])
    table_console().print(table)
    return 0


async def _standing(service: Service, projection: Projection, settings: Settings) -> dict[str, Any]:
    generation: int | str = 1
    building = False
    try:
        database = Database.open(settings.database_of(service.short), worker=False, readers=1, create=False)
        try:
            if not is_there(database):
                raise ReplayError("there is no database yet")
            known = await Reader(database).get(ProjectionRow, projection.name)
            generation, building = known.generation if known else 1, await is_under_way(database, projection.name)
        finally:
            await database.close()
    except (ReptidexError, OSError):
        generation = "-"
    return {
        "projection": f"{service.short}.{projection.name}",
        "generation": generation,
        "building": building,
        "tables": [str(part.row.sql.name) for part in projection.parts],
        "why": projection.why,
    }
