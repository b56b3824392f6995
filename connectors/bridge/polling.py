"""Threads that poll a queue without end, and hand what they bring to the loop: one turn between threads for each receive.

Asked for each receive by the loop, a thread would wait for it twice as often, and both for the interpreter's lock (measured).
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Polls(Generic[T]):
    """So many threads that do the same again and again. Daemons: a long poll does not hold a process that was told to stop."""

    def __init__(
        self, receive: Callable[[], T], count: int, name: str, *, deal: Callable[[list[T | Exception]], None]
    ) -> None:
        self._receive, self._count, self._name, self._deal = receive, count, name, deal
        self._brought: deque[T | Exception | None] = deque()
        """What waits for the loop; None: a thread has ended."""
        self._told = False
        self._open, self._stop = threading.Event(), threading.Event()
        self._open.set()
        self.pause_s = 0.0
        """So long each waits before it polls again."""

    async def run(self) -> None:
        """Poll until stopped, or cancelled; what is brought is dealt with on this loop."""
        self._loop = asyncio.get_running_loop()
        self._left, self._ended = self._count, self._loop.create_future()
        for number in range(self._count):
            threading.Thread(target=self._work, name=f"{self._name}-{number + 1}", daemon=True).start()
        try:
            await self._ended
        finally:
            self.stop()

    def hold(self) -> None:
        """Begin no more polls for now."""
        self._open.clear()

    def go_on(self) -> None:
        """Poll again."""
        self._open.set()

    def stop(self) -> None:
        """Begin no more polls; what those under way bring is dealt with still."""
        self._stop.set()
        self._open.set()

    def _work(self) -> None:
        while not self._stop.is_set():
            if self.pause_s and self._stop.wait(self.pause_s):
                break
            self._open.wait()
            if self._stop.is_set():
                break
            try:
                self._hand(self._receive())
            except Exception as problem:  # noqa: BLE001 - whatever it is, the poll goes on
                self._hand(problem)
        self._hand(None)

    def _hand(self, brought: T | Exception | None) -> None:
        self._brought.append(brought)
        if not self._told:
            self._told = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for it any more
                self._loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        self._told = False  # first: what is brought from here on tells the loop anew
        brought: list[T | Exception] = []
        while self._brought:
            each = self._brought.popleft()
            if each is None:
                self._left -= 1
            else:
                brought.append(each)
        if brought:
            self._deal(brought)
        if not self._left and not self._ended.done():
            self._ended.set_result(None)
