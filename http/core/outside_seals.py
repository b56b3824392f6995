"""What goes round by the browser while somebody signs in elsewhere: signed by us, and good in the browser that began it only."""

import base64
import re
from typing import Any, TypeVar

import msgspec

from reptidex.domain import opaque
from reptidex.http.core.ports import Ports

S = TypeVar("S", bound="Sealed")

COOKIE = "rx_outside"
_FORM = re.compile(r"(?P<text>[A-Za-z0-9_=-]+)\.(?P<mac>[0-9a-f]{64})", re.ASCII)


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What every part of a sign-in says: with whom it was begun, in which browser, and how long it is good (Unix seconds)."""

    provider: str
    nonce: str
    """The browser's cookie."""
    until: int


def write(ports: Ports, purpose: str, sealed: Sealed) -> str:
    """Return a text that only we can have written, for this purpose."""
    text = base64.urlsafe_b64encode(msgspec.json.encode(sealed)).decode()
    return f"{text}.{ports.keyed.secret(purpose, text).hex()}"


def read(request: Any, purpose: str, given: str, kind: type[S]) -> S | None:
    """Return what a text says, if we wrote it for this purpose, provider and browser, and lately; else None."""
    ports: Ports = request.ports
    form = _FORM.fullmatch(given)
    if form is None or not opaque.same(form["mac"], ports.keyed.secret(purpose, form["text"]).hex()):
        return None
    sealed = msgspec.json.decode(base64.urlsafe_b64decode(form["text"]), type=kind)
    fresh = sealed.until >= ports.clock().timestamp()
    same = sealed.provider == request.path["provider"] and opaque.same(_cookie(request), sealed.nonce)
    return sealed if fresh and same else None


def cookie_for(ports: Ports, nonce: str, seconds: int) -> str:
    """Return the `Set-Cookie` that binds a sign-in to a browser."""
    secure = "; Secure" if ports.public_url.startswith("https:") else ""
    return f"{COOKIE}={nonce}; Path=/auth/outside; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _cookie(request: Any) -> str:
    """Return our cookie among those of a request; the standard library refuses them all for one name that it does not like."""
    pairs = (each.strip().partition("=") for each in request.headers.get("Cookie", "").split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")
