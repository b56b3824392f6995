"""Starting, killing and waiting for worker processes."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from reptidex.agents.engine.engine import FENCED
from reptidex.tables.database import Database
from reptidex.testing import eventually, reached
from tests.chaos.engine.scales import counted, standing

ROOT = Path(__file__).resolve().parents[3]
EXPECTED = (0, -signal.SIGKILL, FENCED)
"""How a worker may end: as it was told, killed, or because another holds its partitions."""


class Nursery:
    """Workers forked from a process that has imported everything already."""

    def __init__(self, log: str, database: str, state: Path) -> None:
        self._order = {"log": log, "database": database, "state": str(state)}
        self.output = state / "worker.out"
        command = [sys.executable, "-m", "tests.chaos.engine.worker_process"]
        self._mother = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._children: list[int] = []
        self._kept: dict[int, dict[str, Any]] = {}
        self._instead: dict[int, int] = {}

    def spawn(self, *, kept: bool = False, **order: Any) -> int:
        """Start a worker and return its pid.

        One that is `kept` is started again when another has taken its partitions over, as a supervisor does: on a busy
        machine any worker may be held up for longer than its session. It goes on under the pid of the first.
        """
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(json.dumps(self._order | order) + "\n")
        self._mother.stdin.flush()
        pid = int(self._mother.stdout.readline())
        self._children.append(pid)
        if kept:
            self._kept[pid] = order
        return pid

    def _keep(self) -> None:
        """Start those again that were kept and have been fenced; fail for one that has ended as none should."""
        ends = [line.split() for line in self.said() if line.startswith("ENDED ")]
        statuses = {int(pid): int(status) for _, pid, status in ends}
        strange = {pid: status for pid, status in statuses.items() if status not in EXPECTED}
        assert not strange, f"workers have ended with {strange}"
        for pid in [pid for pid in self._kept if statuses.get(self._now(pid)) == FENCED]:
            self._instead[pid] = self.spawn(**self._kept[pid])

    def _now(self, pid: int) -> int:
        return self._instead.get(pid, pid)

    async def ended(self, pid: int, within: float = 60.0) -> None:
        """Wait until a worker has ended by itself."""
        await eventually(lambda: not alive(self._now(pid)), within, every=0.02, why=f"worker {pid} has not ended")

    def killed(self) -> list[str]:
        """Return the points at which workers have killed themselves."""
        return [line.removeprefix("KILLED ") for line in self.said() if line.startswith("KILLED ")]

    def said(self) -> list[str]:
        """Return what the workers have written so far."""
        return self.output.read_text().splitlines() if self.output.exists() else []

    async def stop(self, pid: int) -> None:
        """Have a worker stop in good order."""
        self._send(pid, signal.SIGTERM)
        await self.ended(pid)

    def kill(self, pid: int) -> None:
        """Kill a worker with SIGKILL."""
        self._send(pid, signal.SIGKILL)

    def _send(self, pid: int, number: signal.Signals) -> None:
        self._kept.pop(pid, None)
        with contextlib.suppress(ProcessLookupError):  # it may have been fenced just now
            os.kill(self._now(pid), number)

    async def until(self, database: Database, events: int) -> None:
        """Wait until so many weighings have counted; fails as soon as nobody works, or nothing has counted for a long while."""

        def look() -> None:
            lives = any(map(alive, self._children))
            self._keep()  # after the look: who has ended by then has been written down, and may have been replaced
            assert lives or any(map(alive, self._children)), "no worker lives"

        await reached(lambda: counted(database), events, "weighings have counted", look=look)

    def evidence(self) -> str:
        """Return how things stand, and what the workers have said last: a failed test shows it."""
        before = self.said()
        lives = [f"worker {pid} {'lives' if alive(pid) else 'has ended'}" for pid in self._children]
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            for pid in filter(alive, self._children):
                os.kill(pid, number)
            time.sleep(1.0)
        state = asyncio.run(standing(self._order["log"], self._order["database"]))
        where = self.said()[len(before) :]
        return "\n".join([f"--- {self.output}", *before[-150:], "--- where they are", *where[-250:], state, *lives])

    def close(self) -> None:
        """Leave no process behind."""
        for pid in filter(alive, self._children):
            os.kill(pid, signal.SIGKILL)
        assert self._mother.stdin is not None
        self._mother.stdin.close()
        self._mother.wait(10)


def alive(pid: int) -> bool:
    """Say whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
