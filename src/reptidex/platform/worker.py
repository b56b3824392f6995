"""One service in this process: the engine's worker and the web application, wired together."""

import asyncio
import sys
import time
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry

from reptidex.agents.engine.driver.client import mend
from reptidex.agents.runtime import Serve, Worker, build
from reptidex.connectors.identity.jwks import KeyRing, own_set
from reptidex.connectors.identity.remote import CoreApiKeys, fetch_from
from reptidex.connectors.identity.revocations import Revocations, revoked_at
from reptidex.connectors.identity.verifier import TokenVerifier
from reptidex.connectors.services.neighbours import Neighbours
from reptidex.errors import UnavailableError
from reptidex.http.server.application import make_application
from reptidex.http.server.asking import Probe
from reptidex.http.server.listening import listen
from reptidex.http.server.options import WebOptions
from reptidex.platform.arrivals import arrival_listener
from reptidex.platform.events_page import show_events
from reptidex.platform.metrics import EngineMetrics
from reptidex.services import load
from reptidex.services.service import Service
from reptidex.settings import Settings
from reptidex.tables.versions import VersionRow

LAGGING_S = 60.0
"""A worker that has messages waiting and has finished no unit for this long is not well."""


def probes(worker: Worker) -> tuple[Probe, ...]:
    """Return the checks of what a worker depends on."""

    async def database() -> None:
        await worker.reader.get(VersionRow, "health")

    async def assignment() -> None:
        if not worker.figures().ready:
            raise UnavailableError("the log", "the worker has no partitions at the moment")

    async def progress() -> None:
        stalled = worker.figures().stalled_s
        if stalled > LAGGING_S:
            raise UnavailableError("the engine", f"no unit of work has ended for {stalled:.0f} s")

    return (
        Probe(name="database", check=database),
        Probe(name="assignment", check=assignment),
        Probe(name="progress", check=progress, ready=False),
    )


def web_options(settings: Settings) -> WebOptions:
    """Return what the settings say of the web side: who stands in front of us, and whose pages may read answers."""
    tls = settings.public_url.startswith("https:")
    return WebOptions(trusted_proxies=settings.trusted_proxies, origins=settings.web_origins, tls=tls)


def web_for(service: Service, settings: Settings) -> Serve:
    """Return what serves the application of a running worker."""

    async def serve(worker: Worker, host: str, port: int) -> web.BaseRunner:
        session = aiohttp.ClientSession()
        at_core = service.short == "core"
        fetch = own_set(worker.ports.signer) if at_core else fetch_from(session, settings.urls["core"])
        core = Neighbours(settings, session, own=service.short, clock=time.monotonic).to("core")
        keys, revocations = KeyRing(fetch, clock=time.monotonic), Revocations(revoked_at(core))
        verifier = TokenVerifier(
            keys, issuer=settings.issuer, clock=time.time, revoked=revocations.ended, outdated=revocations.outdated
        )
        revocations.start()
        registry = CollectorRegistry()
        registry.register(EngineMetrics(worker.figures))
        app = make_application(
            service,
            reader=worker.reader,
            asker=worker.asker,
            ports=worker.ports,
            settings=settings,
            verifier=verifier,
            probes=probes(worker),
            api_keys=CoreApiKeys(core, clock=time.monotonic),
            registry=registry,
            options=web_options(settings),
        )

        if at_core:
            app.show("/docs/events", show_events)
        listener = arrival_listener(settings, worker.asker) if service.short == "media" else None
        if listener is not None:
            listener.start()

        async def close() -> None:
            if listener is not None:
                await listener.aclose()
            await revocations.aclose()
            await keys.aclose()
            await session.close()

        app.on_cleanup.append(close)
        return await listen(app, host, port, shutdown_s=2.0)

    return serve


def run_service(short: str, settings: Settings) -> int:
    """Run a service until it is told to stop; return the exit code."""
    service = load(short)

    async def serve() -> int:
        return await build(service, settings, web_for(service, settings)).run()

    return run(serve())


def run(main: Any) -> int:
    """Run a coroutine on uvloop where it is installed."""
    mend()
    if sys.platform != "win32":
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            result: int = runner.run(main)
            return result
    return int(asyncio.run(main))
