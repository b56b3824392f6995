"""What is said under the harness and breaks its contract fails the test, whoever says it and whoever swallows it."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from reptidex.agents.agent import Unit, agent
from reptidex.errors import ContractError
from reptidex.streams.contract import Event
from reptidex.testing import UnitHarness
from tests.unit.engine.parcels import CARRIERS, Deliver, NoteDelivery, Parcel, ParcelPosted, PostParcel, note_delivery

NOT_TEXT: Any = 7


@agent(PostParcel)
async def say(message: PostParcel, unit: Unit) -> AsyncIterator[Event]:
    """Say what the trouble of the parcel is, in an event, a timer or an effect."""
    wrong = message.trouble
    if wrong == "timer":
        later = NoteDelivery(parcel_id=message.parcel_id, by=NOT_TEXT)
        unit.timer("note", unit.now + timedelta(hours=1), later)
    if wrong == "effect":
        unit.effect(Deliver(parcel_id=message.parcel_id))
    yield ParcelPosted(parcel_id=message.parcel_id, weight="heavy" if wrong == "event" else 1)  # type: ignore[arg-type]


async def _post(harness: UnitHarness, trouble: str) -> None:
    await harness.handle(PostParcel(parcel_id="a", trouble=trouble))


async def _post_what_is_none(harness: UnitHarness, trouble: str) -> None:
    await harness.handle(PostParcel(parcel_id="a", code=NOT_TEXT))


async def _carry_out(harness: UnitHarness, trouble: str) -> None:
    async def nobody(effect: Deliver, call: Any) -> Any:
        return NOT_TEXT

    await _post(harness, trouble)
    await harness.carry_out(nobody)


@pytest.mark.parametrize(
    ("act", "trouble", "where"),
    [
        (_post, "event", "parcel.posted: Expected `int`, got `str` - at `$.data.weight`"),
        (_post, "timer", "post.commands.notedelivery: Expected `str`, got `int` - at `$.data.by`"),
        (_carry_out, "effect", "post.commands.notedelivery: Expected `str`, got `int` - at `$.data.by`"),
        (_post_what_is_none, "", "post.commands.postparcel: Expected `str`, got `int` - at `$.data.code`"),
    ],
)
async def test_what_breaks_its_contract_fails_the_test(
    act: Callable[[UnitHarness, str], Awaitable[None]], trouble: str, where: str
) -> None:
    harness = await UnitHarness.open([say, note_delivery], Parcel, carriers=CARRIERS)

    with pytest.raises(ContractError):
        await act(harness, trouble)

    assert harness.breaches == [where]
    with pytest.raises(AssertionError, match="these contracts were broken"):
        await harness.close()


async def test_an_error_that_a_view_swallowed_is_told_at_the_end() -> None:
    with pytest.raises(AssertionError, match=r"parcel\.posted"):
        async with await UnitHarness.open([say], Parcel) as harness:
            with contextlib.suppress(ContractError):
                await _post(harness, "event")


async def test_what_keeps_its_contract_is_not_told() -> None:
    async with await UnitHarness.open([say], Parcel) as harness:
        await _post(harness, "none")

    assert harness.breaches == []
