"""AWS repeats, reorders, loses, throttles and fails in part, and the bridge is killed: nothing is lost, nothing applied twice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.bridge.arena import IN, Arena
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
    await fight(arena, KILLS, lifetime_s=(3.0, 5.0), say=print)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("point", ["produced:3", "recorded:3"], ids=["before the inbox", "before the delete"])
async def test_a_bridge_killed_between_two_steps_applies_nothing_twice(arena: Arena, point: str) -> None:
    arena.messages = 400
    await arena.hand_in()
    arena.start_bridge(kill=point)
    await arena.killed()

    arena.start_bridge()
    await arena.all_in()
    await arena.drained()
    assert await arena.stop_bridge() == 0

    await arena.check_in()
    if point.startswith("produced"):
        repeats = sum([await arena.records(name) for name in IN]) - arena.messages
        assert repeats > 0, "what was on the log and not in the inbox has to have been said again"
