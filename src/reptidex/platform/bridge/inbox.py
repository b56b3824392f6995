"""The bridge's inbox: which events have come in, kept for fifteen days.

SQS keeps a message for up to 14 days, and a redrive comes later still; FIFO deduplication ends after 5 minutes.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from reptidex.connectors.bridge.ports import Identity
from reptidex.errors import UnavailableError
from reptidex.platform.bridge.writer import Writer
from reptidex.tables.database import Database
from reptidex.tables.driver import Step
from reptidex.tables.inbox import inbox, inbox_key
from reptidex.tables.pruning import overdue, pruning
from reptidex.tables.statements import Statements

log = logging.getLogger(__name__)

PRUNED_EVERY_S = 60.0


class TableInbox:
    """The inbox in the bridge's database."""

    def __init__(self, database: Database, writer: Writer, *, clock: Callable[[], datetime]) -> None:
        self._database, self._writer, self._clock = database, writer, clock
        self._statements = Statements(inbox, database.dialect)

    async def seen(self, events: Sequence[Identity]) -> set[Identity]:
        """Return which of these have come in before. Raises `UnavailableError`."""
        keys = {inbox_key(*event): event for event in events}
        try:
            async with self._database.reading() as session:
                [rows] = await session.fetch([self._statements.lookup(list(keys))])
        except UnavailableError:
            raise
        except Exception as problem:
            raise UnavailableError("the database", repr(problem)) from problem
        return {keys[row[0]] for row in rows}

    async def record(self, events: Sequence[Identity]) -> None:
        """Remember these. Raises `UnavailableError`."""
        _, now = self._statements.encode(("", self._clock()))
        await self._writer.write(Step(self._statements.upsert, [(inbox_key(*event), now) for event in events]))

    async def prune(self) -> None:
        """Forget what is too old, every minute, until cancelled."""
        while True:
            try:
                while await overdue(self._database, self._clock()):
                    await self._writer.write(*pruning(self._database, self._clock()))
            except UnavailableError as problem:
                log.warning("the inbox is pruned later: %s", problem)
            await asyncio.sleep(PRUNED_EVERY_S)
