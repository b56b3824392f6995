"""What an SQS message says: an event, SNS's envelope around one, or a pointer to one in S3.

Raw delivery is what we subscribe with; the envelope is SNS's default, and partners forget the flag, so both are read
(Amazon SNS Developer Guide, "Parsing Amazon SNS message formats").
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import msgspec

from reptidex.connectors.bridge.attributes import values_of
from reptidex.connectors.bridge.claim_check import Pointer, read_pointer
from reptidex.errors import ContractError

_NONE: Mapping[str, str] = {}


class Unwrapped(NamedTuple):
    """The body of a message without SNS's envelope, its attributes, and the topic that it came by."""

    body: str
    attributes: Mapping[str, str]
    topic_arn: str = ""
    pointer: Pointer | None = None


class _Envelope(msgspec.Struct, rename="pascal"):
    type: str
    message: str
    topic_arn: str
    message_id: str
    message_attributes: dict[str, dict[str, Any]] = {}


_decoder = msgspec.json.Decoder(_Envelope)


def unwrap(
    body: str,
    attributes: Mapping[str, Mapping[str, Any]],
    *,
    topics: Sequence[str],
    buckets: AbstractSet[str],
) -> Unwrapped:
    """Take a message out of SNS's envelope, where it is in one. `topics` are the ARN patterns that may come in envelopes.

    Raises `ContractError` for an envelope of a topic, and a pointer into a bucket, that is not allowed.
    """
    if body.startswith("{") and '"TopicArn"' not in body:
        return Unwrapped(body, values_of(attributes) if attributes else _NONE)
    found = Unwrapped(body, values_of(attributes))
    if looks_enveloped(body):
        try:
            envelope = _decoder.decode(body)
        except (msgspec.MsgspecError, RecursionError) as problem:
            raise ContractError(f"this is no envelope of SNS: {problem}") from None
        if not any(fnmatchcase(envelope.topic_arn, pattern) for pattern in topics):
            raise ContractError(f"nothing is taken from the topic {envelope.topic_arn!r}")
        found = Unwrapped(envelope.message, values_of(envelope.message_attributes), envelope.topic_arn)
    return found._replace(pointer=read_pointer(found.body, found.attributes, buckets))


def looks_enveloped(body: str) -> bool:
    """Say whether a body is SNS's envelope: `Type` is `Notification`, and it names its topic."""
    if '"TopicArn"' not in body or '"Notification"' not in body:
        return False
    try:
        return msgspec.json.decode(body, type=_Kind).type == "Notification"
    except (msgspec.MsgspecError, RecursionError):
        return False


class _Kind(msgspec.Struct):
    type: str = msgspec.field(name="Type", default="")
