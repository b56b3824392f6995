"""Examples of every event: one story of two vivariums, told in whole CloudEvents (`examples/<name>.json`)."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from reptidex.errors import ContractError
from reptidex.streams import codec
from reptidex.streams.contract import message_class
from reptidex.streams.envelope import AnyEvent

FOLDER = Path(__file__).resolve().parent / "examples"


@cache
def raw_examples(name: str) -> tuple[bytes, ...]:
    """Return the examples of an event as the bytes that would be on the log.

    Raises `UnknownContractError` for a name that is no event's, `ContractError` for an event without examples.
    """
    path = FOLDER / f"{name}.json"
    if not path.exists():
        message_class(name)
        raise ContractError(f"{name} has no examples: write two whole CloudEvents into streams/examples/{name}.json")
    return tuple(msgspec.json.encode(document) for document in msgspec.json.decode(path.read_bytes(), type=list[Any]))


def examples(name: str) -> tuple[AnyEvent, ...]:
    """Return the examples of an event, decoded."""
    return tuple(codec.decode(raw, name) for raw in raw_examples(name))


def example_documents(name: str) -> list[dict[str, Any]]:
    """Return the examples of an event as plain JSON values, for documentation."""
    return [msgspec.json.decode(raw) for raw in raw_examples(name)]
