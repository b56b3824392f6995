"""The message attributes that the bridge sends: few, chosen by name, so that filters and tracing see what they need.

Everything in them stands in the body too. Copying "all headers" would one day make eleven, and raw delivery then drops
the message.
"""

from collections.abc import Mapping
from typing import Any

from reptidex.connectors.bridge.heads import Head

NAMES = ("type", "source", "rxorigin", "rxhops", "traceparent", "rxorg")
"""Six; two more are the pointer of a large payload (`ExtendedPayloadSize`, `dataref`)."""


def text(value: str) -> dict[str, str]:
    """Return an attribute of the type String."""
    return {"DataType": "String", "StringValue": value}


def number(value: int) -> dict[str, str]:
    """Return an attribute of the type Number."""
    return {"DataType": "Number", "StringValue": str(value)}


def attributes_of(head: Head, origin: str, hops: int) -> dict[str, dict[str, str]]:
    """Return the attributes of an event that goes out."""
    found = {
        "type": text(head.type),
        "source": text(head.source),
        "rxorigin": text(origin),
        "rxhops": number(hops),
    }
    if head.traceparent:
        found["traceparent"] = text(head.traceparent)
    if head.vivariumid:
        found["rxorg"] = text(head.vivariumid)
    return found


def values_of(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the texts of attributes as they come in: from SQS (`StringValue`) or inside SNS's envelope (`Value`)."""
    found = {}
    for name, attribute in attributes.items():
        value = attribute.get("StringValue", attribute.get("Value"))
        if isinstance(value, str):
            found[name] = value
    return found
