"""`reptidex verify`: whether an event stands in the sealed audit trail, worked out on this machine and asking nobody."""

import argparse
import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

import reptidex.streams.catalogue  # noqa: F401 - every contract is known then
from reptidex.domain import merkle
from reptidex.errors import ContractError, InvalidError
from reptidex.publishing.reading import pieces
from reptidex.streams.codec import decode, encode
from reptidex.streams.ops import AuditLogged

NOT_PROVED = 3
Outcome = Literal["proved", "another event", "not sealed", "no path"]
WORDS: dict[Outcome, str] = {
    "proved": "proved: the event stands in the trail, as it is, under a root that was published",
    "another event": "not proved: the event is not the one that stands in the trail",
    "not sealed": "not proved: no `audit.logged` that was given published this root for this trail",
    "no path": "not proved: the path does not lead from the event to the root",
}


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What repti-ops answers to `GET /audit/events/{event_id}/proof`."""

    event_id: str
    stream: str
    place: int
    size: int
    leaf: str
    path: list[str]
    root: str


def add_parsers(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "verify",
        help="check the proof that an event stands in the sealed audit trail",
        description="Checks a proof of the audit trail (RFC 9162) on this machine: that the event is the one that was"
        " recorded, and that it stands under a root which an `audit.logged` published. Nobody is asked.",
        epilog="exit codes: 0 proved, 1 a file cannot be read, 3 not proved",
    )
    parser.add_argument("proof", type=Path, metavar="PROOF", help="answer of GET /audit/events/{event_id}/proof")
    parser.add_argument("events", type=Path, metavar="EVENTS", help="file in which the event stands, of any number")
    parser.add_argument("seals", type=Path, metavar="SEALS", help="file of the `audit.logged` events of the log")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    try:
        proof = msgspec.json.decode(arguments.proof.read_bytes(), type=Proof)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise InvalidError(f"{arguments.proof} is no proof: {problem}") from problem
    event = next((raw for raw in _events(arguments.events) if _id(raw) == proof.event_id), None)
    if event is None:
        raise InvalidError(f"{arguments.events} does not hold the event {proof.event_id}")
    outcome = verify(proof, event, _events(arguments.seals))
    print(json.dumps({"event_id": proof.event_id, "outcome": outcome}) if arguments.json else WORDS[outcome])
    return 0 if outcome == "proved" else NOT_PROVED


def verify(proof: Proof, event: bytes, seals: Iterable[bytes]) -> Outcome:
    """Say whether an event, the path of a proof and one of the published seals belong together.

    `seals` are events of the log; others than `audit.logged` are passed over. Raises `ContractError` for bytes that are no event,
    `InvalidError` for a proof that is not written in hexadecimal digits.
    """
    leaf = merkle.leaf_digest(sha256(encode(decode(event))).digest())
    if leaf.hex() != proof.leaf:
        return "another event"
    sealed = (decode(raw).data for raw in seals)
    roots = [each.root_digest for each in sealed if isinstance(each, AuditLogged) and _of(each, proof)]
    if proof.root not in roots:
        return "not sealed"
    try:
        path, root = [bytes.fromhex(step) for step in proof.path], bytes.fromhex(proof.root)
    except ValueError as problem:
        raise InvalidError(f"the proof cannot be read: {problem}") from problem
    return "proved" if merkle.verify_inclusion(leaf, proof.place, proof.size, path, root) else "no path"


def _of(seal: AuditLogged, proof: Proof) -> bool:
    return (seal.stream, seal.last + 1) == (proof.stream, proof.size)


def _events(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        for piece in pieces(file):
            yield piece.raw


def _id(raw: bytes) -> Any:
    try:
        event = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise ContractError(f"a line is no event: {problem}") from problem
    return event.get("id") if isinstance(event, dict) else None
