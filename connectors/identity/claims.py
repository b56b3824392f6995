"""What an access token says (RFC 9068 profile of RFC 7519), for core which issues and for all six which verify."""

from typing import Any

import msgspec

AUDIENCE = "reptidex"
"""The `aud` of every access token: one audience for the platform, as each service accepts the others' callers."""
TOKEN_TYPE = "at+jwt"
ALGORITHM = "ES256"
"""The one algorithm. It belongs to the key; what a header says is only compared with it."""


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The claims of one access token. Times are seconds since 1970 (RFC 7519, NumericDate), whole."""

    iss: str
    aud: str
    sub: str
    """The user id, or the service's name (`repti-commerce`)."""
    kind: str
    """`user` or `service`."""
    exp: int
    iat: int
    nbf: int | None = None
    jti: str = ""
    vid: str = ""
    """The vivarium that the token speaks for."""
    role: str = ""
    """The member's role within `vid`."""
    sid: str = ""
    """The session; once it is revoked the token is refused. Empty for services."""
    scope: str = ""
    """Scopes divided by spaces (RFC 8693, section 4.2)."""
    auth_time: int = 0
    """When the person proved who they are (OpenID Connect Core 1.0, section 2): refreshing changes nothing of it."""
    via: str = ""
    """`api_key` where an API key stands behind the caller instead of a session."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes one by one."""
        return tuple(self.scope.split())


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The header of an access token; nothing else may stand in it."""

    alg: str
    kid: str
    typ: str


def encode_claims(claims: Claims) -> dict[str, Any]:
    """Return the claims as what `connectors.keys.jose.compact` signs: empty ones left out, times whole seconds."""
    encoded: dict[str, Any] = msgspec.to_builtins(claims)
    return encoded
