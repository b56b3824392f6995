"""The log is killed while the bridge works: it waits, gives messages back, and goes on when the log is there again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reptidex.testing import eventually
from tests.chaos.bridge.arena import Arena

MESSAGES, KEYS = 2000, 100


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
async def test_a_log_that_is_killed_and_comes_back_costs_nothing(arena: Arena) -> None:
    await arena.say()
    arena.start_bridge()

    async def some() -> bool:
        state = arena.state()
        return bool(sum(state["queues"][name]["arrived"] for name in arena.heard) >= 200)

    await eventually(some, 60, every=0.05)
    await arena.hand_in()
    arena.log.kill()
    await arena.log.start()

    async def crossed() -> bool:
        return await arena.all_in() and await arena.all_out()

    await eventually(crossed, 150, every=1.0, why="everything has crossed")
    await eventually(arena.drained, 60, every=0.5)
    assert arena.stop_bridge() == 0
    await arena.check_out()
    await arena.check_in()
    assert await arena.letters() == []
