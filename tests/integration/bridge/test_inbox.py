"""The inbox remembers for fifteen days: longer than SQS keeps a message, and than a redrive takes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reptidex.platform.bridge.inbox import TableInbox
from reptidex.platform.bridge.writer import Writer
from reptidex.tables.database import Database
from reptidex.tables.migrate import migrate
from reptidex.tables.pruning import pruning

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
EVENT = ("/repti-animal", "019cd20a-0d00-7452-93ce-f0b1568860df")


@pytest.mark.parametrize(("days", "known"), [(0, True), (13, True), (14.9, True), (15.1, False)])
async def test_an_event_is_known_for_fifteen_days(tmp_path: Path, days: float, known: bool) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/bridge.db")
    await migrate(database, "bridge")
    now, writer = BEGINNING, Writer(database)
    inbox = TableInbox(database, writer, clock=lambda: now)
    await inbox.record([EVENT])

    now = BEGINNING + timedelta(days=days)
    await writer.write(*pruning(database, now))

    assert await inbox.seen([EVENT, ("/other", EVENT[1])]) == ({EVENT} if known else set())
    await writer.close()
    await database.close()
