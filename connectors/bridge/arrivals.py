"""From what came over SQS to an event that may go onto the log: read, judged, and written for the log."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import msgspec

from reptidex.connectors.bridge.claim_check import MOST_BYTES
from reptidex.connectors.bridge.heads import Head, head_of, with_members
from reptidex.connectors.bridge.loops import Lock, inbound_lock
from reptidex.connectors.bridge.ports import Header, Identity, Said
from reptidex.errors import ContractError, UnknownContractError
from reptidex.streams import edge
from reptidex.streams.codec import CONTENT_TYPE

_CONTENT_TYPE = ("content-type", CONTENT_TYPE.encode())


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """What comes in: which events (patterns such as `animal.*`), and in whose name."""

    events: tuple[str, ...]
    own: str
    """Our origin: what carries it has been here."""
    origin: str = "outside"
    """The origin of events that name none."""

    def admits(self, name: str) -> bool:
        """Say whether events of this name may come in."""
        return comes_in(name, self.events)


FAMILIES_BY_NAME = ("auth", "org", "payment", "billing", "config", "admin", "audit")
"""What moves money, opens accounts and gives rights: a pattern lets it in where it names the family, `*` does not."""


@lru_cache(maxsize=4096)
def comes_in(name: str, patterns: tuple[str, ...]) -> bool:
    """Say whether an event may come in by these patterns. Whoever writes to the queue then says it in the platform's name."""
    family = name.partition(".")[0]
    if family in FAMILIES_BY_NAME:
        patterns = tuple(each for each in patterns if each.startswith(("!", f"{family}.")))
    return admitted(name, patterns)


@lru_cache(maxsize=4096)
def admitted(name: str, patterns: tuple[str, ...]) -> bool:
    """Say whether a name matches one of the patterns, and none of those that begin with `!`."""
    found = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if fnmatchcase(name, pattern[1:]):
                return False
        elif fnmatchcase(name, pattern):
            found = True
    return found


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """An event on its way in."""

    said: Said
    """The record for the log."""
    identity: Identity
    """By which a repeat is known."""

    @property
    def name(self) -> str:
        """The event's name."""
        return self.said.topic


def read_event(raw: bytes, attributes: Mapping[str, str], admission: Admission) -> Arrival | Lock:
    """Read an event for the log, or say which lock against loops drops it.

    Its bytes go on as they came; origin, hops and trace context are put in where the body lacks them.
    Raises `ContractError` with the place of what is wrong, `UnknownContractError`.
    """
    head = head_of(raw)
    missing: dict[str, object] = {}
    if head.rxorigin is None:
        missing["rxorigin"] = head.rxorigin = attributes.get("rxorigin") or admission.origin
        edge.check_origin(head.rxorigin)
    if head.rxhops is None:
        missing["rxhops"] = head.rxhops = _hops(attributes.get("rxhops", ""))
    if head.traceparent is None and attributes.get("traceparent"):
        missing["traceparent"] = head.traceparent = attributes["traceparent"]
    if lock := inbound_lock(head, admission.own):
        return lock
    if head.type not in edge.known_events():
        raise UnknownContractError(head.type)
    if not admission.admits(head.type):
        raise ContractError(f"{head.type} does not come in by this bridge; REPTIDEX_BRIDGE_INBOUND says what does")
    event = edge.accept(raw, service=None, name=head.type, most_bytes=MOST_BYTES)
    value = with_members(raw, missing) if missing else raw
    return Arrival(Said(event.type, event.subject, value, _headers(head)), (event.source, event.id))


def self_contained(body: str, attributes: Mapping[str, str]) -> str:
    """Return a message with what only its attributes said of where it came from: a letter keeps the body alone.

    What is no JSON object stays as it is.
    """
    try:
        said = _origins.decode(body)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return body
    missing: dict[str, object] = {
        name: attributes[name]
        for name in ("rxorigin", "traceparent")
        if getattr(said, name) is None and attributes.get(name)
    }
    if said.rxhops is None and "rxhops" in attributes:
        missing["rxhops"] = _hops(attributes["rxhops"])
    return with_members(body.encode(), missing).decode() if missing else body


class _Origins(msgspec.Struct):
    type: str
    """Without it, it is no event, but an envelope, say, which holds its own attributes."""
    rxorigin: Any = None
    rxhops: Any = None
    traceparent: Any = None


_origins = msgspec.json.Decoder(_Origins)


def _hops(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else 1


def _headers(head: Head) -> tuple[Header, ...]:
    found = (_CONTENT_TYPE, ("ce_id", head.id.encode()), *_known(head.type, head.rxorigin or "", head.rxhops or 0))
    return (*found, ("traceparent", head.traceparent.encode())) if head.traceparent else found


@lru_cache(maxsize=4096)
def _known(name: str, origin: str, hops: int) -> tuple[Header, ...]:
    return ("ce_type", name.encode()), ("ce_rxorigin", origin.encode()), ("ce_rxhops", str(hops).encode())
