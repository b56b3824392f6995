"""What the five other services ask core about identity: its public keys and whether an API key is good."""

import hashlib
from collections.abc import Callable

import aiohttp
import msgspec

from reptidex.connectors.identity.claims import Claims
from reptidex.connectors.identity.jwks import Fetch, Fetched
from reptidex.connectors.services.client import ServiceClient
from reptidex.errors import NotFoundError, UnavailableError

KEY_SET_BYTES = 64 * 1024
VERIFY_PATH = "/auth/api-keys/verify"


def fetch_from(session: aiohttp.ClientSession, core_url: str) -> Fetch:
    """Return the function that `KeyRing` fetches core's JWK set with."""
    url = core_url.rstrip("/") + "/.well-known/jwks.json"

    async def fetch(etag: str) -> Fetched:
        headers = {"If-None-Match": etag} if etag else {}
        timeout = aiohttp.ClientTimeout(total=2.0)
        try:
            async with session.get(url, headers=headers, timeout=timeout, allow_redirects=False) as response:
                control = response.headers.get("Cache-Control", "")
                if response.status == 304 and etag:
                    return Fetched(body=None, etag=etag, cache_control=control)
                if response.status != 200:
                    raise UnavailableError("repti-core", f"its key set was answered {response.status}")
                body = bytearray()
                async for chunk in response.content.iter_chunked(16384):
                    body += chunk
                    if len(body) > KEY_SET_BYTES:
                        raise UnavailableError("repti-core", "its key set is too long")
                return Fetched(body=bytes(body), etag=response.headers.get("ETag", ""), cache_control=control)
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise UnavailableError("repti-core", type(problem).__name__) from problem

    return fetch


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """The body of core's `POST /auth/api-keys/verify`, which answers `Claims`, or 404 for a key that is not good."""

    key: str


class CoreApiKeys:
    """Asks core about an API key and remembers the answer, good or bad, for five seconds: a withdrawn key works no longer."""

    KEPT, KEEP_S = 5_000, 5.0

    def __init__(self, core: ServiceClient, *, clock: Callable[[], float]) -> None:
        """Take the client of core and a monotonic clock in seconds."""
        self._core, self._clock = core, clock
        self._known: dict[bytes, tuple[float, Claims | None]] = {}

    async def __call__(self, key: str) -> Claims | None:
        """Return who stands behind a key, or None. Raises `UnavailableError` where core does not answer."""
        digest = hashlib.sha256(key.encode()).digest()
        until, claims = self._known.get(digest, (float("-inf"), None))
        if self._clock() < until:
            return claims
        try:
            claims = await self._core.post(VERIFY_PATH, ApiKey(key=key), Claims)
        except NotFoundError:
            claims = None
        self._known.pop(digest, None)
        if len(self._known) >= self.KEPT:
            del self._known[next(iter(self._known))]
        self._known[digest] = (self._clock() + self.KEEP_S, claims)
        return claims
