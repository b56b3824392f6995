"""The one verifier of access tokens, in all six services (RFC 8725)."""

from collections.abc import Callable

import jwt

from reptidex.connectors.identity.claims import ALGORITHM, AUDIENCE, Claims
from reptidex.connectors.identity.keys import KeySource
from reptidex.connectors.identity.parsing import TokenError, parse

LEEWAY_S = 60
CACHED = 20_000
LONGEST_LIFE_S = 24 * 3600


def nothing_revoked(session_id: str) -> bool:
    """Say that no session is revoked."""
    return False


def nothing_outdated(claims: Claims) -> bool:
    """Say that every role is as it was."""
    return False


class TokenVerifier:
    """Verifies a token once and remembers it until it runs out, its session or role is taken, or the set of keys changes."""

    def __init__(
        self,
        keys: KeySource,
        *,
        issuer: str,
        clock: Callable[[], float],
        revoked: Callable[[str], bool] = nothing_revoked,
        outdated: Callable[[Claims], bool] = nothing_outdated,
    ) -> None:
        """Take the keys, the issuer expected, a clock in Unix seconds, and who knows which sessions and roles are gone."""
        self._keys, self._issuer, self._clock, self._revoked = keys, issuer, clock, revoked
        self._outdated = outdated
        self._known: dict[str, Claims] = {}
        keys.when_changed(self._known.clear)

    def recall(self, token: str) -> Claims | None:
        """Return the claims of a token verified before, or None. Raises `TokenError` where its session has ended since."""
        claims = self._known.get(token)
        if claims is None:
            return None
        if claims.exp <= self._clock():
            del self._known[token]
            return None
        self._check_stands(claims)
        return claims

    async def verify(self, token: str) -> Claims:
        """Return the claims of a token.

        Raises `TokenError`, and `UnavailableError` where no key has ever been fetched from core.
        """
        claims = self.recall(token)
        if claims is not None:
            return claims
        header, claims = parse(token)
        self._check(claims)
        key = await self._keys.find(header.kid)
        if key is None:
            raise TokenError("unknown key")
        try:
            # The key decides the algorithm; the claims are ours to check, on the bytes that pyjwt has verified.
            jwt.PyJWS(algorithms=[ALGORITHM]).decode_complete(token, key, algorithms=[ALGORITHM])
        except jwt.InvalidTokenError:
            raise TokenError("signature") from None
        self._check_stands(claims)
        if len(self._known) >= CACHED:
            del self._known[next(iter(self._known))]
        self._known[token] = claims
        return claims

    def _check_stands(self, claims: Claims) -> None:
        if claims.sid and (self._revoked(claims.sid) or self._outdated(claims)):
            raise TokenError("revoked")

    def _check(self, claims: Claims) -> None:
        now = self._clock()
        if claims.iss != self._issuer:
            raise TokenError("issuer")
        if claims.aud != AUDIENCE:
            raise TokenError("audience")
        if not claims.sub or claims.kind not in ("user", "service"):
            raise TokenError("subject")
        if claims.exp + LEEWAY_S <= now:
            raise TokenError("expired")
        if max(claims.iat, claims.nbf or 0) > now + LEEWAY_S:
            raise TokenError("not valid yet")
        if not 0 < claims.exp - claims.iat <= LONGEST_LIFE_S:
            raise TokenError("lifetime")
