"""The watchdog: a worker that hangs ends itself, so that another can take its partitions over.

Faust's own check compares two different clocks, and only logs. This one runs in a thread, since a
loop that hangs cannot notice that it does.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

HUNG = 75
"""The exit status of a worker that hung."""
BEAT_S = 1.0


class Watchdog:
    """Ends the process when the loop stands still for `patience_s`, or `busy()` says that one unit took that long."""

    def __init__(
        self, busy: Callable[[], float], *, patience_s: float = 60.0, die: Callable[[int], None] = os._exit
    ) -> None:
        self._busy, self._patience_s, self._die = busy, patience_s, die
        self._beat = time.monotonic()
        self._end = threading.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch the running loop."""
        self._beat = time.monotonic()
        self._task = asyncio.get_running_loop().create_task(self._live())
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    async def stop(self) -> None:
        """Watch no more."""
        self._end.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _live(self) -> None:
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(BEAT_S)

    def _watch(self) -> None:
        while not self._end.wait(BEAT_S):
            still = time.monotonic() - self._beat
            try:
                busy = self._busy()
            except Exception:
                # It may look while the loop is just changing what it looks at. The next look is in a second.
                log.exception("the watchdog could not see whether a unit hangs")
                busy = 0.0
            if max(still, busy) < self._patience_s:
                continue
            log.critical("the loop stands still for %.0f s, the unit at work for %.0f s: the process ends", still, busy)
            self._die(HUNG)
            return
