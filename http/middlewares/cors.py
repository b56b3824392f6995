"""Cross-origin requests (Fetch standard): refused by every browser unless an origin is named here."""

from collections.abc import Sequence

from aiohttp import web
from multidict import CIMultiDict

EXPOSED = "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Request-ID"
TAKEN = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID, traceparent"


class Cors:
    """Lets pages of some origins read answers. No cookie is ever used, so credentials are not allowed."""

    def __init__(self, origins: Sequence[str] = ()) -> None:
        """Take the origins (`https://app.example`); none for no cross-origin use at all."""
        self._origins = frozenset(origins)

    def apply(self, request: web.BaseRequest, headers: "CIMultiDict[str]") -> None:
        """Add what a browser asks for, where the origin is one of ours."""
        if not self._origins:
            return
        headers.add("Vary", "Origin")
        origin = request.headers.get("Origin")
        if origin not in self._origins:
            return
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = EXPOSED
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            headers["Access-Control-Allow-Methods"] = headers.get("Allow", "GET, HEAD, OPTIONS")
            headers["Access-Control-Allow-Headers"] = TAKEN
            headers["Access-Control-Max-Age"] = "600"
