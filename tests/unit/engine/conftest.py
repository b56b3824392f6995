"""A harness around the parcels."""

from collections.abc import AsyncIterator

import pytest

from reptidex.testing import UnitHarness
from tests.unit.engine.parcels import AGENTS, CARRIERS, Parcel


@pytest.fixture
async def post() -> AsyncIterator[UnitHarness]:
    async with await UnitHarness.open(AGENTS, Parcel, carriers=CARRIERS) as harness:
        yield harness
