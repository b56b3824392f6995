"""From what came over SQS to an event that may go onto the log: read, judged, and written for the log."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import msgspec

from reptidex.connectors.bridge.claim_check import MOST_BYTES
from reptidex.connectors.bridge.heads import Head, head_of, with_members
from reptidex.connectors.bridge.loops import Lock, inbound_lock
from reptidex.connectors.bridge.ports import Header, Identity, Said
from reptidex.errors import ContractError, UnknownContractError
from reptidex.streams import edge
from reptidex.streams.codec import CONTENT_TYPE


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """What comes in: which events (patterns such as `animal.*`), and in whose name."""

    events: tuple[str, ...]
    own: str
    """Our origin: what carries it has been here."""
    origin: str = "outside"
    """The origin of events that name none."""

    def admits(self, name: str) -> bool:
        """Say whether events of this name may come in."""
        return admitted(name, self.events)


def admitted(name: str, patterns: Iterable[str]) -> bool:
    """Say whether a name matches one of the patterns, and none of those that begin with `!`."""
    found = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if fnmatchcase(name, pattern[1:]):
                return False
        elif fnmatchcase(name, pattern):
            found = True
    return found


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way in."""

    name: str
    key: str
    source: str
    event_id: str
    value: bytes
    headers: tuple[Header, ...]

    @property
    def said(self) -> Said:
        """The record for the log."""
        return Said(self.name, self.key, self.value, self.headers)

    @property
    def identity(self) -> Identity:
        """By which a repeat is known."""
        return self.source, self.event_id


def read_event(raw: bytes, attributes: Mapping[str, str], admission: Admission) -> Arrival | Lock:
    """Read an event for the log, or say which lock against loops drops it.

    Its bytes go on as they came; origin, hops and trace context are put in where the body lacks them.
    Raises `ContractError` with the place of what is wrong, `UnknownContractError`.
    """
    head = head_of(raw)
    missing: dict[str, object] = {}
    if head.rxorigin is None:
        missing["rxorigin"] = head.rxorigin = attributes.get("rxorigin") or admission.origin
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
    return Arrival(
        name=event.type,
        key=event.subject,
        source=event.source,
        event_id=event.id,
        value=value,
        headers=_headers(head),
    )


def _hops(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 4 else 1


def _headers(head: Head) -> tuple[Header, ...]:
    found: list[Header] = [
        ("content-type", CONTENT_TYPE.encode()),
        ("ce_id", head.id.encode()),
        ("ce_type", head.type.encode()),
        ("ce_rxorigin", (head.rxorigin or "").encode()),
        ("ce_rxhops", str(head.rxhops or 0).encode()),
    ]
    if head.traceparent:
        found.append(("traceparent", head.traceparent.encode()))
    return tuple(found)
