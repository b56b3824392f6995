"""Who asks: a bearer token verified against core's keys, or an API key."""

import re
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from reptidex.connectors.identity.claims import Claims
from reptidex.errors import UnauthenticatedError
from reptidex.http.middlewares.context import ANONYMOUS
from reptidex.http.middlewares.ratelimit import RateLimiter
from reptidex.http.server.policy import Caller

_API_KEY = re.compile(r"[A-Za-z0-9_.-]{16,200}", re.ASCII)

REMEMBERED = 10_000

ApiKeys = Callable[[str], Awaitable[Claims | None]]
"""Says who stands behind an API key; None for a key that is not good."""


class Verifier(Protocol):
    """Verifies access tokens; `connectors.identity.verifier.TokenVerifier` is the one."""

    def recall(self, token: str) -> Claims | None:
        """Return the claims of a token verified before. Raises `UnauthenticatedError` if it has been revoked since."""

    async def verify(self, token: str) -> Claims:
        """Return the claims of a token. Raises `UnauthenticatedError`, or `UnavailableError` without any key."""


def caller_of(claims: Claims, token: str = "") -> Caller:
    """Return the caller that verified claims describe."""
    return Caller(
        kind="service" if claims.kind == "service" else "user",
        subject=claims.sub,
        vivarium_id=claims.vid,
        role=claims.role,
        session_id=claims.sid,
        scopes=claims.scopes,
        token=token,
        proved_at=claims.auth_time,
        via=claims.via,
    )


class Authentication:
    """Finds out who asks. Failures are counted per address, so that guessing costs the guesser and not our processor."""

    def __init__(self, verifier: Verifier, api_keys: ApiKeys | None, failures: RateLimiter) -> None:
        self._verifier, self._api_keys, self._failures = verifier, api_keys, failures
        self._callers: dict[int, tuple[Claims, Caller]] = {}

    async def identify(self, request: web.BaseRequest, address: Callable[[web.BaseRequest], str]) -> Caller:
        """Return the caller; anonymous where nothing is presented.

        Raises `UnauthenticatedError` for a token or key that is not good, also on public routes; `LimitedError` for an
        address that has presented too many of them.
        """
        tokens = request.headers.getall("Authorization", ())
        key = request.headers.get("X-Api-Key")
        if not tokens:
            return ANONYMOUS if key is None else await self._by_key(key, address(request))
        if len(tokens) > 1 or key is not None:
            raise UnauthenticatedError("present one token or one key")
        token = tokens[0][7:]
        if tokens[0][:7].lower() != "bearer ":
            raise UnauthenticatedError("the scheme is Bearer")
        claims = self._verifier.recall(token)
        if claims is None:
            claims = await self._first_seen(token, address(request))
        return self._caller(claims, token)

    def _caller(self, claims: Claims, token: str) -> Caller:
        """Return the caller of a token, made once as long as the verifier remembers the token and gives the same claims."""
        known = self._callers.get(id(claims))
        if known is not None and known[0] is claims:
            return known[1]
        if len(self._callers) >= REMEMBERED:
            self._callers.clear()
        caller = caller_of(claims, token)
        self._callers[id(claims)] = claims, caller
        return caller

    async def _first_seen(self, token: str, address: str) -> Claims:
        if self._failures.spent(address):
            self._failures.take(address)
        try:
            return await self._verifier.verify(token)
        except UnauthenticatedError:
            self._failures.take(address)
            raise

    async def _by_key(self, key: str, address: str) -> Caller:
        if self._failures.spent(address):
            self._failures.take(address)
        claims = await self._api_keys(key) if self._api_keys is not None and _API_KEY.fullmatch(key) else None
        if claims is None:
            self._failures.take(address)
            raise UnauthenticatedError("the API key is not valid")
        return caller_of(claims)
