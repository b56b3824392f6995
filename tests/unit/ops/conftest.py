"""The desk that the tests of this folder work at."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.ops.desk import Desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """An empty platform's administration; at the end no message may have been put aside."""
    opened = await Desk.open()
    yield opened
    await opened.close()
