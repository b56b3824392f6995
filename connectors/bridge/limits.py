"""The limits of SNS and SQS, checked before a call is made, each with the place where AWS states it.

No emulator checks most of these, and AWS answers some breaches by dropping the message without a word (an eleventh
attribute under raw delivery), so what passes a test would fail in production alone.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reptidex.errors import ReptidexError

TOPIC_NAME_CHARACTERS = 256
QUEUE_NAME_CHARACTERS = 80
ATTRIBUTES_WE_SEND = 8
"""Raw delivery takes ten; one is left to a tracing agent, one to the pointer of a large payload."""
ATTRIBUTE_NAME_CHARACTERS = 256
SNS_BYTES = 256 * 1024
SQS_BYTES = 1024 * 1024
BATCH_ENTRIES = 10
ENTRY_ID_CHARACTERS = 80
ID_CHARACTERS = 128
SUBJECT_CHARACTERS = 99
VISIBILITY_S = 12 * 60 * 60
WAIT_S = 20

_NAME = re.compile(r"[A-Za-z0-9_-]+(\.fifo)?")
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_RESERVED = re.compile(r"(aws|amazon)\.", re.IGNORECASE)
_TYPE = re.compile(r"(String|Number|Binary)(\.[A-Za-z0-9_.-]+)?")
_NUMBER = re.compile(r"[+-]?(?=[0-9.])(?P<whole>[0-9]*)(\.(?P<part>[0-9]*))?([eE](?P<power>[+-]?[0-9]{1,3}))?")
_ENTRY_ID = re.compile(rf"[A-Za-z0-9_-]{{1,{ENTRY_ID_CHARACTERS}}}")
_SUBJECT = re.compile(rf"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{{1,{SUBJECT_CHARACTERS}}}")
_REFUSED = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

SNS_CREATE_TOPIC = "Amazon SNS API Reference, CreateTopic, Name"
SQS_CREATE_QUEUE = "Amazon SQS API Reference, CreateQueue, QueueName"
SNS_PUBLISH = "Amazon SNS API Reference, Publish"
SNS_PUBLISH_BATCH = "Amazon SNS API Reference, PublishBatch"
SNS_ATTRIBUTES = "Amazon SNS Developer Guide, Message attributes"
SNS_RAW = "Amazon SNS Developer Guide, Raw message delivery"
SQS_SEND = "Amazon SQS API Reference, SendMessage"
SQS_RECEIVE = "Amazon SQS API Reference, ReceiveMessage"
SQS_ATTRIBUTES = "Amazon SQS Developer Guide, Message attributes"
SQS_VISIBILITY = "Amazon SQS API Reference, ChangeMessageVisibility"

Attributes = Mapping[str, Mapping[str, Any]]
"""`MessageAttributes` as boto3 takes them: name to `DataType` and `StringValue` or `BinaryValue`."""


class LimitError(ReptidexError):
    """A call would break a limit of AWS; nothing was sent. `source` says where AWS states the limit."""

    status = 422
    title = "AWS would refuse this"

    def __init__(self, limit: str, actual: object, allowed: object, source: str) -> None:
        super().__init__(f"{limit}: {_short(actual)} is not allowed, {allowed} is ({source})")
        self.limit, self.actual, self.allowed, self.source = limit, actual, allowed, source


def check_topic_name(name: str, *, fifo: bool = False) -> None:
    """See that SNS takes a topic's name: up to 256 of letters, digits, `-` and `_`; a FIFO topic ends in `.fifo`.

    Source: Amazon SNS API Reference, CreateTopic.
    """
    _check_name("topic name", name, TOPIC_NAME_CHARACTERS, fifo, SNS_CREATE_TOPIC)


def check_queue_name(name: str, *, fifo: bool = False) -> None:
    """See that SQS takes a queue's name: up to 80 of letters, digits, `-` and `_`, the suffix `.fifo` counted.

    Source: Amazon SQS API Reference, CreateQueue.
    """
    _check_name("queue name", name, QUEUE_NAME_CHARACTERS, fifo, SQS_CREATE_QUEUE)


def _check_name(what: str, name: str, most: int, fifo: bool, source: str) -> None:
    if not _NAME.fullmatch(name):
        raise LimitError(f"{what}, characters", name, "letters, digits, `-`, `_` and the suffix `.fifo`", source)
    if len(name) > most:
        raise LimitError(f"{what}, length", len(name), f"at most {most}", source)
    if name.endswith(".fifo") != fifo:
        raise LimitError(f"{what}, suffix", name, "`.fifo` on FIFO ones and on no other", source)


def check_attributes(attributes: Attributes, *, most: int = ATTRIBUTES_WE_SEND) -> None:
    """See that number, names, types and values of message attributes are such that every subscriber gets them.

    Raw delivery discards a message of more than ten as a client error. Names: up to 256 of letters, digits, `_`, `-`
    and single dots inside, not starting with `AWS.` or `Amazon.`. Types: String, Number and Binary with an optional
    label, String.Array on SNS. Values: never empty; a Number has up to 38 digits and lies within 1E-128 and 1E+126.
    Sources: Amazon SNS Developer Guide, Raw message delivery and Message attributes; Amazon SQS Developer Guide,
    Message attributes.
    """
    if len(attributes) > most:
        raise LimitError("message attributes, number", len(attributes), f"at most {most}", SNS_RAW)
    for name, attribute in attributes.items():
        if not _ATTRIBUTE_NAME.fullmatch(name) or len(name) > ATTRIBUTE_NAME_CHARACTERS or _RESERVED.match(name):
            raise LimitError(
                "attribute name", name, "up to 256 of letters, digits, `_-` and single dots, no `AWS.`", SQS_ATTRIBUTES
            )
        _check_value(name, attribute)


def _check_value(name: str, attribute: Mapping[str, Any]) -> None:
    kind, value = str(attribute.get("DataType", "")), attribute.get("StringValue", attribute.get("BinaryValue"))
    if not _TYPE.fullmatch(kind) or len(kind) > ATTRIBUTE_NAME_CHARACTERS:
        raise LimitError(f"attribute {name}, type", kind, "String, Number, Binary, with a label", SNS_ATTRIBUTES)
    if not isinstance(value, bytes if kind.startswith("Binary") else str) or not value:
        raise LimitError(f"attribute {name}, value", value, f"one of the type {kind}, not empty", SNS_ATTRIBUTES)
    if isinstance(value, str):
        check_characters(value, f"attribute {name}, characters")
        if kind.startswith("Number") and not _is_number(value):
            raise LimitError(f"attribute {name}, value", value, "a number of up to 38 digits", SQS_ATTRIBUTES)


def _is_number(text: str) -> bool:
    found = _NUMBER.fullmatch(text)
    if not found:
        return False
    digits = ((found["whole"] or "") + (found["part"] or "")).strip("0")
    size = len((found["whole"] or "").lstrip("0")) + int(found["power"] or 0)
    return len(digits) <= 38 and -128 <= size <= 127


def check_characters(text: str, what: str = "message body, characters") -> None:
    """See that a text is made of the characters of XML 1.0: #x9, #xA, #xD, #x20-#xD7FF, #xE000-#xFFFD, #x10000-#x10FFFF.

    Source: Amazon SQS API Reference, SendMessage (anything else is `InvalidMessageContents`).
    """
    if text.isascii() and text.isprintable():  # nearly every event; a pattern would cost ten times as much
        return
    found = _REFUSED.search(text)
    if found:
        raise LimitError(what, f"U+{ord(found[0]):04X} at {found.start()}", "what XML 1.0 can hold", SQS_SEND)


def check_body(text: str) -> None:
    """See that a message is not empty and that SQS takes its characters. Source: Amazon SQS API Reference, SendMessage."""
    if not text:
        raise LimitError("message body, length", 0, "at least one character", SQS_SEND)
    check_characters(text)


def attribute_bytes(attributes: Attributes) -> int:
    """Return what attributes add to the size of a message: names, types and values in UTF-8 bytes."""
    size = 0
    for name, attribute in attributes.items():
        value = attribute.get("StringValue", attribute.get("BinaryValue", b""))
        size += (
            len(name)
            + len(str(attribute.get("DataType", "")))
            + len(value.encode() if isinstance(value, str) else value)
        )
    return size


def check_size(size: int, most: int = SNS_BYTES) -> None:
    """See that a message is within the limit: body and attributes (name, type, value) in UTF-8 bytes.

    SNS: 262,144 by default (1,048,576 where the topic says so). Source: Amazon SNS API Reference, Publish, Message.
    SQS: 1,048,576 (pass `SQS_BYTES`). Source: Amazon SQS API Reference, SendMessage, MessageBody.
    """
    if size > most:
        raise LimitError("message size, bytes", size, f"at most {most}", SNS_PUBLISH if most == SNS_BYTES else SQS_SEND)


def check_batch(ids: Sequence[str], total_bytes: int) -> None:
    """See that a batch has 1 to 10 entries, ids that are unique and well formed, and a sum within the limit of one message.

    Sources: Amazon SNS API Reference, PublishBatch and PublishBatchRequestEntry.
    """
    check_entries(ids)
    if total_bytes > SNS_BYTES:
        raise LimitError("batch size, bytes", total_bytes, f"at most {SNS_BYTES}", SNS_PUBLISH_BATCH)


def check_entries(ids: Sequence[str]) -> None:
    """See that a batch of any kind has 1 to 10 entries with unique ids: up to 80 of letters, digits, `-` and `_`.

    Sources: Amazon SNS API Reference, PublishBatch; Amazon SQS API Reference, SendMessageBatch, DeleteMessageBatch and
    ChangeMessageVisibilityBatch.
    """
    if not 1 <= len(ids) <= BATCH_ENTRIES:
        raise LimitError("batch, entries", len(ids), f"1 to {BATCH_ENTRIES}", SNS_PUBLISH_BATCH)
    if len(set(ids)) < len(ids):
        raise LimitError("batch, ids", list(ids), "unique ones", SNS_PUBLISH_BATCH)
    for each in ids:
        if not _ENTRY_ID.fullmatch(each):
            raise LimitError("batch, entry id", each, "up to 80 of letters, digits, `-` and `_`", SNS_PUBLISH_BATCH)


def check_subject(value: str) -> None:
    """See that a subject has less than 100 characters, all of them on one line and printable.

    Source: Amazon SNS API Reference, Publish.
    """
    if not _SUBJECT.fullmatch(value):
        raise LimitError("Subject", value, f"1 to {SUBJECT_CHARACTERS} characters on one line", SNS_PUBLISH)


def check_visibility(seconds: int) -> None:
    """See that a visibility timeout is 0 to 43,200 s. Source: Amazon SQS API Reference, ChangeMessageVisibility."""
    _check_between("VisibilityTimeout", seconds, 0, VISIBILITY_S, SQS_VISIBILITY)


def check_receive(most: int, wait_s: int) -> None:
    """See that a receive asks for 1 to 10 messages and waits 0 to 20 s. Source: Amazon SQS API Reference, ReceiveMessage."""
    _check_between("MaxNumberOfMessages", most, 1, BATCH_ENTRIES, SQS_RECEIVE)
    _check_between("WaitTimeSeconds", wait_s, 0, WAIT_S, SQS_RECEIVE)


def _check_between(what: str, value: int, least: int, most: int, source: str) -> None:
    if not least <= value <= most:
        raise LimitError(what, value, f"{least} to {most}", source)


def escaped(text: str) -> str:
    """Return a JSON text of the same value in which characters that SQS refuses are written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return _REFUSED.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
