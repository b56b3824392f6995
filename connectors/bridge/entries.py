"""An event on its way out, as an entry of `PublishBatch`, made from the bytes of the log and checked against AWS's limits."""

import hashlib
import string
from collections.abc import Callable
from typing import Any

import msgspec

from reptidex.connectors.bridge import limits
from reptidex.connectors.bridge.attributes import attributes_of
from reptidex.connectors.bridge.claim_check import FROM_BYTES, Pointer, pointer_attributes, pointer_body
from reptidex.connectors.bridge.heads import Head
from reptidex.connectors.bridge.loops import sent_on
from reptidex.connectors.bridge.verdicts import Verdict

Fields = dict[str, Any]
_ID_CHARACTERS = frozenset(string.ascii_letters + string.digits + string.punctuation)


class Entry(msgspec.Struct, gc=False, kw_only=True):
    """One event on its way out."""

    name: str
    """The event's name."""
    arn: str
    lane: str
    """Entries of one lane (the Kafka key) leave one after the other."""
    fields: Fields = {}
    """What boto3 gets, but for `Id`."""
    size: int = 0
    """Body and attributes in bytes."""
    raw: bytes
    """The bytes on the log."""
    settle: Callable[[], None]
    """Called once it is acknowledged, or kept as a dead letter."""
    wanted: Callable[[], bool]
    """Whether it is still ours to send."""
    place: tuple[str, int, int]
    """Topic, partition and offset."""
    payload: bytes | None = None
    """What goes to S3 first, where it is too large."""
    large: bool = False
    """Whether it goes by S3."""
    refusal: Verdict | None = None
    """Why it cannot be sent at all; it becomes a letter when its turn comes."""
    alone: bool = False
    """It gets a call of its own: a call with others failed as a whole."""
    attempts: int = 0


def group_of(key: str) -> str:
    """Return the `MessageGroupId` of a key: itself, or its hash where SNS would not take it."""
    if 0 < len(key) <= limits.ID_CHARACTERS and _ID_CHARACTERS.issuperset(key):
        return key
    return hashlib.sha256(key.encode()).hexdigest()


def fields_of(
    raw: bytes, head: Head, *, own: str, key: str, fifo: bool, fair: bool = False
) -> tuple[Fields, int, bytes | None]:
    """Return what boto3 gets for an event (without `Id`), its size, and what has to go to S3 first where it is too large.

    `fair` names the vivarium as the group of a standard topic, so that SQS's fair queues keep a large one from starving
    the others. Raises `LimitError`.
    """
    body, origin, hops = sent_on(raw, head, own)
    attributes = attributes_of(head, origin, hops)
    limits.check_attributes(attributes)
    written = limits.escaped(body.decode())
    size = (
        len(body) if written.isascii() and len(written) == len(body) else len(written.encode())
    ) + limits.attribute_bytes(attributes)
    payload = None
    if size >= FROM_BYTES:
        payload, written = written.encode(), ""
    else:
        limits.check_body(written)
    fields: Fields = {"Message": written, "MessageAttributes": attributes}
    if fifo:
        fields["MessageGroupId"] = group_of(key)
        fields["MessageDeduplicationId"] = group_of(head.id)
    elif fair and head.vivariumid:
        fields["MessageGroupId"] = group_of(head.vivariumid)
    return fields, size, payload


def point(entry: Entry, pointer: Pointer, *, legacy: bool) -> None:
    """Put the pointer in the place of what is now in S3. Raises `LimitError`."""
    assert entry.payload is not None
    attributes = entry.fields["MessageAttributes"] | pointer_attributes(pointer, len(entry.payload), legacy=legacy)
    limits.check_attributes(attributes)
    body = pointer_body(pointer, legacy=legacy)
    entry.fields |= {"Message": body, "MessageAttributes": attributes}
    entry.size = len(body.encode()) + limits.attribute_bytes(attributes)
    entry.payload = None


def request_of(entries: list[Entry]) -> list[Fields]:
    """Return the entries of a call with their ids, checked as a batch. Raises `LimitError`."""
    ids = [str(number) for number in range(len(entries))]
    limits.check_batch(ids, sum(entry.size for entry in entries))
    return [{"Id": name, **entry.fields} for name, entry in zip(ids, entries, strict=True)]
