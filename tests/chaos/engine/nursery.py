"""Starting, killing and waiting for worker processes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from reptidex.testing import eventually

ROOT = Path(__file__).resolve().parents[3]


class Nursery:
    """Workers forked from a process that has imported everything already."""

    def __init__(self, log: str, database: str, state: Path) -> None:
        self._order = {"log": log, "database": database, "state": str(state)}
        self.output = state / "worker.out"
        command = [sys.executable, "-m", "tests.chaos.engine.worker_process"]
        self._mother = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._children: list[int] = []

    def spawn(self, **order: Any) -> int:
        """Start a worker and return its pid."""
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(json.dumps(self._order | order) + "\n")
        self._mother.stdin.flush()
        pid = int(self._mother.stdout.readline())
        self._children.append(pid)
        return pid

    async def ended(self, pid: int, within: float = 30.0) -> None:
        """Wait until a worker has ended by itself."""
        await eventually(
            lambda: not alive(pid), within, every=0.02, why=f"worker {pid} has not ended; see {self.output}"
        )

    def killed(self) -> list[str]:
        """Return the points at which workers have killed themselves."""
        return [line.removeprefix("KILLED ") for line in self.said() if line.startswith("KILLED ")]

    def said(self) -> list[str]:
        """Return what the workers have written so far."""
        return self.output.read_text().splitlines() if self.output.exists() else []

    async def stop(self, pid: int) -> None:
        """Have a worker stop in good order."""
        os.kill(pid, signal.SIGTERM)
        await self.ended(pid)

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
