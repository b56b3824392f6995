"""Opaque tokens: what the holder carries is random, what we keep is its digest.

    rxr_<id>_<secret>      refresh token of a session
    rxk_<id>_<secret>      API key

The id (a UUID without dashes) finds the row, the secret (256 random bits) proves the holder. A fast digest is enough for
a secret of that size; slow hashing is for passwords.
"""

import hashlib
import hmac
import re
from uuid import UUID

import msgspec

SECRET_BYTES = 32
_FORM = re.compile(r"(?P<kind>rx[a-z])_(?P<id>[0-9a-f]{32})_(?P<secret>[0-9a-f]{64})", re.ASCII)


class Opaque(msgspec.Struct, frozen=True, kw_only=True):
    """A token taken apart."""

    kind: str
    id: str
    secret_hash: str


def write(kind: str, identifier: str, secret: bytes) -> str:
    """Write a token for the row `identifier` (a UUID)."""
    return f"{kind}_{UUID(identifier).hex}_{secret.hex()}"


def read(kind: str, token: str) -> Opaque | None:
    """Take a token apart; None where it is no token of this kind. Says nothing about whether it is valid."""
    found = _FORM.fullmatch(token)
    if found is None or found["kind"] != kind:
        return None
    return Opaque(kind=kind, id=str(UUID(found["id"])), secret_hash=digest(bytes.fromhex(found["secret"])))


def digest(secret: bytes) -> str:
    """Return what is stored of a secret (SHA-256, hex)."""
    return hashlib.sha256(secret).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two digests in constant time; whatever came with a request may be compared."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))
