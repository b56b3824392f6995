"""Serving a web application, on loopback unless told otherwise."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

HOST = "127.0.0.1"


@asynccontextmanager
async def served(
    build: Callable[[str], web.Application], *, port: int = 0, host: str = HOST, public_url: str = ""
) -> AsyncIterator[str]:
    """Serve what `build(url)` returns; port 0 takes a free one.

    Yields the URL: `public_url` where others reach us by another name, as in a container that listens on every address.
    """
    listening = socket.create_server((host, port))
    url = public_url or f"http://{host}:{listening.getsockname()[1]}"
    runner = web.AppRunner(build(url), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield url
    finally:
        await runner.cleanup()
        listening.close()
