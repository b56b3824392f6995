"""Keys in files of this machine (mode 0600) for development: the same promises as KMS, but the key is ours to lose."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from reptidex.connectors.keys.jose import jwk_of, raw_signature, short_enough
from reptidex.connectors.keys.memory import MemoryVault
from reptidex.connectors.keys.port import PublicKey, UnknownKeyError


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only we can read, whole or not at all; an existing one is kept."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first: its key is the key
    finally:
        temporary.unlink()


class LocalSigner:
    """`Signer` with one file per key version, `token-0001.pem` and so on; the highest number signs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def current(self) -> PublicKey:
        """Return the key that signs now; the first is made on first use."""
        return (await self.keys())[0]

    async def keys(self) -> tuple[PublicKey, ...]:
        """Return every live key, newest first."""
        return tuple(jwk_of(key.public_key()) for _, key in await asyncio.to_thread(self._live))

    async def sign(self, data: bytes, *, kid: str) -> bytes:
        """Sign with one of the keys on file."""
        short_enough(data)
        _, key = await asyncio.to_thread(self._named, kid)
        return raw_signature(key.sign(data, ec.ECDSA(SHA256())))

    async def rotate(self) -> PublicKey:
        """Write the next key file."""
        return await asyncio.to_thread(self._rotate)

    async def retire(self, kid: str) -> None:
        """Delete a key file."""
        path, _ = await asyncio.to_thread(self._named, kid)
        if kid == (await self.current()).kid:
            raise UnknownKeyError(kid)
        path.unlink()

    async def aclose(self) -> None:
        """Nothing is open between calls."""

    def _rotate(self) -> PublicKey:
        with self._locked():
            last = max((int(path.stem[6:]) for path in self._folder.glob("token-*.pem")), default=0)
            key = ec.generate_private_key(ec.SECP256R1())
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_private(self._folder / f"token-{last + 1:04}.pem", pem)
        return jwk_of(key.public_key())

    def _live(self) -> list[tuple[Path, ec.EllipticCurvePrivateKey]]:
        if not any(self._folder.glob("token-*.pem")):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            first = ec.generate_private_key(ec.SECP256R1())
            pem = first.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_private(self._folder / "token-0001.pem", pem)
        found = []
        for path in sorted(self._folder.glob("token-*.pem"), reverse=True):
            key = load_pem_private_key(path.read_bytes(), password=None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            found.append((path, key))
        return found

    def _named(self, kid: str) -> tuple[Path, ec.EllipticCurvePrivateKey]:
        for path, key in self._live():
            if jwk_of(key.public_key()).kid == kid:
                return path, key
        raise UnknownKeyError(kid)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class LocalVault(MemoryVault):
    """`KeyVault` whose key of keys is the file `vault.key`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self._read)
        self._folder = folder

    def _read(self) -> bytes:
        path = self._folder / "vault.key"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, os.urandom(32))
        return path.read_bytes()
