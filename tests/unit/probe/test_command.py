"""The command line of the probes."""

import argparse
import json

import pytest

from reptidex.probe.command import add_parsers, all_probes, run


def parsed(*arguments: str) -> argparse.Namespace:
    """Return the parsed arguments of `probe-broker`."""
    parser = argparse.ArgumentParser()
    add_parsers(parser.add_subparsers())
    return parser.parse_args(["probe-broker", *arguments])


def test_the_list_names_every_probe(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(parsed("--list"))

    assert code == 0
    assert capsys.readouterr().out.split() == [probe.name for probe in all_probes()]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "give the broker as HOST:PORT"),
        (("somewhere",), "give the broker as HOST:PORT"),
        (("127.0.0.1:9", "--only", "no such probe"), "no probe's name matches"),
        (("127.0.0.1:9", "--only", "["), "no regular expression"),
    ],
)
def test_without_a_broker_or_a_probe_the_command_explains_itself(
    arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(parsed(*arguments)) == 2
    assert why in capsys.readouterr().err


def test_a_broker_that_is_not_there_fails_and_ends_the_run(
    capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    code = run(parsed(f"127.0.0.1:{unused_tcp_port}", "--only", "api_versions", "--json"))
    rows = json.loads(capsys.readouterr().out)["probes"]

    assert code == 1
    assert [(row["name"], row["verdict"]) for row in rows] == [("api_versions", "fail"), ("broker_alive", "fail")]
