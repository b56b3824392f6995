"""What every service answers besides its own routes: health, metrics, its description."""

import asyncio
from collections.abc import Sequence

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest

from reptidex.http.middlewares.validation import etag_of, unchanged
from reptidex.http.server.binding import Bound
from reptidex.http.server.health import HealthChecks
from reptidex.http.server.manifest import ServiceLike
from reptidex.http.server.openapi.document import document
from reptidex.http.server.openapi.page import POLICY, page

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class System:
    """The handlers that are no views: they need no policy, as they show nothing of anybody."""

    def __init__(self, service: ServiceLike, bounds: Sequence[Bound], registry: CollectorRegistry) -> None:
        described = document(service, bounds)
        self._document = msgspec.json.encode(described)
        self._page, self._registry = page(described), registry

    def _static(self, request: web.Request, body: bytes, content_type: str) -> web.Response:
        etag = etag_of(body)
        if unchanged(request.headers.get("If-None-Match", ""), etag):
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=body, headers={"Content-Type": content_type, "ETag": etag})

    async def openapi(self, request: web.Request) -> web.Response:
        """Answer the OpenAPI document."""
        return self._static(request, self._document, "application/json")

    async def docs(self, request: web.Request) -> web.Response:
        """Answer the page to read."""
        response = self._static(request, self._page, "text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = POLICY
        return response

    async def metrics(self, request: web.Request) -> web.Response:
        """Answer the metrics in Prometheus' text format. Collected in a thread: collectors may look at files."""
        body = await asyncio.to_thread(generate_latest, self._registry)
        return web.Response(body=body, headers={"Content-Type": METRICS_TYPE})


def add_system_routes(
    app: web.Application,
    service: ServiceLike,
    bounds: Sequence[Bound],
    health: HealthChecks,
    registry: CollectorRegistry,
) -> None:
    """Add the routes to an application."""
    system = System(service, bounds, registry)
    app.router.add_get("/health", health.live)
    app.router.add_get("/health/ready", health.ready)
    app.router.add_get("/health/deep", health.deep)
    app.router.add_get("/health/metrics", system.metrics)
    app.router.add_get("/metrics", system.metrics)
    app.router.add_get("/openapi.json", system.openapi)
    app.router.add_get("/docs", system.docs)
