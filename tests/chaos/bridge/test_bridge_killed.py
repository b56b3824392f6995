"""AWS repeats, reorders, loses, throttles and fails in part, and the bridge is killed: nothing is lost, nothing applied twice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.bridge.arena import Arena
from tests.chaos.bridge.rounds import fight

MESSAGES, KEYS, KILLS = 3000, 100, 3


@pytest.fixture
async def arena(tmp_path: Path) -> AsyncIterator[Arena]:
    arena = Arena(tmp_path, MESSAGES, KEYS)
    try:
        await arena.open()
        yield arena
    finally:
        await arena.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_killed_bridge_under_faults_loses_nothing_and_applies_nothing_twice(arena: Arena) -> None:
    await fight(arena, KILLS, lifetime_s=(3.0, 5.0), within_s=200, say=print)
