"""The CloudEvent around every payload (CloudEvents 1.0.2, JSON format, structured mode)."""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypedDict, TypeVar, Unpack

import msgspec

from reptidex.streams.contract import Message

T = TypeVar("T")

SEQUENCE_DIGITS = 12
"""CloudEvents `sequence` is ordered as text, so the aggregate's version is written with leading zeros.

A longer one is unreadable everywhere: readers keep the version they have seen as a 64-bit integer.
"""


def _specversion() -> Literal["1.0"]:
    return "1.0"


class CloudEvent(msgspec.Struct, Generic[T], frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One event or command with its context.

    `subject` is the aggregate's id and the Kafka key; `sequence` the aggregate's version, shared by all events of that
    aggregate; `correlationid` names the request that began it all, `causationid` the message that caused this one.
    """

    # A factory, since a plain default would be left out of the bytes, and the specification requires it there.
    specversion: Literal["1.0"] = msgspec.field(default_factory=_specversion)
    id: str
    source: str
    type: str
    subject: str
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    """With its offset from UTC: one without is no moment, and readers compare moments (RFC 3339)."""
    dataschema: str
    datacontenttype: str = "application/json"
    sequence: Annotated[str, msgspec.Meta(max_length=SEQUENCE_DIGITS)] | None = None
    correlationid: str | None = None
    causationid: str | None = None
    actor: str | None = None
    """`user:<id>`, `service:<name>` or None for the platform itself."""
    vivariumid: str | None = None
    traceparent: str | None = None
    rxorigin: str | None = None
    rxhops: int | None = None
    dataref: str | None = None
    data: T

    @property
    def version(self) -> int:
        """The aggregate's version as a number; 0 where the event carries none (commands)."""
        return int(self.sequence) if self.sequence else 0


AnyEvent = CloudEvent[Any]


def sequence_text(version: int) -> str:
    """Write an aggregate's version so that text order is number order."""
    return f"{version:0{SEQUENCE_DIGITS}d}"


class Circumstances(TypedDict, total=False):
    """The attributes of an envelope that tell what led to its message."""

    correlationid: str | None
    causationid: str | None
    actor: str | None
    vivariumid: str | None
    traceparent: str | None


def circumstances_of(cause: AnyEvent) -> Circumstances:
    """Return the circumstances of what a message has caused."""
    return Circumstances(
        correlationid=cause.correlationid or cause.id,
        causationid=cause.id,
        actor=cause.actor,
        vivariumid=cause.vivariumid,
        traceparent=cause.traceparent,
    )


def enveloped(message: Message, message_id: str, time: datetime, **circumstances: Unpack[Circumstances]) -> AnyEvent:
    """Put a message of its own service into an envelope, without a `sequence`: a command has none."""
    contract = message.contract
    return CloudEvent(
        id=message_id,
        source=f"/repti-{contract.service}",
        type=contract.name,
        subject=message.key,
        time=time,
        dataschema=contract.schema,
        **circumstances,
        data=message,
    )
