"""`reptidex verify`: a proof convinces only together with the event and the seal that it is of."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from reptidex import cli
from reptidex.domain import merkle
from reptidex.streams.codec import decode, encode
from reptidex.streams.examples import example_documents

EVENTS = [example_documents(name)[0] for name in ("animal.created", "animal.updated", "order.created")]
LEAVES = [merkle.leaf_digest(sha256(encode(decode(json.dumps(each).encode()))).digest()) for each in EVENTS]


def files(folder: Path, **changed: Any) -> list[str]:
    """Write the proof of the second of three events, the events as people would write them, and the seals."""
    root = merkle.root_of(LEAVES).hex()
    proof = {"event_id": EVENTS[1]["id"], "stream": "repti-animal", "place": 1, "size": 3, "root": root}
    proof |= {"leaf": LEAVES[1].hex(), "path": [step.hex() for step in merkle.inclusion_proof(LEAVES, 1)]}
    seal = example_documents("audit.logged")[0]
    seal["data"] = {"stream": "repti-animal", "first": 0, "last": 2, "root_digest": root}
    seal["data"] |= {key: value for key, value in changed.items() if key in seal["data"]}
    proof |= {key: value for key, value in changed.items() if key in proof}
    said = [{**each, **changed.get("event", {})} for each in EVENTS]
    for name, text in (
        ("proof", json.dumps(proof)),
        ("events", json.dumps(said, indent=1)),
        ("seals", json.dumps(seal)),
    ):
        (folder / name).write_text(text)
    return [str(folder / name) for name in ("proof", "events", "seals")]


def asked(folder: Path, capsys: pytest.CaptureFixture[str], **changed: Any) -> tuple[Any, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["verify", *files(folder, **changed), "--json"])
    printed = capsys.readouterr()
    return ended.value.code, json.loads(printed.out)["outcome"] if printed.out else printed.err


def test_an_event_under_a_published_root_is_proved(tmp_path: Path) -> None:
    """In a process of its own, which knows no contracts but by what the command imports."""
    command = [sys.executable, "-m", "reptidex", "verify", *files(tmp_path)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)

    assert (ended.returncode, ended.stderr) == (0, "") and ended.stdout.startswith("proved: ")


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"event": {"time": "2020-01-01T00:00:00Z"}}, "another event"),
        ({"leaf": "00" * 32}, "another event"),
        ({"root_digest": "00" * 32}, "not sealed"),
        ({"last": 3}, "not sealed"),
        ({"place": 0}, "no path"),
        ({"path": []}, "no path"),
    ],
)
def test_what_does_not_belong_together_is_not_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, Any], outcome: str
) -> None:
    assert asked(tmp_path, capsys, **changed) == (3, outcome)


@pytest.mark.parametrize("changed", [{"path": ["no digits"]}, {"event_id": "another"}, {"place": "first"}])
def test_a_proof_that_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, Any]
) -> None:
    code, said = asked(tmp_path, capsys, **changed)

    assert code == 1 and said.startswith("reptidex: ") and said.count("\n") == 1
