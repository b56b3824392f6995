"""The events that repti-ops publishes: administration, moderation, audit, compliance, integrations, monitoring."""

from typing import Literal

import msgspec

from reptidex.streams.contract import Event, event
from reptidex.streams.values import Count, Digest, Id, Key, LongText, Positive, Service, SubjectKind, Text, Time

AdminAction = Literal[
    "user.suspend",
    "user.restore",
    "user.verify",
    "org.suspend",
    "org.restore",
    "org.settings",
    "config.change",
    "feature.toggle",
    "entitlement.override",
    "content.remove",
    "content.restore",
    "integration.change",
    "letters.redrive",
]
AdminTarget = Literal["user", "org", "config", "feature", "content", "integration", "letter"]
ReportReason = Literal["spam", "abuse", "fraud", "welfare", "illegal", "lineage", "privacy", "other"]
ModerationDecision = Literal["keep", "hide", "remove", "warn", "suspend"]
ComplianceScope = Literal["gdpr", "ccpa"]
HealthStatus = Literal["up", "degraded", "down"]
AlertSeverity = Literal["warning", "critical"]


@event("admin.action.performed", key="target_id")
class AdminActionPerformed(Event, frozen=True, kw_only=True):
    """An administrator of the platform changed something; repti-core carries out changes of status."""

    target_id: Key
    target_kind: AdminTarget
    admin_id: Id
    action: AdminAction
    before_digest: Digest | None = None
    after_digest: Digest | None = None
    value: LongText | None = None
    """The new value as JSON, where the action sets one; never a person's data."""
    reason: LongText = ""


class ModerationRecord(Event, frozen=True, kw_only=True):
    """A case of moderation."""

    subject_id: Id
    subject_kind: SubjectKind
    case_id: Id
    vivarium_id: Id | None = None
    author_id: Id | None = None
    """The person whose content it is."""


@event("admin.moderation.flagged", key="subject_id")
class AdminModerationFlagged(ModerationRecord, frozen=True, kw_only=True):
    """Somebody, or the automatic check, reported something."""

    reason: ReportReason
    by: Literal["user", "automatic", "admin"] = "user"
    reporter_id: Id | None = None
    reports: Positive = 1
    """How many reports this subject now has."""


@event("admin.moderation.decided", key="subject_id")
class AdminModerationDecided(ModerationRecord, frozen=True, kw_only=True):
    """A moderator decided a case; every service that shows the subject acts on it."""

    decision: ModerationDecision
    admin_id: Id
    reason: LongText = ""
    appeal: bool = False
    """Whether it decides an appeal."""


@event("admin.moderation.appealed", key="subject_id")
class AdminModerationAppealed(ModerationRecord, frozen=True, kw_only=True):
    """The author contests a decision."""

    decision: ModerationDecision
    """The decision that is contested."""


@event("audit.logged", key="stream")
class AuditLogged(Event, frozen=True, kw_only=True):
    """A stretch of an audit stream was sealed with the root of its Merkle tree."""

    stream: Key
    first: Count
    last: Count
    """The places of the first and the last record of the stretch."""
    root_digest: Digest
    previous_digest: Digest | None = None
    """The root of the checkpoint before it."""


class ComplianceRecord(Event, frozen=True, kw_only=True):
    """A person's request about their own data."""

    user_id: Id
    request_id: Id
    scope: ComplianceScope = "gdpr"


@event("audit.compliance.requested", key="user_id")
class AuditComplianceRequested(ComplianceRecord, frozen=True, kw_only=True):
    """A person asked for their data or for its erasure: every service does its part."""

    kind: Literal["export", "erasure"]
    due_at: Time
    services: tuple[Service, ...] = ("core", "animal", "commerce", "media", "community", "ops")
    """Whose part is awaited."""


@event("audit.compliance.exported", key="user_id")
class AuditComplianceExported(ComplianceRecord, frozen=True, kw_only=True):
    """The export of a person's data is ready to be fetched by that person."""

    artefact_id: Id
    digest: Digest
    size_bytes: Count
    expires_at: Time


@event("audit.compliance.erased", key="user_id")
class AuditComplianceErased(ComplianceRecord, frozen=True, kw_only=True):
    """A person's data is erased or made nobody's everywhere."""

    services: tuple[Service, ...]
    kept: tuple[Text, ...] = ()
    """Kinds of records that the law makes us keep, such as `invoices`."""


@event("audit.compliance.reported", key="user_id")
class AuditComplianceReported(ComplianceRecord, frozen=True, kw_only=True):
    """The report on how a person's request was dealt with is written."""

    kind: Literal["export", "erasure"]
    artefact_id: Id
    digest: Digest
    in_time: bool = True


class IntegrationRecord(Event, frozen=True, kw_only=True):
    """A connection to a partner."""

    integration_id: Id
    kind: Literal["lab", "marketplace", "registry", "grafana", "webhook", "aws"]
    vivarium_id: Id | None = None


@event("integration.sync.started", key="integration_id")
class IntegrationSyncStarted(IntegrationRecord, frozen=True, kw_only=True):
    """Data began to be exchanged with a partner."""

    sync_id: Id
    cursor: Text = ""
    """Where the last exchange stopped."""


@event("integration.sync.completed", key="integration_id")
class IntegrationSyncCompleted(IntegrationRecord, frozen=True, kw_only=True):
    """Data was exchanged with a partner."""

    sync_id: Id
    cursor: Text = ""
    received: Count = 0
    sent: Count = 0
    skipped: Count = 0


@event("integration.error.raised", key="integration_id")
class IntegrationErrorRaised(IntegrationRecord, frozen=True, kw_only=True):
    """The exchange with a partner failed."""

    sync_id: Id | None = None
    error: Text
    """The class of the error, never its text with the partner's data."""
    retriable: bool = True
    attempt: Positive = 1


class AlertRecord(Event, frozen=True, kw_only=True):
    """An alarm about a service."""

    service: Key
    alert_id: Id
    rule: Text
    severity: AlertSeverity = "warning"
    value: float
    threshold: float | None = None
    since: Time


@event("monitoring.alert.raised", key="service")
class MonitoringAlertRaised(AlertRecord, frozen=True, kw_only=True):
    """A figure of a service broke its rule for long enough."""


@event("monitoring.alert.resolved", key="service")
class MonitoringAlertResolved(AlertRecord, frozen=True, kw_only=True):
    """A figure of a service keeps its rule again."""

    resolved_at: Time


class DependencyHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How one dependency of a service does."""

    name: Text
    status: Literal["up", "slow", "down"]
    latency_ms: float = 0.0


@event("monitoring.health.changed", key="service")
class MonitoringHealthChanged(Event, frozen=True, kw_only=True):
    """A service's health is another than before."""

    service: Key
    status: HealthStatus
    previous_status: HealthStatus | None = None
    since: Time
    dependencies: tuple[DependencyHealth, ...] = ()
