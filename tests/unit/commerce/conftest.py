"""The marketplace that the tests of this folder work on."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.commerce.market import Market


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    """An empty marketplace; at the end no message may have been put aside."""
    opened = await Market.open()
    yield opened
    await opened.close()
