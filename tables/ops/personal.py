"""What repti-ops holds of a person."""

from msgspec.structs import replace

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
from reptidex.tables.personal import NOBODYS, OF_VIVARIUM, Held, Personal


def _by_whom(record: AuditRecord, user_id: str) -> AuditRecord:
    """Say of another person's act that there was one, and not whose."""
    named = record.actor is not None and record.actor.startswith("user:")
    return replace(record, actor="user") if named and record.actor != f"user:{user_id}" else record


PERSONAL = Personal(
    held=(
        Held(
            row=AuditRecord,
            by=("actor", "subject"),
            trimmed=_by_whom,
            stays="what happened and when, under an id without a name: the trail would prove nothing with a record less",
        ),
        Held(row=Person, by=("user_id",), stays="that the account is deleted, without the name"),
        Held(
            row=Case,
            by=("subject_id", "author_id"),
            withheld=("reporters",),
            stays="what was decided, under an id without a name",
        ),
        Held(row=ComplianceRequest, by=("user_id",), stays="that it was asked for, and done in time"),
    ),
    left_out={
        AuditStream: NOBODYS,
        AuditTile: NOBODYS,
        AuditSeal: NOBODYS,
        Organization: OF_VIVARIUM,
        Alert: NOBODYS,
        Health: NOBODYS,
        EventCount: NOBODYS,
    },
    elsewhere={"/audit/chains/{correlation}": "all events that one request of yours led to"},
)
