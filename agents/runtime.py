"""A service as a running worker: its database, its log, its agents, its connectors, its HTTP interface."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from aiohttp import web
from aiokafka.structs import TopicPartition
from mode import Service as FaustService

from reptidex.agents.agent import Agent, Carrier
from reptidex.agents.engine.asking import Asker
from reptidex.agents.engine.driver.app import App, stop
from reptidex.agents.engine.driver.app import build as build_app
from reptidex.agents.engine.engine import Engine, wall_clock
from reptidex.agents.engine.figures import Figures
from reptidex.agents.engine.identity import derived_id
from reptidex.agents.engine.topics import ensure_topics
from reptidex.agents.engine.watchdog import Watchdog
from reptidex.agents.loop import settle_loop
from reptidex.agents.memory import give_back, settle_memory
from reptidex.errors import UnavailableError
from reptidex.settings import Settings
from reptidex.streams.contract import Command, messages
from reptidex.streams.topics import Topic, dead_letter_topic
from reptidex.tables.database import Database
from reptidex.tables.migrate import migrate
from reptidex.tables.reader import Reader

log = logging.getLogger(__name__)

DRAIN_S = 10.0
"""A worker that is told to stop has ended its work after this long."""
REFRESH_S = 2.0
"""Reference data in memory is looked after this often."""
LOG_WAIT_S = 60.0
"""A worker that starts waits this long for the log."""


class Manifest(Protocol):
    """What a worker needs of a service's manifest (`services/service.py`)."""

    @property
    def name(self) -> str: ...
    @property
    def short(self) -> str: ...
    @property
    def agents(self) -> tuple[Agent, ...]: ...
    @property
    def carriers(self) -> tuple[Carrier, ...]: ...
    @property
    def at_start(self) -> tuple[Command, ...]: ...
    @property
    def refresh(self) -> Callable[[Reader], Awaitable[None]] | None: ...
    @property
    def connect(self) -> Callable[[Settings], Awaitable[Any]]: ...


