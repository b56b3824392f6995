"""An application on its address, with the limits that belong to connections."""

import asyncio

from aiohttp import web


async def listen(app: web.Application, host: str, port: int, *, shutdown_s: float = 10.0) -> web.AppRunner:
    """Start to serve; end it with `await runner.cleanup()`, which lets requests under way finish for `shutdown_s` seconds.

    Raises `OSError` for an address that is taken. Compressed bodies are not unpacked, and heads are kept short.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=75.0,
        max_line_size=8190,
        max_field_size=8190,
        auto_decompress=False,
        shutdown_timeout=shutdown_s,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=512).start()
    except (OSError, asyncio.CancelledError):
        await runner.cleanup()
        raise
    return runner


def port_of(runner: web.AppRunner) -> int:
    """Return the port that a runner listens on (asked for as 0 it is a free one)."""
    port: int = runner.addresses[0][1]
    return port
