"""One application for any service: its routes behind the same door, and what every service answers."""

import time
from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry

from reptidex.http.middlewares.accesslog import AccessLog
from reptidex.http.middlewares.authentication import ApiKeys, Authentication, Verifier
from reptidex.http.middlewares.authorisation import RecentSignIn
from reptidex.http.middlewares.cors import Cors
from reptidex.http.middlewares.forwarded import Addresses
from reptidex.http.middlewares.idempotency import Outstanding, Windows
from reptidex.http.middlewares.measuring import HttpMetrics
from reptidex.http.middlewares.overdue import Watch
from reptidex.http.middlewares.ratelimit import RateLimiter
from reptidex.http.middlewares.security import templates
from reptidex.http.server.asking import Asker, Probe
from reptidex.http.server.edge import Edge, Served
from reptidex.http.server.endpoint import Endpoint, Gate
from reptidex.http.server.exchange import Surroundings
from reptidex.http.server.handover import Handover
from reptidex.http.server.health import HealthChecks
from reptidex.http.server.ids import Ids
from reptidex.http.server.listening import Closing
from reptidex.http.server.manifest import ServiceLike, bind_service
from reptidex.http.server.options import WebOptions
from reptidex.http.server.routes import Reader
from reptidex.http.server.system import Handler, Plain, system_routes
from reptidex.http.server.table import Table
from reptidex.settings import Settings

SLACK_S = 5.0
"""A view may take this much longer than a command's deadline."""


class Application:
    """What `listening.listen` serves: aiohttp's low-level server with one handler, as each layer would cost every request."""

    def __init__(self, table: Table[Served], edge: Edge) -> None:
        self._table = table
        self.handle = edge.handle
        self.on_shutdown: list[Closing] = []
        """Awaited when it ends, while the last requests are still being worked on."""
        self.on_cleanup: list[Closing] = []
        """Awaited after the last request."""

    def show(self, path: str, handler: Handler) -> None:
        """Answer GET at a path that is no view: it needs no policy, as it shows nothing of anybody."""
        self._table.add("GET", path, Plain(path, handler))


def make_application(
    service: ServiceLike,
    *,
    reader: Reader,
    asker: Asker,
    ports: Any,
    settings: Settings,
    verifier: Verifier,
    probes: Sequence[Probe],
    api_keys: ApiKeys | None = None,
    registry: CollectorRegistry | None = None,
    options: WebOptions | None = None,
) -> Application:
    """Build the application of a service.

    Raises `RouteError` for a route without a policy or types: such a service does not start.
    """
    options, ids = options or WebOptions(), Ids()
    registry = registry or CollectorRegistry()
    metrics = HttpMetrics(service.name, registry)
    bounds = bind_service(service)
    addresses, access = Addresses(options.trusted_proxies), None
    if options.access_log is not None:
        access = AccessLog(service.name, options.access_log, addresses.of)
    gate = Gate(
        authentication=Authentication(verifier, api_keys, RateLimiter(options.failures_per_minute, options.clock)),
        addresses=addresses,
        limiter=RateLimiter(settings.rate_limit_per_minute, options.clock),
        recent=RecentSignIn(settings.recent_sign_in_s, options.now),
        outstanding=Outstanding(),
        windows=Windows(asker, options.now),
        body_bytes=options.body_bytes,
        body_timeout_s=options.body_timeout_s,
        watch=Watch(settings.answer_deadline_s + SLACK_S, time.monotonic),
        templates=templates(tls=options.tls),
    )
    handover = Handover()
    around = Surroundings(addresses=addresses, reader=reader, asker=asker, ports=ports, ids=ids, handover=handover)
    table: Table[Served] = Table()
    for bound in bounds:
        table.add(bound.route.method, bound.route.path, Endpoint(bound, gate, around))
    for plain in system_routes(service, bounds, HealthChecks(service.name, probes, registry), registry):
        table.add("GET", plain.name, plain)
    app = Application(table, Edge(table, ids, metrics, access, Cors(options.origins), gate.templates))
    app.on_shutdown.append(handover.close)
    if access is not None:
        app.on_cleanup.append(access.close)
    return app
