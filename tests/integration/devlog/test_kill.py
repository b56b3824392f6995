"""Killed with SIGKILL under load, the log keeps what it acknowledged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.devlog.broker_process import BrokerProcess
from tests.integration.devlog.kill_rounds import kill_rounds

ROUNDS = 5


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    """Return a log that is not started yet."""
    process = BrokerProcess(tmp_path / "log")
    yield process
    process.close()


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_nothing_acknowledged_is_lost_or_doubled_by_kills(broker: BrokerProcess) -> None:
    result = await kill_rounds(broker, ROUNDS, seed=7)

    assert len(result.acknowledged) > 1000
    assert result.lost == set()
    assert result.repeated == 0
    assert max(result.restarts) < result.first + 1.0  # what recovering costs on top