class Worker:
    """One worker of one service. `start`, then `wait`; or `run` for all of it, signals included."""

    def __init__(
        self,
        service: Manifest,
        settings: Settings,
        serve: "Serve | None" = None,
        *,
        clock: Callable[[], datetime] = wall_clock,
        step: Callable[[str], None] | None = None,
        die: Callable[[int], None] = os._exit,
    ) -> None:
        self.service, self.settings = service, settings
        self.database = Database.open(
            settings.database_of(service.short), synchronous=settings.sqlite_synchronous, worker=True
        )
        self.engine = Engine(
            service.short,
            settings,
            self.database,
            service.agents,
            service.carriers,
            producer=self._client,
            ports=lambda: self.ports,
            clock=clock,
            step=step,
            die=die,
        )
        self.ports: Any = None
        """The service's connectors, as its manifest built them."""
        self._serve, self._clock = serve, clock
        self._app: App | None = None
        self._watchdog = Watchdog(lambda: self.engine.busy_s, die=die)
        self._refreshing: asyncio.Task[None] | None = None
        self._giving_back: asyncio.Task[None] | None = None

    @property
    def app(self) -> App:
        """The Faust application; its tables show the rows in memory."""
        assert self._app is not None
        return self._app

    @property
    def asker(self) -> Asker:
        """Sends commands and waits for their outcome."""
        return self.engine.asker

    @property
    def reader(self) -> Reader:
        """Looks up rows in the service's database."""
        return self.engine.reader

    def figures(self) -> Figures:
        """Return what the worker has to tell of itself, for health checks and metrics."""
        return self.engine.figures()

    async def start(self) -> None:
        """Open everything, and return once the worker has its partitions and answers requests.

        Raises `SettingsError`, `UnavailableError` (the log or the database cannot be reached), `SecondWorkerError`.
        """
        if self.settings.environment == "development":
            await migrate(self.database, self.service.short)
        await self._ensure_topics()
        if self.service.refresh is not None:
            await self.service.refresh(self.reader)
            self._refreshing = asyncio.create_task(self._keep_fresh(self.service.refresh))
        self.ports = await self.service.connect(self.settings)
        self._app = build_app(self.engine, sorted(self.engine.topics), self._web_service())
        self.engine.start(self._end_of)
        self._watchdog.start()
        settle_memory()
        settle_loop()
        await self._app.start()
        self._giving_back = asyncio.create_task(give_back(lambda: self.engine.tally.messages))
        await self.engine.wait_ready()
        for number, command in enumerate(self.service.at_start):
            now = self._clock()
            place = f"{self.service.short}/start/{number}/{os.getpid()}"
            await self.asker.tell(command, command_id=derived_id(place, now))

    async def _keep_fresh(self, refresh: Callable[[Reader], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                await refresh(self.reader)
            except Exception:  # whatever it is, what is in memory still serves
                log.exception("reference data is looked after again in %.0f s", REFRESH_S)

    async def _ensure_topics(self) -> None:
        partitions, short = self.settings.partitions, self.service.short
        own = {message.contract.topic for message in messages(service=short)} | self.engine.topics
        more = [Topic(name=name, partitions=partitions) for name in sorted(own | {dead_letter_topic(short)})]
        end = asyncio.get_running_loop().time() + LOG_WAIT_S
        while True:
            try:
                return await ensure_topics(self.settings, more)
            except UnavailableError as problem:
                if asyncio.get_running_loop().time() > end:
                    raise
                log.warning("waiting for the log: %s", problem)
                await asyncio.sleep(0.5)

    async def stop(self) -> None:
        """Stop taking requests and records, finish the work in hand, send what is to be sent; all within ten seconds."""
        await self._watchdog.stop()
        for task in (self._refreshing, self._giving_back):
            if task is not None:
                task.cancel()
        if self._app is not None:
            if self._app._web_server_service_instance is not None:
                await self._app._web_server_service_instance.stop()
            await self.engine.stop(DRAIN_S * 0.5)
            await stop(self._app, DRAIN_S * 0.3)
            self._app = None
        close = getattr(self.ports, "aclose", None)
        if close is not None:
            await close()
        await self.database.close()

    async def wait(self) -> None:
        """Wait until the worker has stopped by itself, which it only does by failing."""
        assert self._app is not None
        await self._app.wait_until_stopped()

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT, and return the exit status."""
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, told.set)
        asked = asyncio.create_task(told.wait())
        starting = asyncio.create_task(self.start())
        await asyncio.wait({asked, starting}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            return await self._give_up(starting)
        await starting
        log.info("%s is ready", self.service.name)
        ends = {asked, asyncio.create_task(self.wait())}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in ends:
            task.cancel()
        await self.stop()
        return 0 if told.is_set() else 1

    async def _give_up(self, starting: "asyncio.Task[None]") -> int:
        """End a worker that is told to stop while it still starts: it may be waiting for a log that does not answer."""
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await starting
        await self.stop()
        return 0

    def _client(self) -> Any:
        if self._app is None:
            raise UnavailableError("the log", "the worker has not started")
        producer = self._app.producer._producer
        if producer is None:
            raise UnavailableError("the log", "the worker is stopping")
        return producer

    def _end_of(self, at: tuple[str, int]) -> int | None:
        consumer = self._app.consumer._thread._consumer if self._app is not None else None
        if consumer is None:
            return None
        tp = TopicPartition(*at)
        end: int | None = consumer.highwater(tp) if tp in consumer.assignment() else None
        return end

    def _web_service(self) -> type[FaustService] | None:
        if self._serve is None:
            return None
        worker, serve = self, self._serve
        address = urlsplit(self.settings.urls[self.service.short])

        class Web(FaustService):
            """The HTTP server, started by Faust once the worker has its partitions."""

            async def on_start(self) -> None:
                self.runner = await serve(worker, worker.settings.host, address.port or 80)

            async def on_stop(self) -> None:
                await self.runner.cleanup()

        return Web


Serve = Callable[[Worker, str, int], Awaitable[web.BaseRunner]]


def build(
    service: Manifest,
    settings: Settings,
    serve: Serve | None = None,
    **options: Any,
) -> Worker:
    """Build a worker of a service. `serve` starts its HTTP interface, given the worker, a host and a port."""
    return Worker(service, settings, serve, **options)
