"""An application on its address, with the limits that belong to connections."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web

LOOK_S = 1.0
"""How often connections are looked through."""

Closing = Callable[[], Awaitable[None]]


class Handles(Protocol):
    """What can be served (`application.Application`)."""

    on_shutdown: list[Closing]
    on_cleanup: list[Closing]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""


class Server(web.Server):
    """aiohttp's server, which by itself would wait for ever for the first request of a connection ("slow loris")."""

    def __init__(self, app: Handles, head_s: float, **limits: Any) -> None:
        super().__init__(self._first, **limits)
        self._app, self._head_s = app, head_s
        self._silent: dict[Any, float] = {}
        """Connections that have not sent the head of a request yet, the oldest first."""
        self._looking: asyncio.TimerHandle | None = None

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        """Note when a connection was made."""
        super().connection_made(handler, transport)
        loop = asyncio.get_running_loop()
        self._silent[handler] = loop.time() + self._head_s
        if self._looking is None:
            self._looking = loop.call_later(LOOK_S, self._look)

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        """Forget a connection."""
        self._silent.pop(handler, None)
        super().connection_lost(handler, exc)

    async def _first(self, request: web.BaseRequest) -> web.StreamResponse:
        self._silent.pop(request.protocol, None)
        return await self._app.handle(request)

    def _look(self) -> None:
        self._looking = None
        loop = asyncio.get_running_loop()
        for handler, until in list(self._silent.items()):
            if until > loop.time():
                break
            del self._silent[handler]
            handler.force_close()
        if self._silent:
            self._looking = loop.call_later(LOOK_S, self._look)


class Runner(web.ServerRunner):
    """Serves an application, and tells it when that ends."""

    def __init__(self, app: Handles, server: Server, **limits: Any) -> None:
        super().__init__(server, **limits)
        self._app = app

    async def shutdown(self) -> None:
        """Tell the application that no more requests come in."""
        for close in self._app.on_shutdown:
            await close()

    async def cleanup(self) -> None:
        """Let requests under way finish, then end the application."""
        await super().cleanup()
        for close in self._app.on_cleanup:
            await close()


async def listen(
    app: Handles, host: str, port: int, *, shutdown_s: float = 10.0, head_s: float = 10.0
) -> web.BaseRunner:
    """Start to serve; end it with `await runner.cleanup()`, which lets requests under way finish for `shutdown_s` seconds.

    A connection has `head_s` seconds to send its first request, and is closed after 75 idle ones. Compressed bodies are not
    unpacked, and heads are kept short. Raises `OSError` for an address that is taken.
    """
    server = Server(
        app,
        head_s,
        access_log=None,
        logger=logging.getLogger("reptidex.http"),
        keepalive_timeout=75.0,
        max_line_size=8190,
        max_field_size=8190,
        auto_decompress=False,
    )
    runner = Runner(app, server, shutdown_timeout=shutdown_s)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=512).start()
    except (OSError, asyncio.CancelledError):
        await runner.cleanup()
        raise
    return runner


def port_of(runner: web.BaseRunner) -> int:
    """Return the port that a runner listens on (asked for as 0 it is a free one)."""
    port: int = runner.addresses[0][1]
    return port
