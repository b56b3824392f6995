"""`reptidex dead-letters` and `reptidex migrate` on a database of their own."""

import argparse
import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reptidex.commands import letters as letters_command
from reptidex.commands import migrate as migrate_command
from reptidex.errors import NotFoundError
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import DeadLetterRow, State, record_letter_id

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Command":
    monkeypatch.setenv("REPTIDEX_STATE_DIR", str(tmp_path))
    return Command(capsys)


class Command:
    """Runs a command line."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._parser = argparse.ArgumentParser()
        commands = self._parser.add_subparsers(required=True)
        letters_command.add_parsers(commands)
        migrate_command.add_parsers(commands)
        self._capsys = capsys

    def __call__(self, line: str) -> tuple[int, str]:
        arguments = self._parser.parse_args(line.split())
        status: int = arguments.run(arguments)
        said = self._capsys.readouterr()
        return status, said.out + said.err


def letter(offset: int, state: State) -> DeadLetterRow:
    return DeadLetterRow(
        letter_id=record_letter_id("animal.created", 0, offset, b'{"data": 1}'),
        state=state,
        topic="animal.created",
        partition=0,
        position=offset,
        message_key="a",
        message_type="animal.created",
        value=b'{"data": 1}',
        source="log",
        error="KeyError" if state == "dead" else "",
        cause="genotype" if state == "dead" else "",
        attempts=1,
        created=NOW,
    )


@pytest.fixture
async def letters(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/repti_core_db.db", worker=False)
    await database.create("core")
    session = await database.session()
    await session.commit([database.statements(DeadLetterRow).write([letter(1, "dead"), letter(2, "parked")])])
    await session.close()
    await database.close()


async def states(tmp_path: Path) -> dict[int, str]:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/repti_core_db.db", worker=False)
    session = await database.session()
    [rows] = await session.fetch(
        [database.statements(DeadLetterRow).lookup([letter(n, "dead").letter_id for n in (1, 2)])]
    )
    found = [database.statements(DeadLetterRow).build(tuple(row)) for row in rows]
    await session.close()
    await database.close()
    return {row.position: row.state for row in found if isinstance(row, DeadLetterRow)}


async def test_letters_are_listed_with_their_cause(run: Command, letters: None) -> None:
    status, said = await asyncio.to_thread(run, "dead-letters list core")

    assert status == 0
    assert "KeyError: genotype" in said


async def test_a_letter_is_shown_with_its_bytes_and_what_waits_behind_it(run: Command, letters: None) -> None:
    status, said = await asyncio.to_thread(run, f"dead-letters show core {letter(1, 'dead').letter_id} --json")

    shown = json.loads(said)
    assert (status, shown["value"], shown["behind"]) == (0, '{"data": 1}', 1)


async def test_all_letters_can_be_sent_on(run: Command, letters: None, tmp_path: Path) -> None:
    status, _ = await asyncio.to_thread(run, "dead-letters redrive core --all")

    assert (status, await states(tmp_path)) == (0, {1: "retrying", 2: "parked"})


async def test_a_letter_that_is_discarded_lets_the_next_one_go_on(run: Command, letters: None, tmp_path: Path) -> None:
    status, _ = await asyncio.to_thread(run, f"dead-letters discard core {letter(1, 'dead').letter_id}")

    assert (status, await states(tmp_path)) == (0, {1: "discarded", 2: "retrying"})


async def test_a_letter_that_is_not_there_is_an_error_with_words(run: Command, letters: None) -> None:
    # The command line as a whole makes a line of it (tests/unit/platform/test_cli_mistakes.py).
    with pytest.raises(NotFoundError, match="there is no dead letter nobody"):
        await asyncio.to_thread(run, "dead-letters show core nobody")


def test_migrate_brings_a_database_to_the_newest_schema(run: Command) -> None:
    status, said = run("migrate core")

    assert status == 0
    assert "engine 0001" in said
    assert run("migrate core") == (0, "core: nothing to do\n")
