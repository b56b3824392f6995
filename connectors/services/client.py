"""A typed client of another service of ours: short timeouts, a breaker, answers kept by ETag."""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec

from reptidex.connectors.services.breaker import Breaker
from reptidex.connectors.services.refusals import error_of
from reptidex.connectors.services.tokens import ServiceTokens
from reptidex.connectors.services.tracing import trace_headers
from reptidex.errors import UnavailableError

T = TypeVar("T")
Query = Mapping[str, str | int | float | None]

ANSWER_BYTES = 8 * 1024 * 1024
CACHED = 2_000
GET_ATTEMPTS = 3
TIMEOUT_S = 3.0


class ServiceClient:
    """Asks one other service. Every answer is decoded into the type named; every failure is an error of our tree.

    `NotFoundError` for 404; `RefusedError`, a `DomainError`, for other refusals, in the other service's words;
    `UnavailableError` (retriable) for timeouts, connection failures, 5xx, and while the breaker is open.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        session: aiohttp.ClientSession,
        tokens: ServiceTokens | None,
        *,
        clock: Callable[[], float],
    ) -> None:
        """Take the service's full name and address; `tokens` is None for calls that need none. `clock` is monotonic."""
        self.service, self._base = service, base_url.rstrip("/")
        self._session, self._tokens = session, tokens
        self._timeout = aiohttp.ClientTimeout(total=TIMEOUT_S, connect=1.0)
        self._breaker = Breaker(service, clock=clock)
        self._kept: OrderedDict[tuple[str, Any], tuple[str, Any]] = OrderedDict()

    async def get(self, path: str, answer: type[T], query: Query | None = None) -> T:
        """Look something up. Tried again on failures that may pass; an unchanged answer is not sent twice (ETag)."""
        if query:
            path = f"{path}?{urlencode({name: value for name, value in query.items() if value is not None})}"
        for attempt in range(1, GET_ATTEMPTS + 1):
            try:
                return await self._get(path, answer)
            except UnavailableError:
                if attempt == GET_ATTEMPTS or self._breaker.open:
                    raise
                # Jitter is no part of any result: it only keeps callers from trying again in step.
                await asyncio.sleep(0.05 * 2**attempt * random.uniform(0.5, 1.0))
        raise AssertionError("the loop above returns or raises")

    async def post(self, path: str, body: Any, answer: type[T], *, idempotency_key: str = "") -> T:
        """Have something done. Never tried again here; give an idempotency key so that the caller's next attempt is safe."""
        return await self._send("POST", path, body, answer, idempotency_key)

    async def put(self, path: str, body: Any, answer: type[T], *, idempotency_key: str = "") -> T:
        """Have something replaced; as `post`."""
        return await self._send("PUT", path, body, answer, idempotency_key)

    async def delete(self, path: str, *, idempotency_key: str = "") -> None:
        """Have something removed; as `post`, without an answer."""
        await self._send("DELETE", path, None, type(None), idempotency_key)

    async def _get(self, path: str, answer: type[T]) -> T:
        place = (path, answer)
        etag, value = self._kept.get(place, ("", None))
        status, body, fresh = await self._call("GET", path, None, {"If-None-Match": etag} if etag else {})
        if status == 304 and etag:
            self._kept.move_to_end(place)
            kept: T = value
            return kept
        found = self._read(path, status, body, answer)
        if fresh:
            self._kept[place] = (fresh, found)
            if len(self._kept) > CACHED:
                self._kept.popitem(last=False)
        return found

    async def _send(self, method: str, path: str, body: Any, answer: type[T], key: str) -> T:
        data = None if body is None else msgspec.json.encode(body)
        headers = {} if data is None else {"Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = f'"{key}"'
        status, received, _ = await self._call(method, path, data, headers)
        return self._read(path, status, received, answer)

    def _read(self, path: str, status: int, body: bytes, answer: type[T]) -> T:
        if status == 204 and answer is type(None):
            return None
        if status not in (200, 201, 204):
            raise error_of(self.service, path, status, body)
        try:
            return msgspec.json.decode(body, type=answer)
        except (msgspec.MsgspecError, ValueError) as problem:
            raise UnavailableError(self.service, f"its answer cannot be read: {problem}") from problem

    async def _call(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes, str]:
        with self._breaker.guard():
            answered = await self._once(method, path, data, headers)
            if answered[0] == 401 and self._tokens is not None:
                answered = await self._once(method, path, data, headers)
            if answered[0] >= 500:
                raise error_of(self.service, path, answered[0], answered[1])
            return answered

    async def _once(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes, str]:
        token = await self._tokens.current() if self._tokens is not None else ""
        sent = {"Accept": "application/json", **trace_headers(), **headers}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        try:
            async with self._session.request(
                method, self._base + path, data=data, headers=sent, timeout=self._timeout, allow_redirects=False
            ) as response:
                body = bytearray()
                async for chunk in response.content.iter_chunked(65536):
                    body += chunk
                    if len(body) > ANSWER_BYTES:
                        raise UnavailableError(self.service, "its answer is too long")
                if response.status == 401 and self._tokens is not None:
                    self._tokens.drop(token)
                return response.status, bytes(body), response.headers.get("ETag", "")
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise UnavailableError(self.service, type(problem).__name__) from problem
