"""Events too large for SNS: the bytes in S3, a pointer on the way (Hohpe and Woolf, "Claim check").

The pointer is that of the AWS extended clients, old and new form, so their readers follow it too
(awslabs/amazon-sqs-python-extended-client-lib; Amazon SQS Developer Guide, "Managing large messages"). Objects are named by
their content, so a repeat overwrites itself; they go by the bucket's lifecycle, never when read: others may still need them.
"""

import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import msgspec

from reptidex.connectors.bridge.attributes import number, text
from reptidex.errors import ContractError

CLASS = "software.amazon.payloadoffloading.PayloadS3Pointer"
LEGACY_CLASS = "com.amazon.sqs.javamessaging.MessageS3Pointer"
SIZE, LEGACY_SIZE = "ExtendedPayloadSize", "SQSLargePayloadSize"

FROM_BYTES = 200 * 1024
"""Messages of this size and more go to S3: SNS takes 256 KiB, attributes and what agents add to them included."""
KEY_BYTES = 1024
"""Amazon S3 User Guide, "Naming Amazon S3 objects"."""
MOST_BYTES = 1_000_000
"""The largest event that the log takes."""


class Pointer(NamedTuple):
    """Where the bytes of an event are."""

    bucket: str
    key: str


def key_of(raw: bytes, prefix: str = "events/") -> str:
    """Return the key of an event's bytes: its SHA-256."""
    return prefix + hashlib.sha256(raw).hexdigest()


def pointer_body(pointer: Pointer, *, legacy: bool = False) -> str:
    """Write a pointer as the body of a message."""
    place = {"s3BucketName": pointer.bucket, "s3Key": pointer.key}
    return msgspec.json.encode([LEGACY_CLASS if legacy else CLASS, place]).decode()


def pointer_attributes(pointer: Pointer, size: int, *, legacy: bool = False) -> dict[str, dict[str, str]]:
    """Return the attributes by which readers know a pointer: the extended clients' own, and CloudEvents' `dataref`."""
    return {
        LEGACY_SIZE if legacy else SIZE: number(size),
        "dataref": text(f"s3://{pointer.bucket}/{pointer.key}"),
    }


class _Place(msgspec.Struct):
    s3BucketName: str
    s3Key: str


_decoder = msgspec.json.Decoder(tuple[str, _Place])


def read_pointer(body: str, attributes: Mapping[str, Any], allowed: AbstractSet[str]) -> Pointer | None:
    """Return the pointer that a message is, None where it is none. `allowed` names the buckets that may be pointed to.

    The body decides; the attribute is not asked for, since an envelope or a forwarder may have lost it.
    Raises `ContractError` for a pointer into another bucket: with our rights, a stranger could have anything read.
    """
    if not body.startswith("["):
        return None
    try:
        name, place = _decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError) as problem:
        claims = SIZE in attributes or LEGACY_SIZE in attributes
        raise ContractError(
            f"this is {'no pointer' if claims else 'neither an event nor a pointer'}: {problem}"
        ) from None
    if name not in (CLASS, LEGACY_CLASS):
        raise ContractError(f"a pointer of the class {name!r} is unknown")
    if place.s3BucketName not in allowed:
        raise ContractError(f"the pointer leads to the bucket {place.s3BucketName!r}, from which nothing may be read")
    if not 0 < len(place.s3Key.encode()) <= KEY_BYTES:
        raise ContractError(f"a pointer's key has 1 to {KEY_BYTES} bytes")
    return Pointer(place.s3BucketName, place.s3Key)


class ClaimCheck:
    """The bucket of the bridge. Every method blocks: call it in a thread."""

    def __init__(self, s3: Any, bucket: str, *, legacy: bool = False) -> None:
        self._s3, self.bucket, self.legacy = s3, bucket, legacy

    def put(self, raw: bytes) -> Pointer:
        """Put an event into the bucket. Raises what boto3 raises."""
        pointer = Pointer(self.bucket, key_of(raw))
        self._s3.put_object(
            Bucket=pointer.bucket, Key=pointer.key, Body=raw, ContentType="application/cloudevents+json"
        )
        return pointer

    def get(self, pointer: Pointer) -> bytes:
        """Read what a pointer leads to. Raises `ContractError` where it is too large, else what boto3 raises."""
        answer = self._s3.get_object(Bucket=pointer.bucket, Key=pointer.key)
        with answer["Body"] as body:
            if answer["ContentLength"] > MOST_BYTES:
                raise ContractError(
                    f"the event in S3 has {answer['ContentLength']} bytes; the log takes {MOST_BYTES} at most"
                )
            raw: bytes = body.read()
            return raw
