"""How the two providers prove that a webhook is theirs."""

import base64
import hashlib
import hmac
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


def stripe_signer(secrets: Callable[[], tuple[str, ...]]) -> Callable[[bytes, float], Mapping[str, str]]:
    """Sign with every live secret, as Stripe does while one is rotated out."""

    def sign(body: bytes, at: float) -> Mapping[str, str]:
        stamp = str(int(at))
        made = [
            hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest() for secret in secrets()
        ]
        return {"Stripe-Signature": ",".join([f"t={stamp}", *(f"v1={signature}" for signature in made)])}

    return sign


class PayPalCertificate:
    """An RSA key with a certificate of its own, made at the start."""

    def __init__(self, now: float) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "messageverificationcerts.paypal.com")])
        today = datetime.fromtimestamp(now, UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(days=1))
            .not_valid_after(today + timedelta(days=365))
            .sign(self._key, SHA256())
        )
        self.pem = certificate.public_bytes(Encoding.PEM)
        self.name = f"CERT-{certificate.fingerprint(SHA256()).hex()[:16]}"

    def signer(
        self, webhook_id: str, url: Callable[[], str], transmission: Callable[[], str]
    ) -> Callable[[bytes, float], Mapping[str, str]]:
        """Sign `transmission id|time|webhook id|crc32(body)`, with the certificate found at `url`."""

        def sign(body: bytes, at: float) -> Mapping[str, str]:
            number, time = transmission(), datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            signed = f"{number}|{time}|{webhook_id}|{zlib.crc32(body)}".encode()
            signature = self._key.sign(signed, padding.PKCS1v15(), SHA256())
            return {
                "PAYPAL-TRANSMISSION-ID": number,
                "PAYPAL-TRANSMISSION-TIME": time,
                "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode(),
                "PAYPAL-CERT-URL": url(),
                "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            }

        return sign
