"""What is asked of repti-ops' database."""

from datetime import datetime

from reptidex.tables.ops.models import (
    Alert,
    AuditRecord,
    AuditSeal,
    AuditStream,
    AuditTile,
    Case,
    ComplianceRequest,
    EventCount,
    Health,
    Organization,
    Person,
)
from reptidex.tables.query import Query, select


def chain(correlation_id: str) -> Query[AuditRecord]:
    """Return the records of one request, oldest first."""
    return select(AuditRecord, AuditRecord.c.correlation_id == correlation_id, order=("at",), limit=2000)


def records(
    *, name: str | None, subject: str | None, actor: str | None, since: datetime | None, until: datetime | None
) -> Query[AuditRecord]:
    """Return audit records under filters, newest first."""
    where = []
    if name:
        column, begins = AuditRecord.c.name, name.removesuffix("*")
        where.append(column.startswith(begins, autoescape=True) if name.endswith("*") else column == name)
    if subject:
        where.append(AuditRecord.c.subject == subject)
    if actor:
        where.append(AuditRecord.c.actor == actor)
    if since:
        where.append(AuditRecord.c.at >= since)
    if until:
        where.append(AuditRecord.c.at < until)
    return select(AuditRecord, *where, order=("-at",))


def stretch(stream: str, first: int, end: int) -> Query[AuditRecord]:
    """Return the records of a stream from one place up to, and without, another, in order of place."""
    place = AuditRecord.c.place
    return select(AuditRecord, AuditRecord.c.stream == stream, place >= first, place < end, order=("place",))


def tiles(stream: str, count: int) -> Query[AuditTile]:
    """Return the first tiles of a stream, in their order."""
    return select(AuditTile, AuditTile.c.stream == stream, AuditTile.c.number < count, order=("number",))


def streams() -> Query[AuditStream]:
    """Return the trees of all publishers."""
    return select(AuditStream, order=("stream",))


def seals(stream: str) -> Query[AuditSeal]:
    """Return the checkpoints of a stream, newest first."""
    return select(AuditSeal, AuditSeal.c.stream == stream, order=("-last",))


def seal_over(stream: str, place: int) -> Query[AuditSeal]:
    """Return the first checkpoint that covers a place."""
    return select(AuditSeal, AuditSeal.c.stream == stream, AuditSeal.c.last >= place, order=("last",), limit=1)


def people() -> Query[Person]:
    """Return users, newest first."""
    return select(Person, Person.c.status != "deleted", order=("-registered_at",))


def organizations() -> Query[Organization]:
    """Return vivariums, newest first."""
    return select(Organization, order=("-created_at",))


def cases(status: str | None) -> Query[Case]:
    """Return moderation cases, oldest first."""
    return select(Case, *([Case.c.status == status] if status else []), order=("opened_at",))


def compliance_requests(user_id: str | None, kind: str | None = None) -> Query[ComplianceRequest]:
    """Return requests about personal data, newest first; one person's, or of one kind, where asked."""
    where = [ComplianceRequest.c.user_id == user_id] if user_id else []
    where += [ComplianceRequest.c.kind == kind] if kind else []
    return select(ComplianceRequest, *where, order=("-asked_at",))


def alerts(status: str | None, *, limit: int | None = None) -> Query[Alert]:
    """Return alerts, newest first."""
    return select(Alert, *([Alert.c.status == status] if status else []), order=("-since",), limit=limit)


def counts() -> Query[EventCount]:
    """Return the count of every event name."""
    return select(EventCount, order=("name",))


def health() -> Query[Health]:
    """Return the health of every service."""
    return select(Health, order=("service",))
