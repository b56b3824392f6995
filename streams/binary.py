"""CloudEvents in binary mode: the context in headers, the payload in the body (HTTP Protocol Binding 1.0.2, section 3.1)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from reptidex.errors import ContractError

PREFIX = "ce-"
_JSON = re.compile(r"application/([a-z0-9.-]+\+)?json\s*(;|$)", re.IGNORECASE)
NUMBERS = ("rxhops",)
"""The attributes of ours that are an Integer."""


def is_binary(headers: Mapping[str, str]) -> bool:
    """Say whether a request brings an event in binary mode: the content type is not that of a whole event (section 3)."""
    kind = headers.get("Content-Type", "").lower()
    return not kind.startswith("application/cloudevents") and f"{PREFIX}specversion" in headers


def structured(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return an event that came in binary mode as one in structured mode. Raises `ContractError` for a body that is no JSON."""
    event: dict[str, Any] = {}
    for name, value in headers.items():
        if name.lower().startswith(PREFIX):
            # Section 3.1.3.2: what is no printable ASCII is written in percents.
            event[name.lower().removeprefix(PREFIX)] = unquote(value, errors="replace")
    for name in NUMBERS:
        if str(event.get(name, "")).isdecimal():
            event[name] = int(event[name])
    kind = headers.get("Content-Type", "")
    if not _JSON.match(kind):
        raise ContractError(
            f"the content type of the data is {kind!r}; it has to be application/json - at `$.datacontenttype`"
        )
    if kind != "application/json":  # which it is where nothing is said
        event["datacontenttype"] = kind
    try:
        event["data"] = msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ContractError(f"the data is no JSON: {problem} - at `$.data`") from problem
    return msgspec.json.encode(event)
