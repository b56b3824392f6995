"""Signing and sealing, in words of no vendor."""

from typing import Protocol

import msgspec

from reptidex.errors import DomainError, NotFoundError


class PublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """A P-256 public key as a JWK (RFC 7517); `kid` is its RFC 7638 thumbprint, so each key version has its own."""

    kid: str
    x: str
    y: str
    kty: str = "EC"
    crv: str = "P-256"
    alg: str = "ES256"
    use: str = "sig"


class UnknownKeyError(NotFoundError):
    """No live key has this id."""

    def __init__(self, kid: str) -> None:
        super().__init__("key", kid)


class SealError(DomainError):
    """Sealed bytes that were changed, or are opened with another context or key than they were sealed with."""

    status = 422
    title = "This cannot be unsealed"


class Signer(Protocol):
    """ES256 (RFC 7518 section 3.4) with keys that never leave their keeper. Raises `UnavailableError` (retriable)."""

    async def current(self) -> PublicKey:
        """Return the key that signs now."""

    async def keys(self) -> tuple[PublicKey, ...]:
        """Return every live key, the current one first: what the JWKS document lists."""

    async def sign(self, data: bytes, *, kid: str) -> bytes:
        """Sign at most 4,096 bytes; the signature is R and S, 32 bytes each.

        Raises `UnknownKeyError`, and `InvalidError` for longer data.
        """

    async def rotate(self) -> PublicKey:
        """Make a new key and sign with it from now on. Older keys stay live until they are retired."""

    async def retire(self, kid: str) -> None:
        """Take a key out of the live ones; what it signed no longer verifies.

        Raises `UnknownKeyError`, also for the current key.
        """

    async def aclose(self) -> None:
        """Close the connections."""


class KeyVault(Protocol):
    """AES-256-GCM under data keys that are themselves encrypted by a key of the keeper (envelope encryption).

    `context` says whose and what the data is (`user:<id>/totp`); it is bound to the seal and needed to open it.
    """

    async def new_key(self, context: str) -> bytes:
        """Return a fresh data key, encrypted.

        Kept as the only copy beside a person, deleting it makes all that was sealed `under` it unreadable for ever.
        """

    async def seal(self, data: bytes, *, context: str, under: bytes = b"") -> bytes:
        """Seal data under a key of `new_key(context)`, or under a key of its own that travels inside the seal."""

    async def unseal(self, sealed: bytes, *, context: str, under: bytes = b"") -> bytes:
        """Open a seal.

        Raises `SealError`, or `UnavailableError` (retriable).
        """

    async def aclose(self) -> None:
        """Close the connections."""
