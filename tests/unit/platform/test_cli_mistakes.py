"""The command line as a person meets it: every command explains itself, and a mistake is one readable line."""

import argparse
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reptidex.cli import main, parser


def commands(
    of: argparse.ArgumentParser, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], argparse.Action]]:
    """Return every command with every argument it takes."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from commands(below, (*path, name))
        else:
            yield path, action


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory that is not there yet."""
    monkeypatch.setenv("REPTIDEX_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def test_every_option_of_every_command_says_what_it_is() -> None:
    silent = [
        f"{' '.join(path)} {action.option_strings or action.dest}"
        for path, action in commands(parser())
        if not action.help and not (action.choices and not action.option_strings)
    ]

    assert silent == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("contracts no.such.event", "no contract is named 'no.such.event'"),
        ("asyncapi --out {none}/page.json", "No such file or directory"),
        ("import animals {none}.csv", "No such file or directory"),
        ("dead-letters list core", "there is no file"),
        ("dead-letters show core x", "`reptidex migrate core`"),
        ("dead-letters list core --limit 0", "'0' is no number from 1 on"),
        ("migrate nowhere", "'nowhere' is none of core, animal"),
        ("replay community.search", "there is no file"),
        ("restored core", "there is no file"),
        ("migrate --from {none} core", "there is no file"),
        ("admin grant ada@example.com", "there is no file"),
        ("replay no.projection", "no projection is called"),
        ("bridge status", "does not answer"),
        ("publish {none}.json", "No such file or directory"),
        ("log --data-dir {file}/log --port 0", "Not a directory"),
        ("log --data-dir {file} --port 70000", "'70000' is no port"),
        ("log --data-dir {file} --port 0 --users {file}", "Expecting property name"),
    ],
)
def test_a_mistake_is_told_in_a_line_and_makes_nothing(
    arguments: str, said: str, state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], unused_tcp_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "file").write_text("{oops")
    monkeypatch.setenv("REPTIDEX_BRIDGE_URL", f"http://127.0.0.1:{unused_tcp_port}")
    monkeypatch.setenv("REPTIDEX_TOKEN", "t")
    code = run(*arguments.format(none=tmp_path / "none", file=tmp_path / "file").split())
    error = capsys.readouterr().err

    assert code in (1, 2) and said in error and "Traceback" not in error
    assert not state.exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("oracle://x/{database}", "begins with sqlite+aiosqlite:// or postgresql+asyncpg://"),
        ("hunter2", "cannot be read"),
        ("postgresql+asyncpg://u:hunter2@127.0.0.1:{port}/d", "the database does not answer"),
        ("sqlite+aiosqlite:///{file}/d.db", "exists"),
    ],
)
def test_a_database_that_cannot_be_had_is_told_without_its_password(
    url: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    unused_tcp_port: int,
) -> None:  # fmt: skip
    (tmp_path / "file").touch()
    url = url.replace("{port}", str(unused_tcp_port)).replace("{file}", str(tmp_path / "file"))
    monkeypatch.setenv("REPTIDEX_DATABASE_URL", url)

    assert run("migrate", "core") == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and "hunter2" not in error


def test_the_platform_says_which_ports_are_taken_before_it_starts_anything(state: Path) -> None:
    # In a process of its own, since `up` sets signal handlers. Other ports may be taken too, by whoever uses this machine.
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        environment = {"PATH": "", "REPTIDEX_STATE_DIR": str(state), "REPTIDEX_CORE_URL": f"http://127.0.0.1:{port}"}
        done = subprocess.run(
            [sys.executable, "-m", "reptidex", "up"], check=False, env=environment, capture_output=True, text=True
        )

    assert done.returncode == 1 and f"{port} (repti-core)" in done.stderr and "Traceback" not in done.stderr
    assert not state.exists()


def test_a_database_that_was_never_migrated_is_told_apart_from_one_that_is_away(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.mkdir()
    (state / "repti_core_db.db").touch()

    assert run("dead-letters", "list", "core") == 1
    assert (
        "no such table: dead_letters (the schema is older than the code: `reptidex migrate`)" in capsys.readouterr().err
    )


def test_listing_projections_where_nothing_is_yet_makes_nothing(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("replay", "--list", "--json")
    listed = json.loads(capsys.readouterr().out)

    assert code == 0 and not state.exists()
    assert {"ops.audit", "community.search"} <= {each["projection"] for each in listed}
    assert {each["generation"] for each in listed} == {"-"}


def test_ctrl_c_while_a_command_is_being_loaded_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reptidex.cli.import_module", interrupted)

    assert run("contracts") == 130


def test_what_is_kept_is_for_our_eyes_alone(state: Path) -> None:
    assert run("migrate", "core") == 0
    assert state.stat().st_mode & 0o777 == 0o700
