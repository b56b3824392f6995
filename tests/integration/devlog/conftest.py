"""A log in the test's own process, and raw requests to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reptidex.devlog import DevLog, Options
from tests.integration.devlog.raw import RawClient


@pytest.fixture
def reports() -> list[str]:
    """Return the list that the log reports to."""
    return []


@pytest.fixture
async def log(tmp_path: Path, reports: list[str]) -> AsyncIterator[DevLog]:
    """Return a running log on a free port."""
    async with DevLog(Options(data_dir=tmp_path / "log", free_floor=0), report=reports.append) as running:
        yield running


@pytest.fixture
async def raw(log: DevLog) -> AsyncIterator[RawClient]:
    """Return a connection to the log that sends what it is told to, right or wrong."""
    client = await RawClient.connect(log.port)
    yield client
    client.close()
