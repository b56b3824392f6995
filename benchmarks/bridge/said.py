"""The events that both sides carry."""

import json
import uuid
from functools import cache

import msgspec

from reptidex.streams.examples import example_documents

EVENT = "animal.updated"
_ID = "00000000-0000-7000-8000-00000000c0de"
_KEY = "00000000-0000-7000-9000-0000000000ff"
KEYS = 1000


@cache
def _template() -> bytes:
    document = example_documents(EVENT)[0]
    data = document["data"] | {"animal_id": _KEY}
    return msgspec.json.encode(document | {"id": _ID, "subject": _KEY, "data": data})


def event(number: int) -> tuple[str, bytes]:
    """Return key and bytes of the n-th event."""
    key = str(uuid.UUID(int=(7 << 76) | (9 << 60) | number % KEYS))
    name = str(uuid.UUID(int=(7 << 76) | (8 << 60) | number))
    return key, _template().replace(_KEY.encode(), key.encode()).replace(_ID.encode(), name.encode())


@cache
def _sqs_template() -> bytes:
    said = {
        "MessageId": "@id@",
        "ReceiptHandle": "@id@",
        "Body": _template().decode(),
        "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1700000000000"},
    }
    return json.dumps(said).encode()


def sqs_body(number: int) -> bytes:
    """Return the n-th message as a receive answers it."""
    name = str(uuid.UUID(int=(7 << 76) | (8 << 60) | number)).encode()
    key = str(uuid.UUID(int=(7 << 76) | (9 << 60) | number % KEYS)).encode()
    return _sqs_template().replace(b"@id@", name).replace(_ID.encode(), name).replace(_KEY.encode(), key)
