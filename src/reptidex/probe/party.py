"""A consumer group of member processes: who is assigned what, and what each has read."""

import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reptidex.probe.registry import Failed, Target

_STEADY_LOOKS = 3
_LOOK_EVERY = 0.25


class Party:
    """Start, watch and kill members; as a context manager it leaves none behind."""

    def __init__(self, target: Target, topic: str, partitions: int) -> None:
        self._target = target
        self._topic = topic
        self._partitions = partitions
        self._directory = tempfile.TemporaryDirectory(prefix="probe-")
        self._members: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._members.values():
            if process.poll() is None:
                process.kill()
            process.wait()
        self._directory.cleanup()

    def add(self, name: str, instance: str = "") -> None:
        """Start a member."""
        command = [sys.executable, "-m", "reptidex.probe.member"]
        command += [self._target.bootstrap, self._topic, f"group-{self._topic}", instance]
        with self._path(name).open("wb") as output:
            self._members[name] = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)

    def end(self, name: str, number: signal.Signals) -> None:
        """Send a member a signal."""
        self._members[name].send_signal(number)

    def read(self) -> list[tuple[int, int]]:
        """Return (partition, offset) of everything that any member ever read."""
        lines = [line for name in self._members for line in self._said(name)]
        return [(line["partition"], line["offset"]) for line in lines if "offset" in line]

    async def settle(self, names: list[str], seconds: float) -> float:
        """Wait until the members share all partitions, none idle, steadily; returns the seconds it took."""
        began, steady = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            shares = [self._assigned(name) for name in names]
            balanced = sorted(chain.from_iterable(shares)) == list(range(self._partitions)) and all(shares)
            steady = steady + 1 if balanced else 0
            if steady >= _STEADY_LOOKS:
                return time.monotonic() - began - (_STEADY_LOOKS - 1) * _LOOK_EVERY
            await asyncio.sleep(_LOOK_EVERY)
        shared = {name: self._assigned(name) for name in names}
        raise Failed(f"not balanced within {seconds:g} s: {shared} {self._complaints(names)}")

    def _assigned(self, name: str) -> list[int]:
        share: list[int] = []
        for line in self._said(name):
            share = line.get("assigned", [] if "revoked" in line else share)
        return share

    def _said(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._lines(name) if line.startswith("{") and line.endswith("}")]

    def _complaints(self, names: list[str]) -> list[str]:
        return [line for name in names for line in self._lines(name) if not line.startswith("{")][-3:]

    def _lines(self, name: str) -> list[str]:
        return self._path(name).read_text().split("\n")

    def _path(self, name: str) -> Path:
        return Path(self._directory.name) / name
