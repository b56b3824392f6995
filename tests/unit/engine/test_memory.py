"""What a backlog has taken of memory goes back once nothing more comes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from reptidex.agents import memory
from reptidex.agents.memory import BACKLOG, give_back
from reptidex.testing import eventually


class Worked:
    """How many messages were handled, and how often memory was given back."""

    def __init__(self) -> None:
        self.messages = self.asked = self.given = 0

    def handled(self) -> int:
        self.asked += 1
        return self.messages

    async def glances(self, count: int) -> None:
        """Wait until so many more looks have been taken."""
        end = self.asked + count
        await eventually(lambda: self.asked >= end)


@pytest.fixture
async def worked(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worked]:
    worked = Worked()

    def trim() -> None:
        worked.given += 1

    monkeypatch.setattr(memory, "trim", trim)
    task = asyncio.create_task(give_back(worked.handled, glance_s=0.001))
    yield worked
    task.cancel()


async def test_memory_goes_back_once_after_a_backlog(worked: Worked) -> None:
    for _ in range(20):
        worked.messages += BACKLOG
        await worked.glances(1)
    await eventually(lambda: worked.given)
    given = worked.given
    await worked.glances(5)

    assert worked.given == given


async def test_a_few_messages_are_not_worth_it(worked: Worked) -> None:
    worked.messages = BACKLOG - 1
    await worked.glances(5)

    assert worked.given == 0


def test_the_c_library_is_asked() -> None:
    memory.trim()
