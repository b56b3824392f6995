"""One child process: started, awaited until ready, restarted with backoff, stopped within a deadline."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from reptidex.errors import ReptidexError

Ready = Callable[[], Awaitable[bool]]

BACKOFF_S = (0.5, 1, 2, 5, 10, 30)
STEADY_S = 30.0
"""A process that ran this long is taken for healthy: its next restart starts again at the shortest wait."""


class StartError(ReptidexError):
    """A child process did not become ready; the text ends with the last lines of its log."""


class Child:
    """A supervised process of the platform. Its output goes to one log file, appended to."""

    def __init__(
        self, name: str, arguments: list[str], environment: Mapping[str, str], log: Path, ready: Ready
    ) -> None:
        self.name, self.arguments, self.environment, self.log, self.ready = name, arguments, environment, log, ready
        self.restarts = 0
        self.state = "new"
        self.process: asyncio.subprocess.Process | None = None
        self.started_at = 0.0
        self._guard: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self, *, within_s: float) -> float:
        """Start the process and return the seconds it took to become ready.

        Raises `StartError` when it ends or stays silent for `within_s`.
        """
        self._stopping = False
        process = await self._spawn()
        begin = time.monotonic()
        while not await self.ready():
            if process.returncode is not None:
                raise StartError(f"{self.name} ended while starting:\n{self.tail()}")
            if time.monotonic() - begin > within_s:
                raise StartError(f"{self.name} was not ready within {within_s:.0f} s:\n{self.tail()}")
            await asyncio.sleep(0.05)
        self.state = "ready"
        self._guard = asyncio.create_task(self._keep_alive(process))
        return time.monotonic() - begin

    async def finish(self) -> None:
        """Run the process to its end, which is that of whoever waits for it too. Raises `StartError` where it fails."""
        process = await self._spawn()
        try:
            failed = await process.wait()
        except BaseException:
            await self.stop()
            raise
        if failed:
            raise StartError(f"{self.name} failed:\n{self.tail()}")

    async def _spawn(self) -> asyncio.subprocess.Process:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = process = await asyncio.create_subprocess_exec(
                sys.executable, *self.arguments,
                stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **self.environment}, start_new_session=True,
            )  # fmt: skip
        self.started_at = time.monotonic()
        self.state = "starting"
        return process

    async def _keep_alive(self, process: asyncio.subprocess.Process) -> None:
        while True:
            code = await process.wait()
            if self._stopping:
                return
            if time.monotonic() - self.started_at > STEADY_S:
                self.restarts = 0
            wait = BACKOFF_S[min(self.restarts, len(BACKOFF_S) - 1)]
            self.restarts += 1
            self.state = f"ended with {code}, again in {wait} s"
            await asyncio.sleep(wait)
            try:
                process = await self._spawn()
            except OSError as problem:  # no memory, no processes left: there may be some later
                self.state = f"cannot be started: {problem}"
                continue
            while not await self.ready() and process.returncode is None:
                await asyncio.sleep(0.1)
            if process.returncode is None:
                self.state = "ready"

    async def stop(self, *, within_s: float = 12.0) -> None:
        """Ask the process to end; kill it when the deadline passes."""
        self._stopping = True
        if self._guard:
            self._guard.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._guard
        if self.process is None or self.process.returncode is not None:
            self.state = "stopped"
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), within_s)
            self.state = "stopped"
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            self.state = "killed after its deadline"

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
