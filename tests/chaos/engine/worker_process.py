"""Workers of the parcels service in processes of their own, forked from one that has imported everything already.

`python -m tests.chaos.engine.worker_process` reads an order a line: {"log": …, "database": …, "state": …, "kill": "point:pass"},
and answers with the pid; the child is a worker that kills itself with SIGKILL when it passes that point so many times. Whatever
a worker says goes to `worker.out`, and so does how it ended; SIGUSR1 has it tell where it is.
"""

import asyncio
import contextlib
import faulthandler
import json
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from reptidex.agents.agent import Agent, Carrier
from reptidex.agents.runtime import Worker
from reptidex.settings import Settings
from reptidex.streams.contract import Command
from reptidex.tables.reader import Reader
from tests.unit.engine.parcels import AGENTS, CARRIERS, count_all

log = logging.getLogger(__name__)


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


async def run(worker: Worker) -> int:
    """Run a worker that tells where it is when it is asked: its figures, its tasks, its threads."""

    def tell() -> None:
        figures = worker.figures()
        said = f"ready {figures.ready}, partitions {figures.partitions}, {figures.units} units, "
        said += f"at work for {figures.busy_s:.1f} s, {figures.unsent} unsent, {figures.send_failures} not sent"
        waiting = sorted(f"TASK {os.getpid()} {_where(task.get_coro())}" for task in asyncio.all_tasks())
        os.write(2, "\n".join([f"STATE {os.getpid()} {said}", *waiting, ""]).encode())

    # Thread by thread at once, should the loop stand still; task by task where it does not.
    faulthandler.register(signal.SIGUSR2, all_threads=True)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
    return await worker.run()


def _where(coroutine: Any) -> str:
    """Return the calls that a coroutine stands in, the outermost first, and the line of the innermost."""
    names, line = [], 0
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        names.append(coroutine.__qualname__)
        coroutine, line = coroutine.cr_await, frame.f_lineno
    return f"{' > '.join(names)}:{line}"


def work(order: dict[str, Any]) -> int:
    """Be the worker that an order asks for, and return its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    out = os.open(f"{order['state']}/worker.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
    try:
        return asyncio.run(run(build(order)))
    except BaseException:
        log.exception("the worker has failed")
        return 1


class Cradle:
    """The workers that live; each that ends is reaped at once, and how it ended is written down."""

    def __init__(self) -> None:
        self._outputs: dict[int, str] = {}
        for number in (signal.SIGUSR1, signal.SIGUSR2):  # a worker that still starts has nothing to tell
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: self._reap())

    def fork(self, line: str) -> int:
        """Start the worker that a line asks for; returns its pid."""
        order = json.loads(line)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # it may end before it is known
        pid = os.fork()
        if pid == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            os._exit(work(order))
        self._outputs[pid] = f"{order['state']}/worker.out"
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        return pid

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            # Written down first: whoever sees that a worker is gone can read how it ended.
            while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                status = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
                with Path(self._outputs.pop(ended.si_pid)).open("a") as output:
                    output.write(f"ENDED {ended.si_pid} {status}\n")
                os.waitpid(ended.si_pid, 0)


def main() -> None:
    """Fork a worker for each line."""
    cradle = Cradle()
    for line in sys.stdin:
        print(cradle.fork(line), flush=True)


if __name__ == "__main__":
    main()
