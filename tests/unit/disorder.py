"""Histories as a log may bring them: each topic in its order, the topics in any, and whatever came once may come again."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from msgspec.structs import asdict

from reptidex.streams.contract import Message
from reptidex.testing import UnitHarness

History = Sequence[tuple[Message, int]]
"""Events in the order in which they happened, each with the version of its aggregate."""


def disordered(history: History, chance: Random) -> list[tuple[Message, int]]:
    """Return a history in another order that a log may have, with repeats."""
    lanes: dict[tuple[str, str], list[tuple[Message, int]]] = {}
    for each in history:
        lanes.setdefault((each[0].contract.topic, each[0].key), []).append(each)
    said: list[tuple[Message, int]] = []
    while lanes:
        lane = chance.choice(sorted(lanes))
        said.append(lanes[lane].pop(0))
        if not lanes[lane]:
            del lanes[lane]
        if chance.random() < 0.3:
            said.append(chance.choice(said))
    return said


async def stored_after(
    harness: UnitHarness, history: History, left_out: Mapping[str, Sequence[str]] | None = None
) -> list[dict[str, Any]]:
    """Hand a history over, let what it set off happen, and return the rows, without the fields `left_out` by row name."""
    began = harness.now
    for message, version in history:
        await harness.handle(message, sequence=version, at=began)
    await harness.advance(by=timedelta(minutes=1))
    rows = []
    for row in await harness.stored():
        kind = type(row).__name__
        values = {name: value for name, value in asdict(row).items() if name not in (left_out or {}).get(kind, ())}
        rows.append({"row": kind} | values)
    waiting = [(letter.state, letter.error) for letter in await harness.letters() if letter.state != "retrying"]
    assert waiting == []
    return rows
