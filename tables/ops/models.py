"""The rows of repti-ops."""

from datetime import datetime
from typing import Literal

from reptidex.streams.ops import AlertSeverity, HealthStatus, ModerationDecision
from reptidex.streams.values import SubjectKind
from reptidex.tables.row import Row, stored

NO_PLACE = -1
"""Of an audit record that a replay found on the log, and the trail did not hold."""


@stored(
    "audit_records",
    key="event_id",
    indexes=(("correlation_id", "at"), ("name", "at"), ("subject", "at"), ("actor", "at"), ("stream", "place")),
)
class AuditRecord(Row, frozen=True, kw_only=True):
    """One published event, once. The payload itself stays on the log; its digest is here."""

    event_id: str
    stream: str
    """The publisher (`repti-core`); each has its own Merkle tree."""
    place: int
    """The record's place in the stream, from 0; or `NO_PLACE`."""
    name: str
    subject: str
    sequence: int
    at: datetime
    correlation_id: str | None = None
    causation_id: str | None = None
    actor: str | None = None
    vivarium_id: str | None = None
    digest: str
    """Hex of the SHA-256 of the event's canonical bytes: the leaf of the tree."""


@stored("audit_streams", key="stream")
class AuditStream(Row, frozen=True, kw_only=True):
    """The Merkle tree of one publisher, by its frontier."""

    stream: str
    size: int = 0
    frontier: bytes = b""
    """The roots of its perfect subtrees, largest first, one behind the other."""
    sealed: int = 0
    """How many records the last checkpoint covers."""
    sealed_root: str | None = None


@stored("audit_tiles", key="tile_id", indexes=(("stream", "number"),))
class AuditTile(Row, frozen=True, kw_only=True):
    """The root over 256 neighbouring records of a stream, so that proofs need not read the whole of it."""

    tile_id: str
    """`<stream>/<number>`"""
    stream: str
    number: int
    root: str


@stored("audit_seals", key="seal_id", indexes=(("stream", "last"),))
class AuditSeal(Row, frozen=True, kw_only=True):
    """A checkpoint, as it was published."""

    seal_id: str
    stream: str
    first: int
    last: int
    root: str
    previous: str | None = None
    at: datetime


@stored("people", key="user_id", indexes=(("registered_at",),))
class Person(Row, frozen=True, kw_only=True):
    """A registered user, as administrators see one."""

    user_id: str
    display_name: str
    status: str = "active"
    """`active`, `suspended`, `deleted`."""
    registered_at: datetime
    seen_version: int = 0


@stored("organizations", key="vivarium_id", indexes=(("created_at",),))
class Organization(Row, frozen=True, kw_only=True):
    """A vivarium, as administrators see one."""

    vivarium_id: str
    name: str
    kind: str
    plan: str
    status: str = "active"
    created_at: datetime
    seen_version: int = 0


@stored("cases", key="subject_id", indexes=(("status", "opened_at"),))
class Case(Row, frozen=True, kw_only=True):
    """A moderation case about one subject."""

    subject_id: str
    case_id: str
    subject_kind: SubjectKind
    vivarium_id: str | None = None
    author_id: str | None = None
    """Whose it is, where that is known: who may contest the decision."""
    reasons: list[str] = []
    reporters: list[str] = []
    status: Literal["open", "decided", "appealed"] = "open"
    decision: ModerationDecision | None = None
    opened_at: datetime
    decided_at: datetime | None = None
    appealed_at: datetime | None = None


@stored("compliance_requests", key="request_id", indexes=(("user_id", "asked_at"), ("status", "due_at")))
class ComplianceRequest(Row, frozen=True, kw_only=True):
    """A person's request about their own data."""

    request_id: str
    user_id: str
    kind: str
    scope: str
    status: str = "asked"
    """`asked`; `erased` once repti-core has deleted the account, which every service hears of."""
    asked_at: datetime
    due_at: datetime
    done_at: datetime | None = None


@stored("alerts", key="alert_id", indexes=(("status", "since"),))
class Alert(Row, frozen=True, kw_only=True):
    """Something that an engineer should look at."""

    alert_id: str
    """What it is about, so that it is raised once: `down:<service>`, or the id of a message."""
    number: str
    """The id by which events call it; another one each time it is raised."""
    service: str
    rule: str
    severity: AlertSeverity
    value: float
    detail: str
    since: datetime
    status: str = "raised"
    resolved_at: datetime | None = None


@stored("health", key="service")
class Health(Row, frozen=True, kw_only=True):
    """How a service did when we last looked."""

    service: str
    status: HealthStatus
    since: datetime
    looked_at: datetime
    missed_looks: int = 0
    """How many times in a row it was down."""
    dependencies: dict[str, float] = {}


@stored("event_counts", key="name")
class EventCount(Row, frozen=True, kw_only=True):
    """How often an event has been heard since the beginning."""

    name: str
    count: int
    last_at: datetime
