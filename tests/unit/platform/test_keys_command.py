"""Rotating the keys of access tokens from the command line."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from reptidex.cli import main
from reptidex.connectors.keys import signer
from reptidex.settings import Settings
from reptidex.testing.ports import free_ports


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("REPTIDEX_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("REPTIDEX_CORE_URL", f"http://127.0.0.1:{free_ports(1)[0]}")  # no core runs there
    return Settings(state_dir=str(tmp_path))


def keys(*arguments: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run `reptidex keys …` and return the live keys it prints."""
    with pytest.raises(SystemExit) as ended:
        main(["keys", *arguments])
    assert not ended.value.code
    return json.loads(capsys.readouterr().out)


def refused(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["keys", *arguments])
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_a_rotated_key_signs_and_the_old_one_verifies_until_it_is_retired(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    [old] = keys("list", "--json", capsys=capsys)
    new, still = keys("rotate", "--json", capsys=capsys)

    assert new["signs"] and not still["signs"] and still["kid"] == old["kid"]
    assert keys("retire", "--json", "--", old["kid"], capsys=capsys) == [new]


async def test_a_running_core_signs_with_a_key_that_the_command_made(settings: Settings) -> None:
    running = signer(settings)
    before = await running.current()
    made = await signer(settings).rotate()

    assert (await running.current()) == made != before


def test_the_key_that_signs_is_not_retired(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    [only] = keys("list", "--json", capsys=capsys)

    assert "`reptidex keys rotate` first" in refused("retire", "--", only["kid"], capsys=capsys)
    assert "there is no key" in refused("retire", "no-such-key", capsys=capsys)


@pytest.fixture
def another_core(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A repti-core that publishes a key which is not under the state directory."""

    class Core(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"keys": [{"kid": "another"}]}')

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Core) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("REPTIDEX_CORE_URL", f"http://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()


@pytest.mark.usefixtures("settings", "another_core")
@pytest.mark.parametrize("action", ["list", "rotate"])
def test_keys_that_the_running_core_does_not_sign_with_are_not_taken_for_its_own(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "signs with other keys" in refused(action, capsys=capsys)
