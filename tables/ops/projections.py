"""What of repti-ops' rows the log tells of."""

from reptidex.tables.ops.models import AuditRecord, Organization, Person
from reptidex.tables.projection import Part

AUDIT = Part(
    row=AuditRecord,
    # In which order the events were heard stands in no event: it is what the published checkpoints sealed.
    carried={"place": lambda live, rebuilt: live.place},
)
"""The records of the audit trail. Its trees, tiles and checkpoints are what the records are proved by, and stay."""

PEOPLE = Part(row=Person)
VIVARIUMS = Part(row=Organization)
