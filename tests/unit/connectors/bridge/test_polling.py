"""Threads that poll: all that they bring is handed over, also after the stop; held, they begin nothing."""

import threading
from queue import SimpleQueue

from reptidex.connectors.bridge.polling import Polls
from reptidex.testing import eventually


class Source:
    """Gives what is put into it, counts who waits for it, and keeps what is brought."""

    def __init__(self, count: int) -> None:
        self.there: SimpleQueue[int | Exception] = SimpleQueue()
        self.begun = 0
        self.heard: list[int | Exception] = []
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self.polls = Polls(self.receive, count, bring=self.heard.append, ended=self.ended.set)

    def receive(self) -> int:
        with self._lock:
            self.begun += 1
        found = self.there.get(timeout=30)
        if isinstance(found, Exception):
            raise found
        return found


async def test_what_is_brought_is_handed_over_failures_too() -> None:
    source, broken = Source(2), RuntimeError("no answer")
    for each in (1, 2, broken, 3):
        source.there.put(each)
    await eventually(lambda: len(source.heard) == 4)
    assert {each for each in source.heard if isinstance(each, int)} == {1, 2, 3} and broken in source.heard
    source.polls.stop()
    assert not source.ended.is_set()
    source.there.put(4)
    source.there.put(5)
    await eventually(source.ended.is_set)
    assert len(source.heard) == 6, "what the polls under way bring after the stop is handed over before the end"


async def test_held_they_begin_no_poll_until_they_go_on() -> None:
    source = Source(1)
    await eventually(lambda: source.begun == 1)
    source.polls.pace(held=True, pause_s=0.0)
    source.there.put(1)
    await eventually(lambda: source.heard == [1])
    source.there.put(2)
    source.polls.pace(held=False, pause_s=0.0)
    await eventually(lambda: source.heard == [1, 2])
    source.polls.pace(held=True, pause_s=0.0)
    source.there.put(3)
    await eventually(lambda: source.heard == [1, 2, 3])
    begun = source.begun
    source.polls.stop()
    await eventually(source.ended.is_set, why="a stop ends the hold")
    assert source.begun == begun == 3


async def test_they_wait_before_the_next_poll_while_something_does_not_answer() -> None:
    source = Source(1)
    await eventually(lambda: source.begun == 1)
    source.polls.pace(held=False, pause_s=600.0)
    source.there.put(1)
    await eventually(lambda: source.heard == [1])
    assert source.begun == 1
    source.polls.stop()
    await eventually(source.ended.is_set, why="a stop ends the pause")
    assert source.begun == 1
