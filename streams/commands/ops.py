"""What repti-ops is asked to do."""

import msgspec

from reptidex.streams.contract import Command, command
from reptidex.streams.ops import (
    AdminAction,
    AdminTarget,
    ComplianceScope,
    HealthStatus,
    ModerationDecision,
    ReportReason,
)
from reptidex.streams.values import Id, Key, LongText, SubjectKind


@command(key="stream")
class SealStream(Command, frozen=True, kw_only=True):
    """Seal what an audit stream gathered since its last checkpoint."""

    stream: Key


@command(key="target_id")
class PerformAdminAction(Command, frozen=True, kw_only=True):
    """Carry out an act of a platform administrator."""

    target_id: Key
    target_kind: AdminTarget
    admin_id: Id
    action: AdminAction
    reason: LongText
    value: LongText | None = None


class AdminTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an act whose target is kept elsewhere: it is written down, and told to who carries it out."""

    target_id: str
    action: str


@command(key="subject_id")
class FlagContent(Command, frozen=True, kw_only=True):
    """Report something to the moderators."""

    subject_id: Id
    subject_kind: SubjectKind
    reporter_id: Id
    reason: ReportReason


@command(key="subject_id")
class DecideCase(Command, frozen=True, kw_only=True):
    """Decide a moderation case."""

    subject_id: Id
    admin_id: Id
    decision: ModerationDecision
    subject_kind: SubjectKind | None = None
    """What the subject is, where those who reported it were wrong about that."""
    reason: LongText = ""


@command(key="subject_id")
class AppealDecision(Command, frozen=True, kw_only=True):
    """Contest a decision about one's own content, once."""

    subject_id: Id
    author_id: Id


@command(key="user_id")
class RequestErasure(Command, frozen=True, kw_only=True):
    """Have one's own data erased everywhere."""

    user_id: Id
    request_id: Id
    scope: ComplianceScope = "gdpr"


@command(key="service")
class WatchService(Command, frozen=True, kw_only=True):
    """Look at a service's health now, and again at each interval; sent at start, and by its own timer."""

    service: Key


@command(key="service")
class RecordHealth(Command, frozen=True, kw_only=True):
    """Take down what a look at a service's health found."""

    service: Key
    status: HealthStatus
    dependencies: dict[str, float] = {}
    """Latency of each dependency in milliseconds; a negative one is down."""
