"""Threads that poll: everything they bring reaches the loop, also what comes after the stop; held, they begin nothing."""

import asyncio
import threading
from queue import SimpleQueue

from reptidex.connectors.bridge.polling import Polls
from reptidex.testing import eventually


class Source:
    """Gives what is put into it, and counts who waits for it."""

    def __init__(self) -> None:
        self.there: SimpleQueue[int | Exception] = SimpleQueue()
        self.begun = 0
        self._lock = threading.Lock()

    def receive(self) -> int:
        with self._lock:
            self.begun += 1
        found = self.there.get(timeout=30)
        if isinstance(found, Exception):
            raise found
        return found


async def test_what_is_brought_reaches_the_loop_failures_too() -> None:
    source, heard = Source(), list[int | Exception]()
    polls = Polls(source.receive, 2, "poll", deal=heard.extend)
    running = asyncio.create_task(polls.run())
    broken = RuntimeError("no answer")
    for each in (1, 2, broken, 3):
        source.there.put(each)
    await eventually(lambda: len(heard) == 4)
    assert {each for each in heard if isinstance(each, int)} == {1, 2, 3} and broken in heard
    polls.stop()
    source.there.put(4)
    source.there.put(5)
    await asyncio.wait_for(running, 5)
    assert len(heard) == 6, "what the polls under way bring after the stop is dealt with before the end"


async def test_held_they_begin_no_poll_until_they_go_on() -> None:
    source, heard = Source(), list[int | Exception]()
    polls = Polls(source.receive, 1, "poll", deal=heard.extend)
    running = asyncio.create_task(polls.run())
    await eventually(lambda: source.begun == 1)
    polls.hold()
    source.there.put(1)
    await eventually(lambda: heard == [1])
    source.there.put(2)
    polls.go_on()
    await eventually(lambda: heard == [1, 2])
    polls.hold()
    source.there.put(3)
    await eventually(lambda: heard == [1, 2, 3])
    begun = source.begun
    polls.stop()
    await asyncio.wait_for(running, 5)
    assert source.begun == begun == 3


async def test_they_wait_before_the_next_poll_while_something_does_not_answer() -> None:
    source, heard = Source(), list[int | Exception]()
    polls = Polls(source.receive, 1, "poll", deal=heard.extend)
    running = asyncio.create_task(polls.run())
    await eventually(lambda: source.begun == 1)
    polls.pause_s = 600.0
    source.there.put(1)
    await eventually(lambda: heard == [1])
    assert source.begun == 1
    polls.stop()
    await asyncio.wait_for(running, 5)
    assert source.begun == 1, "a stop ends the pause"
