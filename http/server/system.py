"""What every service answers besides its own routes: health, metrics, its description."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest

from reptidex.http.middlewares.context import Context
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

    def _static(self, request: web.BaseRequest, body: bytes, content_type: str) -> web.Response:
        etag = etag_of(body)
        if unchanged(request.headers.get("If-None-Match", ""), etag):
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=body, headers={"Content-Type": content_type, "ETag": etag})

    async def openapi(self, request: web.BaseRequest) -> web.Response:
        """Answer the OpenAPI document."""
        return self._static(request, self._document, "application/json")

    async def docs(self, request: web.BaseRequest) -> web.Response:
        """Answer the page to read."""
        response = self._static(request, self._page, "text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = POLICY
        return response

    async def metrics(self, request: web.BaseRequest) -> web.Response:
        """Answer the metrics in Prometheus' text format. Collected in a thread: collectors may look at files."""
        body = await asyncio.to_thread(generate_latest, self._registry)
        return web.Response(body=body, headers={"Content-Type": METRICS_TYPE})


Handler = Callable[[web.BaseRequest], Awaitable[web.Response]]


class Plain(msgspec.Struct, frozen=True):
    """A handler that is no view, at its path."""

    name: str
    handler: Handler
    quiet: bool = True

    async def handle(self, request: web.BaseRequest, context: Context, values: list[str]) -> web.Response:
        """Answer one request; whoever asks is told the same."""
        return await self.handler(request)


def system_routes(
    service: ServiceLike, bounds: Sequence[Bound], health: HealthChecks, registry: CollectorRegistry
) -> list[Plain]:
    """Return what every service answers to GET besides its own routes."""
    system = System(service, bounds, registry)
    return [
        Plain("/health", health.live),
        Plain("/health/ready", health.ready),
        Plain("/health/deep", health.deep),
        Plain("/health/metrics", system.metrics),
        Plain("/metrics", system.metrics),
        Plain("/openapi.json", system.openapi),
        Plain("/docs", system.docs),
    ]
