"""The watchdog outlives what goes wrong while it looks."""

from collections.abc import Iterator

import pytest

from reptidex.agents.engine import watchdog
from reptidex.agents.engine.watchdog import HUNG, Watchdog
from reptidex.testing import eventually


async def test_a_look_that_fails_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "BEAT_S", 0.02)
    ends: list[int] = []

    def looks() -> Iterator[float]:
        yield 0.0
        raise RuntimeError("dictionary changed size during iteration")  # the loop's thread goes on meanwhile

    looking = looks()
    dog = Watchdog(lambda: next(looking, 100.0), patience_s=10.0, die=ends.append)
    dog.start()
    await eventually(lambda: ends == [HUNG])
    await dog.stop()
