"""The twin of the key keepers: the same behaviour with keys that live and die with the process."""

import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from reptidex.connectors.keys.jose import jwk_of, raw_signature, short_enough
from reptidex.connectors.keys.port import PublicKey, SealError, UnknownKeyError
from reptidex.connectors.keys.seals import NONCE, close, open_, wrapped_key


class MemorySigner:
    """`Signer` in memory."""

    def __init__(self) -> None:
        self._keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self._make()

    async def current(self) -> PublicKey:
        """Return the newest key."""
        return (await self.keys())[0]

    async def keys(self) -> tuple[PublicKey, ...]:
        """Return every live key, newest first."""
        return tuple(jwk_of(key.public_key()) for key in reversed(self._keys.values()))

    async def sign(self, data: bytes, *, kid: str) -> bytes:
        """Sign with a live key."""
        short_enough(data)
        if kid not in self._keys:
            raise UnknownKeyError(kid)
        return raw_signature(self._keys[kid].sign(data, ec.ECDSA(SHA256())))

    async def rotate(self) -> PublicKey:
        """Make the next key."""
        return self._make()

    async def retire(self, kid: str) -> None:
        """Forget a key."""
        if kid not in self._keys or kid == (await self.current()).kid:
            raise UnknownKeyError(kid)
        del self._keys[kid]

    async def aclose(self) -> None:
        """Forget nothing: there are no connections."""

    def _make(self) -> PublicKey:
        key = ec.generate_private_key(ec.SECP256R1())
        public = jwk_of(key.public_key())
        self._keys[public.kid] = key
        return public


class MemoryVault:
    """`KeyVault` in memory, under a master key that `master` hands out each time it is needed."""

    def __init__(self, master: Callable[[], bytes] | None = None) -> None:
        made = os.urandom(32)
        self._master = master or (lambda: made)

    async def new_key(self, context: str) -> bytes:
        """Make a data key and wrap it."""
        nonce = os.urandom(NONCE)
        return nonce + AESGCM(self._master()).encrypt(nonce, os.urandom(32), context.encode())

    async def seal(self, data: bytes, *, context: str, under: bytes = b"") -> bytes:
        """Seal under the given key, or under a fresh one."""
        wrapped = under or await self.new_key(context)
        return close(data, key=self._unwrap(wrapped, context), wrapped=b"" if under else wrapped, context=context)

    async def unseal(self, sealed: bytes, *, context: str, under: bytes = b"") -> bytes:
        """Open a seal with the key inside it, or the given one."""
        return open_(sealed, key=self._unwrap(wrapped_key(sealed) or under, context), context=context)

    async def aclose(self) -> None:
        """Forget nothing: there are no connections."""

    def _unwrap(self, wrapped: bytes, context: str) -> bytes:
        try:
            return AESGCM(self._master()).decrypt(wrapped[:NONCE], wrapped[NONCE:], context.encode())
        except (InvalidTag, ValueError) as problem:
            raise SealError("the data key is missing, broken or of another context") from problem
