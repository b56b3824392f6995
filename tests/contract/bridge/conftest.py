"""What the suites of the bridge share: AWS by moto, an environment of their own in it, and the command line."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from reptidex import cli
from reptidex.doubles.aws import Aws, aws_server, client_of
from reptidex.settings import Settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def aws() -> Iterator[Aws]:
    with aws_server() as running:
        yield running


@pytest.fixture
def env() -> str:
    return f"t{secrets.token_hex(4)}"


@pytest.fixture
def settings(aws: Aws) -> Settings:
    return Settings(aws_endpoint=aws.url, aws_region=aws.region)


@pytest.fixture
def client(aws: Aws) -> Callable[[str], Any]:
    return lambda service: client_of(aws, service)


@pytest.fixture
def reptidex(aws: Aws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line against the double; gives exit code, standard output and standard error."""
    monkeypatch.setenv("REPTIDEX_AWS_ENDPOINT", aws.url)
    monkeypatch.setenv("REPTIDEX_AWS_REGION", aws.region)
    monkeypatch.setenv("REPTIDEX_BRIDGE_INBOUND", "*")

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def states(plan: str) -> dict[str, str]:
    """Return the state of each resource that a plan in JSON lists."""
    return {change["name"]: change["state"] for change in msgspec.json.decode(plan)["changes"]}
