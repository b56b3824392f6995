"""What goes round by the browser while somebody signs in elsewhere: JSON Web Tokens (RFC 7519) of ours, to ourselves."""

from typing import Any, TypeVar

import jwt
import msgspec

from reptidex.domain import opaque
from reptidex.http.core.ports import Ports

S = TypeVar("S", bound="Sealed")
B = TypeVar("B", bound="InBrowser")

COOKIE = "rx_outside"
ALGORITHM = "HS256"


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What every part of a sign-in says: with whom it was begun, and how long it is good (Unix seconds)."""

    provider: str
    until: int = msgspec.field(name="exp")


class InBrowser(Sealed, frozen=True, kw_only=True):
    """What is good in the browser that began it only."""

    nonce: str
    """The browser's cookie."""


def write(ports: Ports, purpose: str, sealed: Sealed) -> str:
    """Return a text that only we can have written, for this purpose: each has a key of its own."""
    return jwt.encode(msgspec.to_builtins(sealed), ports.keyed.secret(purpose), ALGORITHM)


def read(request: Any, purpose: str, given: str, kind: type[S]) -> S | None:
    """Return what a text says, if we wrote it for this purpose and provider, and lately; else None."""
    ports: Ports = request.ports
    # By the clock of the ports, which pyjwt cannot be given.
    options: Any = {"verify_exp": False, "require": ["exp"]}
    try:
        claims = jwt.decode(given, ports.keyed.secret(purpose), algorithms=[ALGORITHM], options=options)
        sealed = msgspec.convert(claims, kind)
    except (jwt.PyJWTError, msgspec.ValidationError):
        return None
    fresh = sealed.until >= ports.clock().timestamp()
    return sealed if fresh and sealed.provider == request.path["provider"] else None


def read_here(request: Any, purpose: str, given: str, kind: type[B]) -> B | None:
    """Return what a text says, if it comes from the browser that it was written for besides; else None."""
    sealed = read(request, purpose, given, kind)
    return sealed if sealed is not None and opaque.same(_cookie(request), sealed.nonce) else None


def cookie_for(ports: Ports, nonce: str, seconds: int) -> str:
    """Return the `Set-Cookie` that binds a sign-in to a browser."""
    secure = "; Secure" if ports.public_url.startswith("https:") else ""
    return f"{COOKIE}={nonce}; Path=/auth/outside; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _cookie(request: Any) -> str:
    """Return our cookie among those of a request; the standard library refuses them all for one name that it does not like."""
    pairs = (each.strip().partition("=") for each in request.headers.get("Cookie", "").split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")
