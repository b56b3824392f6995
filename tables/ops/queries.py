"""What is asked of repti-ops' database."""

from datetime import datetime

from reptidex.tables.ops.models import Alert, AuditRecord, AuditSeal, Case, EventCount, Health, Organization, Person
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
        columns = AuditRecord.c.name
        where.append(
            columns.like(name.removesuffix("*").replace("%", r"\%") + "%") if name.endswith("*") else columns == name
        )
    if subject:
        where.append(AuditRecord.c.subject == subject)
    if actor:
        where.append(AuditRecord.c.actor == actor)
    if since:
        where.append(AuditRecord.c.at >= since)
    if until:
        where.append(AuditRecord.c.at < until)
    return select(AuditRecord, *where, order=("-at",))


def leaves(stream: str, size: int) -> Query[AuditRecord]:
    """Return the first `size` records of a stream in order of place."""
    return select(AuditRecord, AuditRecord.c.stream == stream, AuditRecord.c.place < size, order=("place",))


def seals(stream: str) -> Query[AuditSeal]:
    """Return the checkpoints of a stream, newest first."""
    return select(AuditSeal, AuditSeal.c.stream == stream, order=("-last",))


def seal_over(stream: str, place: int) -> Query[AuditSeal]:
    """Return the first checkpoint that covers a place."""
    return select(AuditSeal, AuditSeal.c.stream == stream, AuditSeal.c.last >= place, order=("last",), limit=1)


def people() -> Query[Person]:
    """Return users, newest first."""
    return select(Person, order=("-registered_at",))


def organizations() -> Query[Organization]:
    """Return vivariums, newest first."""
    return select(Organization, order=("-created_at",))


def cases(status: str | None) -> Query[Case]:
    """Return moderation cases, oldest first."""
    return select(Case, *([Case.c.status == status] if status else []), order=("opened_at",))


def alerts(status: str | None) -> Query[Alert]:
    """Return alerts, newest first."""
    return select(Alert, *([Alert.c.status == status] if status else []), order=("-since",))


def counts() -> Query[EventCount]:
    """Return the count of every event name."""
    return select(EventCount, order=("name",))


def health() -> Query[Health]:
    """Return the health of every service."""
    return select(Health, order=("service",))
