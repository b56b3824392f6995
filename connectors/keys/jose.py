"""Elliptic-curve keys and signatures between their DER forms and those of JOSE (RFC 7515, 7518, 7638)."""

import base64
import hashlib
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from reptidex.connectors.keys.port import PublicKey, Signer
from reptidex.errors import InvalidError

LONGEST = 4096


def base64url(data: bytes) -> str:
    """Encode without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk_of(key: ec.EllipticCurvePublicKey) -> PublicKey:
    """Describe a P-256 key; the id is the thumbprint over `crv`, `kty`, `x`, `y` in that order (RFC 7638 section 3)."""
    numbers = key.public_numbers()
    x, y = (base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    canonical = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    return PublicKey(kid=base64url(hashlib.sha256(canonical.encode()).digest()), x=x, y=y)


def jwk_of_der(der: bytes) -> PublicKey:
    """Describe a P-256 key given as SubjectPublicKeyInfo."""
    key = load_der_public_key(der)
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise InvalidError("the signing key is not a P-256 key")
    return jwk_of(key)


def raw_signature(der: bytes) -> bytes:
    """Turn a DER signature into R followed by S (RFC 7518 section 3.4)."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def short_enough(data: bytes) -> bytes:
    """Return data that KMS would sign unhashed. Raises `InvalidError`."""
    if len(data) > LONGEST:
        raise InvalidError(f"{len(data)} bytes are too many to sign, {LONGEST} is the most")
    return data


async def compact(signer: Signer, claims: dict[str, Any]) -> str:
    """Sign claims as a JWT in compact form (RFC 7519); `at+jwt` is the type of access tokens (RFC 9068)."""
    kid = (await signer.current()).kid
    parts = ({"alg": "ES256", "kid": kid, "typ": "at+jwt"}, claims)
    signed = ".".join(base64url(msgspec.json.encode(part)) for part in parts)
    return f"{signed}.{base64url(await signer.sign(signed.encode(), kid=kid))}"
