"""The clients that one service has of the others: one session, one token, a breaker each."""

import time
from collections.abc import Callable

import aiohttp

from reptidex.connectors.services.client import ServiceClient
from reptidex.connectors.services.tokens import ServiceTokens
from reptidex.settings import Settings


class Neighbours:
    """Clients of the other services, made when first asked for. Close it with `aclose` (a manifest's ports do)."""

    def __init__(
        self, settings: Settings, session: aiohttp.ClientSession, *, own: str, clock: Callable[[], float]
    ) -> None:
        """Take the platform's addresses and the short name of the service that asks."""
        self._settings, self._session, self._clock = settings, session, clock
        self._tokens = ServiceTokens(
            session, settings.urls["core"], service=f"repti-{own}", secret=settings.service_secret, clock=clock
        )
        self._clients: dict[str, ServiceClient] = {}

    def to(self, service: str) -> ServiceClient:
        """Return the client of a service (short name: `animal`). Raises `KeyError` for a name that the settings lack."""
        client = self._clients.get(service)
        if client is None:
            url = self._settings.urls[service]
            client = ServiceClient(f"repti-{service}", url, self._session, self._tokens, clock=self._clock)
            self._clients[service] = client
        return client

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session shared by the clients."""
        return self._session

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()


async def neighbours(settings: Settings, *, own: str, clock: Callable[[], float] = time.monotonic) -> Neighbours:
    """Build the clients that the service `own` (short name) has of the others."""
    timeout = aiohttp.ClientTimeout(total=3.0, connect=1.0)
    session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
    return Neighbours(settings, session, own=own, clock=clock)
