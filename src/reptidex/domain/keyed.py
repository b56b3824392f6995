"""Hashes under a secret of core: addresses that can be recognised and not read, and links that cannot be made up."""

import base64
import hashlib
import hmac
from uuid import UUID

import msgspec

MAC_BYTES = 32


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What the token in a mail's link says, once its seal was verified."""

    user_id: str
    generation: int
    """The user's row counts: asking for a new link makes the older ones worthless."""


class Keyed:
    """HMAC-SHA256 with a key per purpose, all derived from one secret (RFC 5869, HKDF-Expand of one block)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def address_hash(self, address: str) -> str:
        """Return the hash under which an address (in its normal spelling) is known; hex, 64 characters."""
        return hmac.new(self._key("address"), address.encode(), hashlib.sha256).hexdigest()

    def secret(self, purpose: str, *parts: str) -> bytes:
        """Return 32 bytes that only we can derive from these texts: the same for a repeat of the same request."""
        return hmac.new(self._key(purpose), "\x1f".join(parts).encode(), hashlib.sha256).digest()

    def link(self, purpose: str, user_id: str, generation: int) -> str:
        """Write the token of a link that is sent to a person's address; it works for one purpose only."""
        body = UUID(user_id).bytes + generation.to_bytes(4, "big")
        mac = hmac.new(self._key(purpose), body, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(body + mac).rstrip(b"=").decode()

    def read_link(self, purpose: str, token: str) -> Link | None:
        """Read a token; None where we did not write it, or wrote it for another purpose."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return None
        body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if len(body) != 20 or not hmac.compare_digest(mac, hmac.new(self._key(purpose), body, hashlib.sha256).digest()):
            return None
        return Link(user_id=str(UUID(bytes=body[:16])), generation=int.from_bytes(body[16:], "big"))

    def _key(self, purpose: str) -> bytes:
        return hmac.new(self._secret, f"reptidex/{purpose}".encode() + b"\x01", hashlib.sha256).digest()
