"""What of repti-core's rows the log tells of."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from reptidex.tables.core.platform import EventCount, ServiceHealth
from reptidex.tables.projection import Part

COUNTS_KEPT = timedelta(days=30)
"""Counts of older minutes are thrown away; an event that comes later than that leaves none that lasts."""

TELEMETRY = Part(
    row=EventCount,
    told=lambda columns: columns.minute >= datetime.now(UTC) - COUNTS_KEPT,
    # Of the minute at which the log begins now, some events may be gone.
    carried_when_cut={
        "count": lambda live, rebuilt: sa.case((live.count > rebuilt.count, live.count), else_=rebuilt.count)
    },
)
"""How many events of each name there were in each minute."""

HEALTH = Part(row=ServiceHealth)
"""How the services do, as monitoring last said."""
