"""Whether SNS sent a message to our HTTPS endpoint, and not somebody who found its address.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. Whoever chooses the certificate chooses what
is authentic, so its address is compared whole with the one host of the region of a topic that we subscribed to: a pattern
such as `sns.*.amazonaws.com` also fits `sns.s3-ap-southeast-2.amazonaws.com`, which is a bucket that anybody may own.
Attributes are not signed: whoever relies on them relies on nothing.
"""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from reptidex.connectors.certificates import canonical_base64
from reptidex.errors import DomainError

OLDEST_S = 3600
"""SNS tries an HTTP endpoint for an hour in all (docs, "Message delivery retries")."""
NEWEST_S = 300
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""The members that are signed, in the order in which they are."""
HASHES: dict[str, HashAlgorithm] = {"1": SHA1(), "2": SHA256()}

_TOPIC = re.compile(
    r"arn:(?P<partition>aws|aws-cn|aws-us-gov):sns:(?P<region>[a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_.-]{1,256}"
)
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


class ForgedMessageError(DomainError):
    """Not proved to come from SNS and from a topic of ours, or too old."""

    status = 403
    title = "The message is not authentic"


class SnsMessage(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What SNS posts to an endpoint; the members that are signed, and those that lead to the proof."""

    type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    message_id: str
    topic_arn: str
    message: str
    timestamp: str
    signature_version: str
    signature: str
    signing_cert_url: str = msgspec.field(name="SigningCertURL")
    subject: str | None = None
    token: str | None = None
    subscribe_url: str | None = msgspec.field(name="SubscribeURL", default=None)


class Certificates(Protocol):
    """Where keys come from."""

    async def key(self, url: str) -> rsa.RSAPublicKey:
        """Return the key of the certificate at an address that is trusted."""


_reader = msgspec.json.Decoder(SnsMessage)
_members = {field.name: field.encode_name for field in msgspec.structs.fields(SnsMessage)}


@lru_cache(maxsize=256)
def trusted_addresses(topics: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of certificate addresses: the host of the region of each topic, and nothing else.

    Raises `ValueError` for what is no ARN of a topic.
    """
    hosts = set()
    for arn in topics:
        found = _TOPIC.fullmatch(arn)
        if found is None:
            raise ValueError(f"{arn!r} is not the ARN of an SNS topic")
        end = ".cn" if found["partition"] == "aws-cn" else ""
        hosts.add(f"sns.{found['region']}.amazonaws.com{end}")
    one_of = "|".join(re.escape(host) for host in sorted(hosts)) or r"(?!)"
    return re.compile(rf"https://(?:{one_of})/SimpleNotificationService-[A-Za-z0-9]{{1,128}}\.pem", re.ASCII)


def read(raw: bytes) -> SnsMessage:
    """Read a message. Raises `ForgedMessageError` for what SNS would not have written."""
    try:
        return _reader.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ForgedMessageError(f"this is no message of SNS: {problem}") from problem


async def verify(
    message: SnsMessage,
    certificates: Certificates,
    *,
    topics: Collection[str],
    now: float,
    version_1: Collection[str] = (),
) -> None:
    """See that SNS sent a message lately, for one of these topics. Raises `ForgedMessageError`, `UnavailableError`.

    `version_1` are the topics that may still sign with SHA-1; all others have to be set to version 2. Everything that needs
    no certificate is looked at before one is fetched.
    """
    if message.topic_arn not in topics:
        raise ForgedMessageError("nothing is taken from this topic")
    if message.signature_version not in HASHES:
        raise ForgedMessageError("the signature has a version that SNS does not have")
    if message.signature_version == "1" and message.topic_arn not in version_1:
        raise ForgedMessageError(
            "signatures of version 1 (SHA-1) are not taken: set SignatureVersion of the topic to 2"
        )
    age = now - _moment(message.timestamp)
    if not -NEWEST_S <= age <= OLDEST_S:
        raise ForgedMessageError("the message is older than SNS's retries, or from the future")
    if not trusted_addresses((message.topic_arn,)).fullmatch(message.signing_cert_url):
        raise ForgedMessageError("the certificate is not at the address of SNS in the topic's region")
    signature = canonical_base64(message.signature, ForgedMessageError)
    signed = signed_text(message)
    key = await certificates.key(message.signing_cert_url)
    try:
        key.verify(signature, signed, padding.PKCS1v15(), HASHES[message.signature_version])
    except InvalidSignature as problem:
        raise ForgedMessageError("SNS did not make this signature") from problem


def signed_text(message: SnsMessage) -> bytes:
    """Return what SNS signs: each member's name and value on lines of their own. A subject is signed only where there is one."""
    lines = []
    for attribute, name in _members.items():
        if name in SIGNED[message.type]:
            value = getattr(message, attribute)
            if value is not None:
                lines.append((name, value))
            elif name != "Subject":
                raise ForgedMessageError(f"a {message.type} without {name}")
    return "".join(f"{name}\n{value}\n" for name, value in sorted(lines)).encode()


def _moment(stamp: str) -> float:
    if _STAMP.fullmatch(stamp) is None:
        raise ForgedMessageError("the time is malformed")
    try:
        return datetime.fromisoformat(stamp.removesuffix("Z")).replace(tzinfo=UTC).timestamp()
    except ValueError as problem:
        raise ForgedMessageError("there is no such time") from problem
