"""The command line as a whole: every command is found, and a worker loads only what it needs."""

import argparse
import subprocess
import sys

import pytest

from reptidex.cli import PARTS, parser


def _names(made: argparse.ArgumentParser) -> list[str]:
    [commands] = [each for each in made._actions if isinstance(each, argparse._SubParsersAction)]
    return list(commands.choices)


def test_the_modules_have_the_commands_that_they_are_listed_with() -> None:
    assert _names(parser()) == [name for names in PARTS.values() for name in names]


@pytest.mark.parametrize("names", PARTS.values(), ids=lambda names: names[0])
def test_a_command_is_found_without_the_others(names: tuple[str, ...]) -> None:
    assert _names(parser(names[-1])) == list(names)


@pytest.mark.parametrize("service", ["core", "animal", "media"])
def test_a_worker_loads_nothing_heavy_before_it_is_needed(service: str) -> None:
    heavy = ["alembic", "asyncpg", "boto3", "botocore", "mako", "numpy", "sqlalchemy.dialects.postgresql"]
    # httpx has a command line of its own, which takes rich along wherever that is installed; only core speaks through it.
    heavy += ["pygments", "rich"] if service != "core" else []
    loading = (
        "import sys; from reptidex.cli import parser; parser('run'); import reptidex.platform.worker;"
        f"from reptidex.services import load; load('{service}'); print([n for n in {heavy!r} if n in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", loading], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
