"""`reptidex dead-letters`: see, send on and give up the messages that a service could not handle."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from reptidex.errors import ReptidexError, UnavailableError
from reptidex.settings import BRIDGE, SERVICES, Settings, load
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.letter_office import LetterOffice
from reptidex.terminal import print_json

Action = Callable[[argparse.Namespace, LetterOffice], Awaitable[int]]


def add_parsers(subparsers: Any) -> None:
    """Add the command. Each action sets `run`, a function of the parsed arguments that returns the status."""
    letters = subparsers.add_parser("dead-letters", help="messages that could not be handled").add_subparsers(
        required=True, metavar="ACTION"
    )

    def add(name: str, action: Action, help_text: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = letters.add_parser(name, help=help_text)
        parser.add_argument("service", choices=(*SERVICES, BRIDGE), help="who could not handle them")
        parser.add_argument("--json", action="store_true", help="print as JSON")
        parser.set_defaults(run=_within(action))
        return parser

    listing = add("list", _list, "list the dead letters of a service")
    listing.add_argument(
        "--state",
        action="append",
        choices=("retrying", "dead", "failed", "unreadable", "parked", "discarded"),
        help="only those; may be repeated (default: what waits for a person: dead, failed, unreadable)",
    )
    listing.add_argument("--limit", type=_count, default=100, help="at most so many (default: %(default)s)")
    showing = add("show", _show, "show one letter with its cause and its original bytes")
    showing.add_argument("letter", metavar="ID", help="`list` prints them")
    for parser in (
        add("redrive", _redrive, "have letters handled again, and what waits behind them"),
        add("discard", _discard, "give letters up, and let what waits behind them go on"),
    ):
        parser.add_argument("letter", nargs="?", metavar="ID", help="`list` prints them")
        parser.add_argument("--all", action="store_true", help="all that wait for a person")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


class UnreadableError(ReptidexError):
    """A database cannot be read by a command."""

    def __init__(self, service: str, problem: UnavailableError) -> None:
        hint = "" if "reptidex migrate" in str(problem) else f" (`reptidex migrate {service}` makes it)"
        super().__init__(f"{problem}{hint}")


def _within(action: Action) -> Callable[[argparse.Namespace], int]:
    async def run(arguments: argparse.Namespace, settings: Settings) -> int:
        url = settings.database_of(arguments.service)
        try:
            database = Database.open(url, worker=False, readers=1, create=False)
            try:
                return await action(arguments, LetterOffice(database, clock=lambda: datetime.now(UTC)))
            finally:
                await database.close()
        except UnavailableError as problem:
            raise UnreadableError(arguments.service, problem) from problem

    return lambda arguments: asyncio.run(run(arguments, load()))


async def _list(arguments: argparse.Namespace, office: LetterOffice) -> int:
    letters = await office.letters(arguments.state or (), limit=arguments.limit)
    if arguments.json:
        print_json([_plain(letter) for letter in letters])
        return 0
    if not letters:
        print(f"{arguments.service} has no dead letters")
    for letter in letters:
        due = f", again at {letter.due:%H:%M:%S}" if letter.due else ""
        print(f"{letter.state:10} {letter.letter_id}  {letter.message_type}  key {letter.message_key}")
        if letter.error:
            print(f"{'':10} {letter.error}: {letter.cause} ({letter.attempts} attempts{due})")
    return 0


async def _show(arguments: argparse.Namespace, office: LetterOffice) -> int:
    letter = await office.letter(arguments.letter)
    behind = await office.behind(letter)
    if arguments.json:
        print_json(_plain(letter) | {"behind": behind})
        return 0
    for name, value in _plain(letter).items():
        if name != "value" and value not in (None, ""):
            print(f"{name:13} {value}")
    print(f"{'behind it':13} {behind} messages wait")
    print(letter.value.decode(errors="replace"))
    return 0


async def _redrive(arguments: argparse.Namespace, office: LetterOffice) -> int:
    return await _each(arguments, office, office.redrive, "sent on")


async def _discard(arguments: argparse.Namespace, office: LetterOffice) -> int:
    return await _each(arguments, office, office.discard, "discarded")


async def _each(
    arguments: argparse.Namespace, office: LetterOffice, act: Callable[[str], Awaitable[None]], done: str
) -> int:
    if bool(arguments.letter) == arguments.all:
        print("reptidex: name one letter, or say --all", file=sys.stderr)
        return 2
    ids: Sequence[str] = [arguments.letter] if arguments.letter else [each.letter_id for each in await office.letters()]
    for letter_id in ids:
        await act(letter_id)
    if arguments.json:
        print_json({"letters": list(ids)})
    else:
        print(f"{len(ids)} {done}")
    return 0


def _plain(letter: DeadLetterRow) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(letter)
    return plain | {"value": letter.value.decode(errors="replace")}
