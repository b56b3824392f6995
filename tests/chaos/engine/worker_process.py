"""Workers of the parcels service in processes of their own, forked from one that has imported everything already.

`python -m tests.chaos.engine.worker_process` reads an order a line: {"log": …, "database": …, "state": …, "kill": "point:pass"},
and answers with the pid; the child is a worker that kills itself with SIGKILL when it passes that point so many times.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from reptidex.agents.agent import Agent, Carrier
from reptidex.agents.runtime import Worker
from reptidex.settings import Settings
from reptidex.streams.contract import Command
from reptidex.tables.reader import Reader
from tests.unit.engine.parcels import AGENTS, CARRIERS, count_all


class Parcels(msgspec.Struct, frozen=True):
    """The manifest of the service of parcels."""

    name: str = "repti-post"
    short: str = "post"
    agents: tuple[Agent, ...] = AGENTS
    carriers: tuple[Carrier, ...] = CARRIERS
    at_start: tuple[Command, ...] = ()
    refresh: Callable[[Reader], Awaitable[None]] | None = None

    async def connect(self, settings: Settings) -> Any:
        """Connect to nothing."""
        return None


class KillPoint:
    """Ends the process the hard way at the n-th pass of a point, or freezes it there."""

    def __init__(self, said: str, number: signal.Signals) -> None:
        self._point, _, count = said.partition(":")
        self._count, self._signal = int(count or 1), number
        self._passed: Counter[str] = Counter()

    def __call__(self, point: str) -> None:
        self._passed[point] += 1
        if point == self._point and self._passed[point] == self._count:
            os.write(2, f"{'KILLED' if self._signal == signal.SIGKILL else 'FROZEN'} {point}\n".encode())
            os.kill(os.getpid(), self._signal)


def settings_of(order: dict[str, Any]) -> Settings:
    """Return the settings that an order asks for."""
    return Settings(
        log=order["log"],
        state_dir=order["state"],
        database_url=order["database"],
        session_timeout_s=order.get("session", 1.0),
        fetch_wait_ms=50,
        partitions=4,
        unit_records=order.get("unit_records", 100),
        unit_backlog_records=order.get("unit_records", 100),
    )


def build(order: dict[str, Any]) -> Worker:
    """Build the worker that an order asks for."""
    step = None
    if order.get("kill"):
        step = KillPoint(order["kill"], signal.SIGKILL)
    if order.get("freeze"):
        step = KillPoint(order["freeze"], signal.SIGSTOP)
    agents = (*AGENTS, count_all) if order.get("count_all") else AGENTS
    return Worker(Parcels(agents=agents), settings_of(order), step=step)


def main() -> None:
    """Fork a worker for each line, and reap those that have ended."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            order = json.loads(line)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            out = os.open(f"{order['state']}/worker.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(out, 1)
            os.dup2(out, 2)
            logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
            worker = build(order)
            os._exit(asyncio.run(worker.run()))
        print(pid, flush=True)


if __name__ == "__main__":
    # Children that end are reaped by the system: nobody asks for their status but the tests, and they look at the process table.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    main()
