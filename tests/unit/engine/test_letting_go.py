"""Partitions that are taken from a worker while it handles a unit of theirs."""

from collections.abc import AsyncIterator, Callable

import pytest

from reptidex.agents.agent import Unit, agent
from reptidex.agents.engine.inputs import LogRecord
from reptidex.streams import codec
from reptidex.testing import UnitHarness
from tests.unit.engine.parcels import Parcel, ParcelWeighed

AT = ("parcel.weighed", 0)


@pytest.fixture
async def meanwhile() -> list[Callable[[], None]]:
    """What happens while the next message is handled."""
    return []


@pytest.fixture
async def post(meanwhile: list[Callable[[], None]]) -> AsyncIterator[UnitHarness]:
    @agent(ParcelWeighed)
    async def note(message: ParcelWeighed, unit: Unit) -> None:
        """Note that a parcel was weighed."""
        unit.put(Parcel(parcel_id=message.parcel_id, code="weighed"))
        while meanwhile:
            meanwhile.pop()()

    async with await UnitHarness.open([note], Parcel) as harness:
        yield harness


@pytest.mark.parametrize("shared", [True, False])
async def test_of_a_unit_whose_partitions_are_gone_nothing_is_committed_not_even_how_far_it_came(
    shared: bool, post: UnitHarness, meanwhile: list[Callable[[], None]]
) -> None:
    runner, ownership = post.runner, post.runner.ownership
    ownership.shared = shared
    held = dict(ownership.fences)

    def let_go() -> None:
        # As the engine does where the unit at work does not end in time.
        ownership.take({})
        runner.forget()

    meanwhile.append(let_go)
    value = codec.encode(post.envelope(ParcelWeighed(parcel_id="a", weight=1)))
    fetch = {AT: [LogRecord(*AT, 0, b"a", value)]}
    await runner.run(fetch)
    assert (await runner.store.positions([0]), await post.get(Parcel, "a")) == ({}, None)

    ownership.take(held)
    await runner.run(fetch)
    assert (await runner.store.positions([0]))[AT].next_offset == 1
    assert await post.get(Parcel, "a") == Parcel(parcel_id="a", code="weighed")
