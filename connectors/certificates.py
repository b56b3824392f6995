"""Certificates by which others sign what they send us: fetched from addresses that cannot be chosen by the sender, and kept."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from reptidex.errors import ReptidexError, UnavailableError

LARGEST = 64 * 1024
KEPT = 16
KEY_BITS = 2048

Forged = Callable[[str], ReptidexError]
"""Makes the error for what is not authentic."""


class PinnedCertificates:
    """The certificates at addresses that match a pattern as a whole. `whose` names the sender in errors."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        trusted: re.Pattern[str],
        clock: Callable[[], float],
        *,
        whose: str,
        forged: Forged,
    ) -> None:
        self._http, self._trusted, self._clock = http, trusted, clock
        self._whose, self._forged = whose, forged
        self._kept: dict[str, x509.Certificate] = {}

    async def key(self, url: str) -> rsa.RSAPublicKey:
        """Return the key of the certificate at an address.

        Raises the sender's error for an address or certificate that we do not trust, `UnavailableError` if it cannot be had.
        """
        if self._trusted.fullmatch(url) is None:
            raise self._forged(f"the certificate is not at an address of {self._whose}")
        if url not in self._kept:
            certificate = await self._fetch(url)
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[url] = certificate
        certificate = self._kept[url]
        now = datetime.fromtimestamp(self._clock(), UTC)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            del self._kept[url]
            raise self._forged("the certificate is not valid now")
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < KEY_BITS:
            raise self._forged(f"the certificate holds no RSA key of {KEY_BITS:,} bits or more")
        return key

    async def _fetch(self, url: str) -> x509.Certificate:
        try:
            answer = await self._http.get(url, follow_redirects=False)
        except httpx.HTTPError as problem:
            raise UnavailableError(self._whose, f"certificate: {type(problem).__name__}") from problem
        if answer.status_code != 200 or len(answer.content) > LARGEST:
            raise UnavailableError(self._whose, f"certificate: {answer.status_code}")
        try:
            return x509.load_pem_x509_certificate(answer.content)
        except ValueError as problem:
            raise self._forged("there is no certificate at this address") from problem


def canonical_base64(text: str, forged: Forged) -> bytes:
    """Decode base64 that could not have been written otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise forged("the signature is not base64") from problem
    if base64.b64encode(data).decode() != text:
        raise forged("the signature is not canonical base64")
    return data
