"""Health of a service: alive, ready for requests, and each dependency with its latency."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Literal

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from reptidex.http.server.asking import Probe

log = logging.getLogger(__name__)

READY_S, DEEP_S = 1.0, 2.0
"""How long a dependency may take before it counts as down."""
KEPT_S = 0.5
"""Anybody may ask, so what has just been found out is not found out again."""


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """How one dependency is. The reason stands in the log, not in an answer that anybody can read."""

    ok: bool
    ms: float
    """How long its check took."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a service is."""

    service: str
    status: Literal["up", "down", "degraded"]
    dependencies: dict[str, Dependency] = {}


class HealthChecks:
    """Runs the probes of a service: each on its own, side by side, for at most its time."""

    def __init__(self, service: str, probes: Sequence[Probe], registry: CollectorRegistry) -> None:
        self._service, self._probes = service, tuple(probes)
        self._alive = msgspec.json.encode(Health(service=service, status="up"))
        labels = ("service", "check_type", "dependency")
        self._duration = Histogram(
            "reptidex_health_check_duration_seconds", "Time of a health check", labels, registry=registry
        )
        self._failures = Counter(
            "reptidex_health_check_failures_total", "Health checks that failed", labels, registry=registry
        )
        self._status = Gauge("reptidex_health_check_status", "1 up, 0 down", labels, registry=registry)
        self._found: dict[str, tuple[float, Health]] = {}
        self._running: dict[str, asyncio.Task[Health]] = {}

    async def live(self, request: web.BaseRequest) -> web.Response:
        """Say that the process serves requests. Asks nobody."""
        return web.Response(body=self._alive, content_type="application/json")

    async def ready(self, request: web.BaseRequest) -> web.Response:
        """Say whether requests can be served: 200, or 503 while something that they need is down."""
        return self._answer(await self._once("ready", READY_S))

    async def deep(self, request: web.BaseRequest) -> web.Response:
        """Name every dependency with its latency: 503 only where the service cannot do without one that is down."""
        return self._answer(await self._once("deep", DEEP_S))

    def _answer(self, health: Health) -> web.Response:
        status = 503 if health.status == "down" else 200
        return web.Response(status=status, body=msgspec.json.encode(health), content_type="application/json")

    async def _once(self, kind: str, limit_s: float) -> Health:
        until, health = self._found.get(kind, (0.0, None))
        if health is not None and time.monotonic() < until:
            return health
        task = self._running.get(kind)
        if task is None:
            task = self._running[kind] = asyncio.create_task(self._check(kind, limit_s), name=f"health {kind}")
            task.add_done_callback(lambda _: self._running.pop(kind, None))
        return await asyncio.shield(task)

    async def _check(self, kind: str, limit_s: float) -> Health:
        probes = [probe for probe in self._probes if probe.ready or kind == "deep"]
        checks = await asyncio.gather(*(self._probe(kind, probe, limit_s) for probe in probes))
        down = {name for name, check in checks if not check.ok}
        needed = any(probe.ready and probe.name in down for probe in probes)
        status: Literal["up", "down", "degraded"] = "down" if needed else "degraded" if down else "up"
        health = Health(service=self._service, status=status, dependencies=dict(checks))
        self._found[kind] = (time.monotonic() + KEPT_S, health)
        return health

    async def _probe(self, kind: str, probe: Probe, limit_s: float) -> tuple[str, Dependency]:
        labels = (self._service, kind, probe.name)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(limit_s):
                await probe.check()
            up = True
        except Exception as problem:
            up = False
            self._failures.labels(*labels).inc()
            log.warning("%s is down: %s: %s", probe.name, type(problem).__name__, problem, exc_info=True)
        seconds = time.perf_counter() - started
        self._duration.labels(*labels).observe(seconds)
        self._status.labels(*labels).set(up)
        return probe.name, Dependency(ok=up, ms=round(seconds * 1000, 2))
