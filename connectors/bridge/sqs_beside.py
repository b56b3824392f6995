"""SQS as the bridge sees it: queues whose calls are made by a process beside it (`sqs_process`)."""

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from reptidex.connectors.bridge import limits
from reptidex.connectors.bridge.sqs import Received
from reptidex.connectors.bridge.sqs_frames import (
    Ask,
    Begin,
    Brought,
    Ended,
    Order,
    Pace,
    Ping,
    Poll,
    Stop,
    Told,
    decode_report,
    framed,
    next_frame,
    unpacked,
)
from reptidex.connectors.bridge.verdicts import CallError, Fate, Verdict
from reptidex.errors import UnavailableError

log = logging.getLogger(__name__)
T = TypeVar("T")

END_S = 1.0
LOOK_S, PATIENCE_S = 5.0, 20.0
"""How often it is asked whether it is there, and how long it may take to say so."""
GONE = Verdict(Fate.AGAIN, "ProcessEnded", "the process that calls SQS has ended")

Deal = Callable[[list[Received] | CallError], None]


class Beside:
    """The process beside the bridge, and what is under way there."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._process: subprocess.Popen[bytes] | None = None
        self._asked: dict[int, asyncio.Future[Told]] = {}
        self._number = 0
        self._ended = False
        self._polls: dict[int, tuple[Deal, asyncio.Future[None]]] = {}
        """By their number: who hears of what polls bring, and of their end."""

    async def start(self) -> asyncio.Task[None]:
        """Start it; return the task that hears it, which ends with it. Raises `OSError`."""
        ours, theirs = socket.socketpair()
        with theirs:
            # Safe path: `-m` would look for every module in the working directory first, and run what lies there.
            command = [sys.executable, "-P", "-m", "reptidex.connectors.bridge.sqs_process", str(theirs.fileno())]
            try:
                process = await asyncio.to_thread(
                    subprocess.Popen, command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
                )
                self._reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            except BaseException:
                ours.close()  # with which the process ends, if there is one by now
                raise
        self._process = process
        self.say(self._begin)
        return asyncio.create_task(self._hear(), name="calls of SQS")

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self._process is not None
        return self._process.pid

    def say(self, order: Order) -> None:
        """Tell it something; where it has ended, nobody hears."""
        if not self._writer.is_closing():
            self._writer.write(framed(order))

    async def ask(self, call: Any, kind: type[T], *arguments: Any) -> T:
        """Have a method of `SqsCalls` called. Raises `CallError`."""
        if self._ended:
            raise CallError(GONE)
        told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        number = self._next()
        self._asked[number] = told
        self.say(Ask(number=number, call=call, arguments=list(arguments)))
        answer = await told
        if answer.failed is not None:
            raise CallError(answer.failed)
        return unpacked(answer.value, kind)

    async def _watch(self) -> None:
        """Kill it where it hangs, which nobody would notice otherwise: it brings nothing, and no call ends."""
        assert self._process is not None
        while True:
            await asyncio.sleep(LOOK_S)
            told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
            number = self._next()
            self._asked[number] = told
            self.say(Ping(number=number))
            # The second wait is for a bridge that was stopped itself meanwhile, and reads the answer only now.
            if (
                not (await asyncio.wait({told}, timeout=PATIENCE_S))[0]
                and not (await asyncio.wait({told}, timeout=1))[0]
            ):
                log.error("the process that calls SQS hangs, and is ended")
                self._process.kill()
                return

    async def queue(self, name: str, wait_s: int) -> "SqsQueue":
        """Return a queue, by its name or URL. Raises `CallError`."""
        return SqsQueue(self, name if "://" in name else await self.ask("url_of", str, name), wait_s)

    def poll(self, queue: str, count: int, wait_s: int, deal: Deal) -> "tuple[int, asyncio.Future[None]]":
        """Poll a queue until told to `Stop`; what polls bring is dealt with on this loop. Returns their number, and their end."""
        number = self._next()
        self._polls[number] = deal, asyncio.get_running_loop().create_future()
        self.say(Poll(number=number, queue=queue, count=count, wait_s=wait_s))
        return number, self._polls[number][1]

    def _next(self) -> int:
        self._number += 1
        return self._number

    async def _hear(self) -> None:
        watching = asyncio.create_task(self._watch(), name="watch over the calls of SQS")
        try:
            while True:
                report = decode_report(await next_frame(self._reader))
                match report:
                    case Brought(number=number, failed=failed):
                        self._polls[number][0](report.messages if failed is None else CallError(failed))
                    case Told(number=number):
                        _settle(self._asked.pop(number), report)
                    case Ended(number=number):
                        _settle(self._polls.pop(number)[1], None)
        except (EOFError, OSError):
            raise UnavailableError("sqs", GONE.detail) from None
        finally:
            watching.cancel()
            self._ended = True
            for told in self._asked.values():
                _settle(told, Told(number=0, failed=GONE))
            for _, ended in self._polls.values():
                _settle(ended, None)

    async def stop(self) -> None:
        """End it; what is under way there is given up, and SQS shows those messages again."""
        if self._process is None:
            return
        self._writer.close()
        try:
            await asyncio.to_thread(self._process.wait, END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)


def _settle(future: "asyncio.Future[T]", outcome: T) -> None:
    if not future.done():  # else whoever waited has been cancelled
        future.set_result(outcome)


class SqsQueue:
    """One queue."""

    def __init__(self, beside: Beside, url: str, wait_s: int = limits.WAIT_S) -> None:
        limits.check_receive(limits.BATCH_ENTRIES, wait_s)
        self._beside, self._wait_s = beside, wait_s
        self.url = url
        self.name = url.rsplit("/", 1)[-1]
        self.fifo = self.name.endswith(".fifo")
        self._polls: int | None = None
        self._held, self._pause_s = False, 0.0

    async def visibility_s(self) -> float:
        """Return the queue's own visibility timeout. Raises `CallError`."""
        return await self._beside.ask("visibility_s", float, self.url)

    async def poll(self, count: int, deal: Deal) -> None:
        """Poll by so many threads until stopped, or cancelled; what they bring is dealt with on this loop."""
        self._polls, ended = self._beside.poll(self.url, count, self._wait_s, deal)
        try:
            await ended
        finally:
            self.stop()
            self._polls = None

    def pace(self, *, held: bool | None = None, pause_s: float | None = None) -> None:
        """Begin no more polls for now, or go on; have each wait so long before it polls again."""
        wanted = (self._held if held is None else held, self._pause_s if pause_s is None else pause_s)
        if self._polls is not None and wanted != (self._held, self._pause_s):
            self._held, self._pause_s = wanted
            self._beside.say(Pace(number=self._polls, held=wanted[0], pause_s=wanted[1]))

    def stop(self) -> None:
        """Begin no more polls; what those under way bring is dealt with still."""
        if self._polls is not None:
            self._beside.say(Stop(number=self._polls))

    async def receive(self, *, wait_s: int) -> list[Received]:
        """Receive up to ten messages. Raises `CallError`."""
        return await self._beside.ask("take", list[Received], self.url, wait_s)

    async def delete(self, handles: Sequence[str]) -> list[Verdict]:
        """Delete up to ten messages; return what became of each. Never raises for what AWS says."""
        return await self._batch("delete", list(handles))

    async def hide(self, handles: Sequence[tuple[str, int]]) -> list[Verdict]:
        """Hide up to ten messages for so many seconds from now; return what became of each. Never raises."""
        return await self._batch("hide", [handle for handle, _ in handles], [seconds for _, seconds in handles])

    async def _batch(self, call: str, handles: list[str], *more: Any) -> list[Verdict]:
        try:
            return await self._beside.ask(call, list[Verdict], self.url, handles, *more)
        except CallError as problem:
            return [problem.verdict] * len(handles)
