"""Threads that poll a queue without end, each handing over what it brings before it polls again."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Polls(Generic[T]):
    """So many threads that do the same again and again. Daemons: a long poll does not hold a process that was told to stop."""

    def __init__(
        self, receive: Callable[[], T], count: int, *, bring: Callable[[T | Exception], None], ended: Callable[[], None]
    ) -> None:
        """Take what each does, and who hears of what it brought, or raised, and of the end of them all (from any of them)."""
        self._receive, self._left, self._bring, self._ended = receive, count, bring, ended
        self._lock = threading.Lock()
        self._open, self._stop = threading.Event(), threading.Event()
        self._open.set()
        self._pause_s = 0.0
        for _ in range(count):
            threading.Thread(target=self._work, daemon=True).start()

    def pace(self, *, held: bool, pause_s: float) -> None:
        """Begin no more polls for now, or go on, each so long after the one before."""
        self._pause_s = pause_s
        if held and not self._stop.is_set():
            self._open.clear()
        else:
            self._open.set()

    def stop(self) -> None:
        """Begin no more polls; what those under way bring is handed over still."""
        self._stop.set()
        self._open.set()

    def _work(self) -> None:
        while not self._stop.is_set():
            if self._pause_s and self._stop.wait(self._pause_s):
                break
            self._open.wait()
            if self._stop.is_set():
                break
            try:
                brought: T | Exception = self._receive()
            except Exception as problem:  # noqa: BLE001 - whatever it is, the poll goes on
                brought = problem
            self._bring(brought)
        with self._lock:
            self._left -= 1
            last = not self._left
        if last:
            self._ended()
