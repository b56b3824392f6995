"""Messages are deleted ten in a call, each by its newest receipt handle, and again where a delete fails."""

import asyncio
import random
from itertools import count

import pytest

from reptidex.connectors.bridge import deleting
from reptidex.connectors.bridge.deleting import ATTEMPTS, Deleter
from reptidex.connectors.bridge.sqs import Received
from reptidex.connectors.bridge.tracker import Tracker
from reptidex.connectors.bridge.verdicts import AGAIN, DONE, Verdict


class Queue:
    """A queue that fails the deletes of these handles, and answers when it may."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.failing: set[str] = set()
        self.answers = asyncio.Event()
        self.answers.set()

    async def delete(self, handles: list[str]) -> list[Verdict]:
        self.calls.append(list(handles))
        await self.answers.wait()
        return [AGAIN if each in self.failing else DONE for each in handles]


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setattr(deleting, "send_again_s", lambda attempts, chance: 0.0)
    return Queue()


def held(tracker: Tracker, number: int, handle: str = "") -> str:
    tracker.add(Received(message_id=f"m{number}", handle=handle or f"h{number}", body=""))
    return f"m{number}"


async def test_calls_are_full_and_the_rest_goes_a_little_later(queue: Queue) -> None:
    tracker = Tracker(30.0)
    deleter = Deleter(queue, tracker, random.Random(1))  # type: ignore[arg-type]
    deleter.delete(*(held(tracker, number) for number in range(23)))
    await asyncio.sleep(0)
    assert [len(call) for call in queue.calls] == [10, 10]
    deleter.delete(held(tracker, 23))
    await deleter.drain(5.0)
    assert [len(call) for call in queue.calls] == [10, 10, 4]
    assert (len(tracker), deleter.deleted) == (0, 24)


async def test_one_that_is_delivered_again_meanwhile_is_deleted_by_its_new_handle(queue: Queue) -> None:
    tracker = Tracker(30.0)
    deleter = Deleter(queue, tracker, random.Random(1))  # type: ignore[arg-type]
    queue.answers.clear()
    deleter.delete(held(tracker, 1))
    draining = asyncio.create_task(deleter.drain(5.0))
    while not queue.calls:
        await asyncio.sleep(0)
    held(tracker, 1, "newer")
    queue.answers.set()
    await draining
    await deleter.drain(5.0)
    assert queue.calls == [["h1"], ["newer"]]
    assert len(tracker) == 0


async def test_a_delete_that_fails_is_tried_again_by_itself_and_then_left(queue: Queue) -> None:
    tracker, tries = Tracker(30.0), count()
    deleter = Deleter(queue, tracker, random.Random(1))  # type: ignore[arg-type]
    queue.failing = {"h2"}
    deleter.delete(held(tracker, 1), held(tracker, 2))
    while deleter.left == 0 and next(tries) < 100:
        await deleter.drain(1.0)
    assert queue.calls == [["h1", "h2"], *[["h2"]] * (ATTEMPTS - 1)]
    assert (deleter.deleted, deleter.left, len(tracker)) == (1, 1, 0)
