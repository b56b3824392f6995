"""The marketplace that the tests of this folder work on."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.commerce.market import Market
from tests.unit.commerce.shop import Shop


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    """An empty marketplace; at the end no message may have been put aside."""
    opened = await Market.open()
    yield opened
    await opened.close()


@pytest.fixture
async def shop(market: Market) -> AsyncIterator[Shop]:
    """The views over an empty marketplace in which Sam's animal is registered."""
    await market.hatch()
    opened = await Shop.over(market)
    yield opened
    await opened.close()
