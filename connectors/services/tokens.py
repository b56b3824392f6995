"""A service's own access token: asked of core with the service's secret, kept until shortly before it runs out."""

import asyncio
from collections.abc import Callable

import aiohttp
import msgspec

from reptidex.connectors.services.tracing import trace_headers
from reptidex.errors import UnavailableError


class ServiceTokenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The body of core's `POST /auth/service-token`."""

    service: str
    """`repti-commerce`"""
    secret: str


class ServiceToken(msgspec.Struct, frozen=True, kw_only=True):
    """Core's answer."""

    access_token: str
    expires_in: int
    """Seconds."""


class ServiceTokens:
    """The token of one service, shared by all its clients."""

    EARLY_S = 30.0
    """A token is renewed this long before its end, so that none runs out on its way."""

    def __init__(
        self, session: aiohttp.ClientSession, core_url: str, *, service: str, secret: str, clock: Callable[[], float]
    ) -> None:
        """Take a session, core's address, the service's full name and secret, and a monotonic clock in seconds."""
        self._session, self._url = session, core_url.rstrip("/") + "/auth/service-token"
        self._request = msgspec.json.encode(ServiceTokenRequest(service=service, secret=secret))
        self._clock = clock
        self._token, self._until = "", float("-inf")
        self._lock = asyncio.Lock()

    async def current(self) -> str:
        """Return a token that is good for a while. Raises `UnavailableError` where core gives none."""
        if self._clock() < self._until:
            return self._token
        async with self._lock:
            if self._clock() >= self._until:
                granted = await self._ask()
                self._token = granted.access_token
                self._until = self._clock() + max(granted.expires_in - self.EARLY_S, granted.expires_in / 2)
        return self._token

    def drop(self, token: str) -> None:
        """Forget a token that a service did not accept (core's keys have changed)."""
        if token == self._token:
            self._until = float("-inf")

    async def _ask(self) -> ServiceToken:
        headers = {"Content-Type": "application/json", **trace_headers()}
        try:
            async with self._session.post(
                self._url, data=self._request, headers=headers, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise UnavailableError("repti-core", f"gave no service token ({response.status})")
                return msgspec.json.decode(await response.read(), type=ServiceToken)
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise UnavailableError("repti-core", f"no service token: {type(problem).__name__}") from problem
        except (msgspec.MsgspecError, ValueError) as problem:
            raise UnavailableError("repti-core", "the service token cannot be read") from problem
