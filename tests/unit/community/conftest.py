"""The town that the tests of this folder live in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.community.square import Square
from tests.unit.community.town import Town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """An empty community; at the end no message may have been put aside."""
    opened = await Town.open(tmp_path / "index")
    yield opened
    await opened.close()


@pytest.fixture
async def real_town(tmp_path: Path) -> AsyncIterator[Town]:
    """The same with a real index on disk."""
    opened = await Town.open(tmp_path / "index", real=True)
    yield opened
    await opened.close()


@pytest.fixture
async def square(town: Town) -> AsyncIterator[Square]:
    """The views over that town."""
    opened = await Square.over(town)
    yield opened
    await opened.close()
