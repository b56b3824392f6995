"""`reptidex restored`: prepare databases after they, or the log, were restored from a backup, before their services start."""

import argparse
import asyncio
from typing import Any

from reptidex.agents.engine.restoring import Outcome, prepare
from reptidex.agents.engine.topics import ensure_topics
from reptidex.settings import SERVICES, Settings, load
from reptidex.streams.topics import all_topics
from reptidex.tables.database import Database
from reptidex.tables.migrate import migrate
from reptidex.terminal import print_json, progress_bar

EPILOG = """\
A database that was restored from a backup is older than the log. Its service would say again, with numbers that its readers have
seen, what it had said since; and they would drop whatever it says otherwise now. So it does not start (exit status 72) until this
command has looked through the log for what it had said. The service works off anew what came in since the backup.

Where an older copy of the log was put back, or its end was cut off, a service has handled more than the log holds. It does not go
on (exit status 73) until this command has found the first record that its database does not know. What a service said in the last
six days and the log has lost is sent again.
"""


def add_parsers(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "restored",
        help="prepare databases after they, or the log, were restored from a backup, before their services start",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("services", nargs="+", choices=SERVICES, metavar="SERVICE", help="whose database it is")
    parser.add_argument(
        "--json", action="store_true", help="print what was found as JSON; progress goes to standard error"
    )
    parser.set_defaults(run=lambda arguments: asyncio.run(_run(arguments, load())))


async def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    found = list[Outcome]()
    for service in dict.fromkeys(arguments.services):
        with progress_bar() as progress:
            task = progress.add_task(f"reading the log for {service}", total=None)
            outcome = await _prepared(
                service, settings, lambda read, whole, task=task: progress.update(task, completed=read, total=whole)
            )
        found.append(outcome)
        if not arguments.json:
            print(told(outcome))
    if arguments.json:
        print_json(found)
    return 0


async def _prepared(service: str, settings: Settings, progress: Any) -> Outcome:
    # As a worker: on SQLite nobody else may have the file.
    database = Database.open(settings.database_of(service), create=False)
    try:
        if settings.environment == "development":
            await migrate(database, service)
        await ensure_topics(settings)
        topics = [topic.name for topic in all_topics(settings.partitions)]
        return await prepare(service, settings, database, topics, progress)
    finally:
        await database.close()


def told(outcome: Outcome) -> str:
    """Say to a person what was found."""
    found = (
        f"{outcome.said:,} of {outcome.read:,} records of the log were said since the backup, and are not said again"
    )
    head = f"{outcome.service}: {found}; {outcome.again:,} that came in since are worked off anew"
    if outcome.lost:
        head += f"; {outcome.lost:,} that the log has not are sent again"
    lines = [f"  {at}: goes on at {to}, not at {stood}" for at, (stood, to) in outcome.moved.items()]
    return "\n".join([head, *lines])
