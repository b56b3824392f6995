"""What of core's rows a replay builds, compares and carries over."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from reptidex.tables.core.platform import EventCount
from reptidex.tables.core.projections import COUNTS_KEPT, TELEMETRY


def test_counts_that_telemetry_throws_away_are_no_part_of_its_projection() -> None:
    table, now = EventCount.sql, datetime.now(UTC)
    engine = sa.create_engine("sqlite://")
    minutes = {"kept": now - timedelta(days=1), "gone": now - COUNTS_KEPT - timedelta(minutes=1)}
    assert TELEMETRY.told is not None

    with engine.begin() as connection:
        table.create(connection)
        for key, minute in minutes.items():
            row = {"count_id": key, "minute": minute, "name": "animal.created", "service": "repti-animal", "count": 1}
            connection.execute(sa.insert(table).values(row))
        told = connection.execute(sa.select(table.c.count_id).where(TELEMETRY.told(table.c))).scalars().all()
    engine.dispose()

    assert told == ["kept"]
