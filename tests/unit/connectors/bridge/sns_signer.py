"""Signs messages as SNS does, with a key and a certificate of its own."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

REGION = "eu-central-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:dev-animal-created"
CERTIFICATE = f"https://sns.{REGION}.amazonaws.com/SimpleNotificationService-7506a1e35b36ef5a444dd1a8e7cc3ed8.pem"


class SnsSigner:
    """SNS, as far as signatures go. The order of members is written out here as AWS's guide lists it."""

    def __init__(self, now: float, *, bits: int = 2048) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        today = datetime.fromtimestamp(now, UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(days=1))
            .not_valid_after(today + timedelta(days=30))
            .sign(self._key, SHA256())
        )
        self.pem = certificate.public_bytes(Encoding.PEM)

    def notification(self, message: str, at: float, *, version: str = "2", **more: str) -> dict[str, Any]:
        """Return a signed notification."""
        document = self._head("Notification", message, at, version) | more
        names = ["Message", "MessageId", *(["Subject"] if "Subject" in more else []), "Timestamp", "TopicArn", "Type"]
        return self._signed(document, names, version)

    def confirmation(self, at: float, url: str, *, version: str = "2", **more: str) -> dict[str, Any]:
        """Return a signed request to confirm a subscription."""
        head = self._head("SubscriptionConfirmation", "You have chosen to subscribe", at, version)
        document = head | {"Token": "2336412f37", "SubscribeURL": url} | more
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        return self._signed(document, names, version)

    def _head(self, kind: str, message: str, at: float, version: str) -> dict[str, Any]:
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        return {
            "Type": kind,
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Message": message,
            "Timestamp": stamp,
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE,
        }

    def _signed(self, document: dict[str, Any], names: list[str], version: str) -> dict[str, Any]:
        text = "".join(f"{name}\n{document[name]}\n" for name in names)
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), SHA1() if version == "1" else SHA256())
        return document | {"Signature": base64.b64encode(signature).decode()}
