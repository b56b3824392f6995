"""A bounded pool of daemon threads for calls that block: boto3's, among them long polls of twenty seconds.

The standard pool is joined when the interpreter ends, so a long poll would hold a process that was told to stop. What a
thread of this pool is in the middle of is given up with the process: SQS shows those messages again in time.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class Threads:
    """So many threads, started as they are needed; work beyond that waits its turn."""

    def __init__(self, count: int, name: str) -> None:
        self.count, self._name = count, name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._started = self._idle = 0

    def run(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Have a thread do some work, and return its outcome as a future of the running loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put((loop, future, work))
        if self._idle:
            self._idle -= 1
        elif self._started < self.count:
            self._started += 1
            threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()
        return future

    def close(self) -> None:
        """Let the threads end after what they are at; nothing waits for them."""
        for _ in range(self._started):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            loop, future, work = job
            result: Any = None
            error: BaseException | None = None
            try:
                result = work()
            except BaseException as problem:  # noqa: BLE001 - whatever it is, whoever waits for the work hears of it
                error = problem
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for it any more
                loop.call_soon_threadsafe(self._settle, future, result, error)

    def _settle(self, future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
        self._idle += 1
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
