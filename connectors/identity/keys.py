"""Public keys from a JWK set (RFC 7517), each bound to one algorithm, and where a verifier gets them from."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from reptidex.connectors.identity.claims import ALGORITHM
from reptidex.errors import ReptidexError

_COORDINATE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_KID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


class KeySetError(ReptidexError):
    """A JWK set that we refuse as a whole; the keys known before stay in force."""


PublicKeys = Mapping[str, ec.EllipticCurvePublicKey]


def _integer(text: Any) -> int:
    if not isinstance(text, str) or not _COORDINATE.fullmatch(text):
        raise KeySetError("a coordinate is not 32 bytes of base64url")
    return int.from_bytes(base64.urlsafe_b64decode(text + "="), "big")


def _key(entry: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    if "d" in entry:
        raise KeySetError("a private key is published")
    try:
        return ec.EllipticCurvePublicNumbers(
            _integer(entry.get("x")), _integer(entry.get("y")), ec.SECP256R1()
        ).public_key()
    except ValueError as problem:
        raise KeySetError("a point is not on P-256") from problem


def read_keys(raw: bytes) -> PublicKeys:
    """Read a JWK set and keep the keys that can verify access tokens (EC, P-256, ES256, for signatures).

    Keys of another kind are passed over. Raises `KeySetError` for what is no JWK set, a doubled `kid`, a point that is
    not on the curve, or a private key: then nothing of the set is used.
    """
    try:
        document = msgspec.json.decode(raw, type=dict[str, list[dict[str, Any]]])
        entries = document["keys"]
    except (msgspec.MsgspecError, ValueError, KeyError):
        raise KeySetError("not a JWK set") from None
    keys: dict[str, ec.EllipticCurvePublicKey] = {}
    seen: set[str] = set()
    for entry in entries:
        kid = entry.get("kid")
        if not isinstance(kid, str) or not _KID.fullmatch(kid) or kid in seen:
            raise KeySetError("a key has no proper id of its own")
        seen.add(kid)
        ours = {"kty": "EC", "crv": "P-256", "alg": ALGORITHM, "use": "sig"}
        if entry.get("kty") == "EC" and all(entry.get(name, value) == value for name, value in ours.items()):
            keys[kid] = _key(entry)
    return keys


class KeySource(Protocol):
    """Where a verifier finds a key."""

    def when_changed(self, forget: Callable[[], None]) -> None:
        """Have a function called whenever the set of keys changes: what was verified with a withdrawn key is forgotten."""

    async def find(self, kid: str) -> ec.EllipticCurvePublicKey | None:
        """Return the key with this id, or None. Raises `UnavailableError` where no key could ever be fetched."""
