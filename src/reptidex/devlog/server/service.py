"""The embedded log as one object: storage, groups, transactions and a listening socket."""

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from reptidex.devlog.clock import Clock, SystemClock
from reptidex.devlog.errors import StartRefused, StorageFailed
from reptidex.devlog.groups.coordinator import Coordinator
from reptidex.devlog.handlers.context import Broker
from reptidex.devlog.handlers.transactions import Transactions
from reptidex.devlog.options import Options, Security
from reptidex.devlog.server.connection import Connection
from reptidex.devlog.server.dispatch import Dispatcher
from reptidex.devlog.server.faults import Faults
from reptidex.devlog.server.limits import Gate
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.maintenance import Maintenance
from reptidex.devlog.storage.scrub import scrub
from reptidex.devlog.storage.store import Store

GROUP_TICK = 0.05
STORAGE_TICK = 0.25
TRANSACTION_TICK = 0.5

_logger = logging.getLogger("reptidex.devlog")


class DevLog:
    """A Kafka-protocol log in this process; `async with DevLog(Options(data_dir=...)) as log` serves `log.bootstrap`.

    `report` gets one line for each thing an operator should know (default: a warning in the log of this module).
    """

    broker: Broker

    def __init__(
        self,
        options: Options,
        *,
        clock: Clock | None = None,
        disk: Disk | None = None,
        faults: Faults | None = None,
        report: Callable[[str], None] = _logger.warning,
    ) -> None:
        self.options = options
        self.faults = faults or Faults()
        self._clock = clock or SystemClock()
        self._disk = disk or Disk()
        self._report = report
        self._gate = Gate(options.limits)
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return self.broker.port

    @property
    def bootstrap(self) -> str:
        """Return "host:port" for clients."""
        host = self.broker.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    async def start(self) -> None:
        """Recover what is on disk and listen; raises StartRefused, or OSError when the port is taken."""
        options = self.options
        context = check_exposure(options.host, options.security)
        store = await Store.open(options, self._clock, self._disk, self._report)
        groups = Coordinator(self._clock, options.group_delay, options.limits.group_members)
        self.broker = Broker(options, self._clock, store, groups, options.port)
        transactions = Transactions(self.broker)
        maintenance = Maintenance(store, self._clock, self._disk, self._report)
        dispatcher = Dispatcher(self.broker, transactions)
        answer = self.faults.around(dispatcher.answer)

        def connect() -> Connection:
            return Connection(answer, self._gate, self._report, bool(options.security.users))

        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(connect, options.host, options.port, ssl=context, backlog=512)
        except OSError:
            await store.close()
            raise
        self.broker.port = self._server.sockets[0].getsockname()[1]
        self._tasks.append(asyncio.create_task(scrub(store)))
        self._every(GROUP_TICK, _soon(groups.tick))
        self._every(STORAGE_TICK, store.tend)
        self._every(TRANSACTION_TICK, transactions.abort_expired)
        self._every(options.maintenance_interval, maintenance.run)

    async def stop(self) -> None:
        """Close all connections, make everything durable, release the directory."""
        if self._server is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._gate.close_all()
        await self.broker.store.close()
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(seconds)
                [error] = await asyncio.gather(work(), return_exceptions=True)
                # StorageFailed was reported where it happened.
                if isinstance(error, Exception) and not isinstance(error, StorageFailed):
                    self._report(f"background work failed, will be tried again: {error!r}")

        self._tasks.append(asyncio.create_task(repeat()))


def _soon(work: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        work()

    return run


def check_exposure(host: str, security: Security) -> ssl.SSLContext | None:
    """Return the TLS context, if one is configured.

    Raises StartRefused for an address that is not loopback unless both TLS and SASL users are configured.
    """
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and not (security.certificate and security.private_key and security.users):
        raise StartRefused(f"refusing to listen on {host}: TLS and SASL users are needed on any address but loopback")
    if security.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(security.certificate, security.private_key)
    return context
