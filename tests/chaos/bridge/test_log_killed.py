"""The log is killed while the bridge works: it waits, gives messages back, and goes on when the log is there again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reptidex.testing import reached
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

    await reached(arena.out, 200, "outbound events have arrived")
    await arena.hand_in()
    arena.log.kill()
    await arena.log.start()

    await arena.all_across()
    await arena.drained()
    assert await arena.stop_bridge() == 0
    await arena.check_out()
    await arena.check_in()
    assert await arena.letters() == []
