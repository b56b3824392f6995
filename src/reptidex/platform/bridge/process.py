"""The bridge as a process: its database, its log, the two directions, its HTTP interface; started and stopped in order."""

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry

from reptidex.agents.engine.topics import ensure_topics
from reptidex.agents.memory import settle_memory
from reptidex.connectors.bridge.ports import Direction
from reptidex.errors import ReptidexError, UnavailableError
from reptidex.http.server.asking import Probe
from reptidex.platform.bridge.inbox import TableInbox
from reptidex.platform.bridge.inward import Inward
from reptidex.platform.bridge.letters import LetterBox
from reptidex.platform.bridge.log_writer import LogWriter
from reptidex.platform.bridge.metrics import BridgeMetrics
from reptidex.platform.bridge.outward import Outward
from reptidex.platform.bridge.web import application, figures, serve
from reptidex.platform.bridge.writer import Writer
from reptidex.settings import BRIDGE, Settings
from reptidex.streams.topics import LETTERS_MS, Topic, dead_letter_topic
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.migrate import migrate

log = logging.getLogger(__name__)

LOG_WAIT_S = 60.0


def wall_clock() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


class Bridge:
    """The bridge in one or both directions."""

    def __init__(
        self,
        settings: Settings,
        directions: Sequence[Direction],
        *,
        clock: Callable[[], datetime] = wall_clock,
        step: Callable[[str], None] = lambda point: None,
    ) -> None:
        self.settings, self.directions = settings, tuple(directions)
        self.database = Database.open(settings.database_of(BRIDGE), synchronous=settings.sqlite_synchronous)
        self.metrics = BridgeMetrics(CollectorRegistry())
        self._writer, self._log = Writer(self.database), LogWriter(settings)
        self.letters = LetterBox(self.database, self._writer, self._log, self.metrics, clock=clock)
        self._inbox = TableInbox(self.database, self._writer, clock=clock)
        self.outward = (
            Outward(settings, self.letters, self.metrics, join=self.letters.join) if "outbound" in directions else None
        )
        self.inward = (
            Inward(settings, self._log, self._inbox, self.letters, self.metrics, step=step)
            if "inbound" in directions
            else None
        )
        self._began = time.monotonic()
        self._tasks: list[asyncio.Task[Any]] = []
        self._close_web: list[Callable[[], Awaitable[None]]] = []

    async def start(self, *, once: bool = False) -> None:
        """Open everything and begin; with `once` only what `run_once` needs.

        Raises `SettingsError`, `UnavailableError` (the log or the database), `SecondWorkerError`.
        """
        if self.settings.environment == "development":
            await migrate(self.database, BRIDGE)
        await self._with_log()
        await self.letters.load()
        self.metrics.watch_lanes(lambda: len(self.letters.blocked))
        settle_memory()
        self._tasks = [
            asyncio.create_task(self._inbox.prune(), name="inbox pruning"),
            asyncio.create_task(self.letters.run(self._resend), name="letters"),
        ]
        if self.outward is not None:
            outward, reader, outbound = self.outward, self.outward.reader, self.outward.outbound
            self.metrics.watch(
                "outbound", lambda: outbound.in_flight, lambda: reader.oldest_s, lambda: len(outward.trouble)
            )
            self.metrics.watch_lag(lambda: reader.lag)
            self._tasks += await self.outward.start()
        if self.inward is not None:
            inward = self.inward
            self.metrics.watch("inbound", lambda: inward.held, lambda: inward.oldest_s, lambda: inward.troubles)
            if not once:
                self._tasks += await self.inward.start()
        if not once:
            app = application(self._probes(), self.metrics.registry, self.status)
            self._close_web.append(await serve(app, self.settings.bridge_url))
            if self.settings.bridge_metrics_url:
                metrics = figures(self.metrics.registry)
                self._close_web.append(await serve(metrics, self.settings.bridge_metrics_url, anywhere=True))

    async def _with_log(self) -> None:
        letters = Topic(name=dead_letter_topic(BRIDGE), partitions=self.settings.partitions, retention_ms=LETTERS_MS)
        end = time.monotonic() + LOG_WAIT_S
        while True:
            try:
                await ensure_topics(self.settings, [letters])
                return await self._log.start()
            except UnavailableError as problem:
                if time.monotonic() > end:
                    raise
                log.warning("waiting for the log: %s", problem)
                await asyncio.sleep(0.5)

    def _probes(self) -> tuple[Probe, ...]:
        async def database() -> None:
            await self._inbox.seen([("health", "health")])

        async def assignment() -> None:
            if self.outward is not None and not self.outward.reader.assigned:
                raise UnavailableError("the log", "the bridge has no partitions at the moment")

        async def queues() -> None:
            if self.inward is not None and (self.inward.missing or not self.inward.queues):
                raise UnavailableError("sqs", ", ".join(self.inward.missing) or "no queue is open yet")

        async def aws() -> None:
            if self.outward is not None and self.outward.outbound.trouble:
                raise UnavailableError("sns", ", ".join(self.outward.outbound.trouble))
            if self.inward is not None and any(each.trouble for each in self.inward.queues.values()):
                raise UnavailableError("sqs", "a queue or the log has not answered lately")

        return (
            Probe(name="database", check=database),
            Probe(name="assignment", check=assignment),
            Probe(name="queues", check=queues),
            Probe(name="aws", check=aws, ready=False),
        )

    async def _resend(self, letter: DeadLetterRow) -> None:
        way = self.outward if letter.source == "log" else self.inward
        if way is None:
            raise UnavailableError("the bridge", "it does not run in this letter's direction")
        await way.resend(letter)

    def status(self) -> dict[str, Any]:
        """Return how the bridge stands."""
        counted = {f"{direction} {outcome}": count for (direction, outcome), count in self.metrics.totals.items()}
        return {
            "directions": self.directions,
            "uptime_s": round(time.monotonic() - self._began, 1),
            "counted": counted,
            "lanes_waiting": len(self.letters.blocked),
            "outbound": self.outward.status() if self.outward else None,
            "inbound": self.inward.status() if self.inward else None,
        }

    async def run_once(self) -> None:
        """Have everything cross that is there now. Raises like the parts that fail."""
        for way in (self.outward, self.inward):
            if way is not None:
                await self._unless_broken(way.drained())

    async def _unless_broken(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        await asyncio.wait({task, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            self._blame()
        await task

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT, and return the exit status."""
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, told.set)
        waiting, starting = asyncio.create_task(told.wait()), asyncio.create_task(self.start())
        try:
            await asyncio.wait({waiting, starting}, return_when=asyncio.FIRST_COMPLETED)
            if told.is_set():  # it may still wait for the log
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
                return 0
            await starting
            log.info("the bridge is up: %s", ", ".join(self.directions))
            await asyncio.wait({waiting, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
            if not told.is_set():
                self._blame()
        finally:
            waiting.cancel()
            await self.stop()
        return 0

    def _blame(self) -> None:
        """Raise what ended a part that never ends by itself."""
        ended = next((task for task in self._tasks if task.done() and not task.cancelled()), None)
        problem = ended.exception() if ended is not None else None
        if isinstance(problem, ReptidexError):
            raise problem
        raise UnavailableError("the bridge", f"{ended and ended.get_name()} has ended: {problem!r}") from problem

    async def stop(self) -> None:
        """Stop taking, settle what is in hand, commit; within ten seconds."""
        await asyncio.gather(*(way.stop() for way in (self.inward, self.outward) if way is not None))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for close in self._close_web:
            await close()
        await self._log.stop()
        await self._writer.close()
        await self.database.close()
