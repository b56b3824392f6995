"""A limit on how long a view may take, watched once a second instead of by a timer for each request."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from reptidex.http.server.refusals import OverdueError


class Watch:
    """The views that are running, oldest first. One that is older than `limit_s` is cancelled at the next look."""

    def __init__(self, limit_s: float, clock: Callable[[], float], *, look_s: float = 1.0) -> None:
        """Take the limit, a monotonic clock in seconds, and how often to look."""
        self._limit_s, self._clock, self._look_s = limit_s, clock, look_s
        self._running: dict[object, tuple[float, asyncio.Task[Any]]] = {}
        self._overdue: set[object] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, view: Awaitable[Any]) -> Any:
        """Return what a view returns. Raises `OverdueError` where it takes too long."""
        task = asyncio.current_task()
        assert task is not None
        mark = object()
        self._running[mark] = (self._clock() + self._limit_s, task)
        if self._timer is None:
            self._timer = task.get_loop().call_later(self._look_s, self._look)
        try:
            return await view
        except asyncio.CancelledError:
            if mark in self._overdue and task.uncancel() == 0:
                raise OverdueError(f"a view took longer than {self._limit_s:g} s") from None
            raise
        finally:
            del self._running[mark]
            self._overdue.discard(mark)

    def _look(self) -> None:
        self._timer = None
        now = self._clock()
        for mark, (until, task) in self._running.items():
            if until > now:
                break
            if mark not in self._overdue:
                self._overdue.add(mark)
                task.cancel()
        if self._running:
            self._timer = asyncio.get_running_loop().call_later(self._look_s, self._look)
