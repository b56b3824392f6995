"""What the commands print alike: JSON for programs, tables that nothing cuts off, and progress on standard error."""

import sys
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

PIPED_WIDTH = 240
"""A file or a pipe has no width of its own, and rich would wrap what goes there at 80 characters."""


def json_text(value: Any) -> str:
    """Return a value as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value)).decode()


def print_json(value: Any) -> None:
    """Print a value as indented JSON on standard output."""
    print(json_text(value))


def table_console() -> Console:
    """Return a console for tables, as wide as they are where the output goes to a file or a pipe; it reads no markup."""
    piped = not sys.stdout.isatty()
    return Console(highlight=False, markup=False, soft_wrap=piped, width=PIPED_WIDTH if piped else None)


def progress_bar(*, counts_down: bool = True) -> Progress:
    """Return a bar on standard error that is gone when it ends, and shows nothing where that is no terminal.

    Its last column is the time that is left, or else the time that has passed.
    """
    console = Console(stderr=True)
    time = TimeRemainingColumn() if counts_down else TimeElapsedColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), time)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
