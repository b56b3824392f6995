"""Commands that nobody waits for: sent beside the requests, few enough at a time to harm none of them."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

log = logging.getLogger(__name__)

MOST = 256


class Handover:
    """The commands on their way. Beyond `MOST` of them, and where one fails, it is lost: that is what they are for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self.lost = 0

    def send(self, asking: Awaitable[Any]) -> None:
        """Send a command and return at once."""
        if len(self._tasks) >= MOST:
            self.lost += 1
            if asyncio.iscoroutine(asking):
                asking.close()
            return
        task = asyncio.ensure_future(asking)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            self.lost += 1
            log.warning("a command that nobody waits for was lost: %s: %s", type(problem).__name__, problem)

    async def close(self) -> None:
        """Drop what is still on its way when the application ends."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
