"""What of repti-core's rows the log tells of."""

import sqlalchemy as sa

from reptidex.tables.core.platform import EventCount, ServiceHealth
from reptidex.tables.projection import Part

TELEMETRY = Part(
    row=EventCount,
    # Of the minute at which the log begins now, some events may be gone.
    carried_when_cut={
        "count": lambda live, rebuilt: sa.case((live.count > rebuilt.count, live.count), else_=rebuilt.count)
    },
)
"""How many events of each name there were in each minute."""

HEALTH = Part(row=ServiceHealth)
"""How the services do, as monitoring last said."""
