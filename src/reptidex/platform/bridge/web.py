"""What the bridge answers over HTTP, on loopback: health, metrics, and how it stands."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from reptidex.errors import SettingsError
from reptidex.http.server.asking import Probe
from reptidex.http.server.health import HealthChecks

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def application(
    probes: Sequence[Probe], registry: CollectorRegistry, status: Callable[[], dict[str, Any]]
) -> web.Application:
    """Build the application."""
    checks = HealthChecks("repti-bridge", probes, registry)

    async def stands(_: web.Request) -> web.Response:
        return web.Response(body=msgspec.json.encode(status()), content_type="application/json")

    app = figures(registry)
    app.router.add_get("/health", checks.live)
    app.router.add_get("/health/ready", checks.ready)
    app.router.add_get("/health/deep", checks.deep)
    app.router.add_get("/status", stands)
    return app


def figures(registry: CollectorRegistry) -> web.Application:
    """Build what answers the metrics and nothing else: they name topics and outcomes, no event and no person."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app


async def serve(app: web.Application, url: str, *, anywhere: bool = False) -> Callable[[], Awaitable[None]]:
    """Serve on a loopback address; return what ends it. Raises `SettingsError` for any other address, unless it may be
    `anywhere`, and for one that is taken.
    """
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK and not anywhere:
        raise SettingsError(f"REPTIDEX_BRIDGE_URL is {url}: it names no caller, so it listens on loopback only")
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, parts.hostname, parts.port or 80).start()
    except OSError as problem:
        await runner.cleanup()
        raise SettingsError(f"{url} cannot be listened on: {problem}") from problem
    return runner.cleanup
