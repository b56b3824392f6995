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
from reptidex.tables.pruning import pruning
from reptidex.tables.statements import Statements

log = logging.getLogger(__name__)

PRUNED_EVERY_S = 60.0


class TableInbox:
    """The inbox in the bridge's database."""

    def __init__(self, database: Database, writer: Writer, *, clock: Callable[[], datetime]) -> None:
        self._database, self._writer, self._clock = database, writer, clock
        self._statements = Statements(inbox, database.dialect)
        self._asked: list[tuple[list[str], asyncio.Future[set[str]]]] = []
        self._looking: asyncio.Task[None] | None = None

    async def seen(self, events: Sequence[Identity]) -> set[Identity]:
        """Return which of these have come in before. Raises `UnavailableError`.

        Those who ask while a look-up is under way share the next one: under load that is one for many batches.
        """
        keys = [inbox_key(*event) for event in events]
        found: asyncio.Future[set[str]] = asyncio.get_running_loop().create_future()
        self._asked.append((keys, found))
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="inbox")
        there = await found
        return {event for event, key in zip(events, keys, strict=True) if key in there} if there else set()

    async def _look(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, []
            try:
                wanted = [key for keys, _ in asked for key in keys]
                async with self._database.reading() as session:
                    [rows] = await session.fetch([self._statements.lookup(wanted)])
                there = {row[0] for row in rows}
            except Exception as problem:  # noqa: BLE001 - whoever asked hears of it
                self._tell(asked, UnavailableError("the database", repr(problem)))
            else:
                self._tell(asked, there)
        self._looking = None

    @staticmethod
    def _tell(asked: list[tuple[list[str], "asyncio.Future[set[str]]"]], said: set[str] | UnavailableError) -> None:
        for _, found in asked:
            if found.done():
                continue
            if isinstance(said, set):
                found.set_result(said)
            else:
                found.set_exception(said)

    async def record(self, events: Sequence[Identity]) -> None:
        """Remember these. Raises `UnavailableError`."""
        _, now = self._statements.encode(("", self._clock()))
        await self._writer.write(Step(self._statements.upsert, [(inbox_key(*event), now) for event in events]))

    async def prune(self) -> None:
        """Forget what is too old, every minute, until cancelled."""
        while True:
            try:
                await self._writer.write(*pruning(self._database, self._clock()))
            except UnavailableError as problem:
                log.warning("the inbox is pruned later: %s", problem)
            await asyncio.sleep(PRUNED_EVERY_S)
