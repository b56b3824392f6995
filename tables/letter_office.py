"""What a person can do with dead letters: look, send on, give up. The worker notices within a second."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

import msgspec

from reptidex.errors import NotFoundError
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import BLOCKING, DeadLetterRow, State
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.tables.row import Condition

Change = Callable[[DeadLetterRow], DeadLetterRow]

FOR_A_PERSON: tuple[State, ...] = ("dead", "failed", "unreadable")
PATIENCE = timedelta(minutes=10)
"""A letter that was sent on is tried for this long, where its error is retriable."""


class LetterOffice:
    """The dead letters of one service."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database, self._reader, self._clock = database, Reader(database), clock

    async def letters(self, states: Sequence[State] = (), *, limit: int | None = None) -> list[DeadLetterRow]:
        """Return letters in these states, else those that wait for a person."""
        wanted = DeadLetterRow.c.state.in_(states or FOR_A_PERSON)
        return await self._reader.find(select(DeadLetterRow, wanted, limit=limit))

    async def letter(self, letter_id: str) -> DeadLetterRow:
        """Return one letter. Raises `NotFoundError`."""
        found = await self._reader.get(DeadLetterRow, letter_id)
        if found is None:
            raise NotFoundError("dead letter", letter_id)
        return found

    async def behind(self, letter: DeadLetterRow) -> int:
        """Count the letters that wait behind this one."""
        return await self._reader.count(select(DeadLetterRow, *_lane(letter), DeadLetterRow.c.state == "parked"))

    async def redrive(self, letter_id: str) -> None:
        """Have a letter handled again as soon as may be. Raises `NotFoundError`."""
        await self._change({(await self.letter(letter_id)).letter_id: self._due})

    async def discard(self, letter_id: str) -> None:
        """Give a letter up; the next one behind it goes on. Raises `NotFoundError`."""
        letter = await self.letter(letter_id)
        changes: dict[str, Change] = {letter_id: _discarded}
        blocking = select(DeadLetterRow, *_lane(letter), DeadLetterRow.c.state.in_(BLOCKING), limit=2)
        lane = await self._reader.find(blocking)
        if lane and lane[0].letter_id == letter_id:
            changes |= {each.letter_id: self._due for each in lane[1:] if each.state == "parked"}
        await self._change(changes)

    def _due(self, letter: DeadLetterRow) -> DeadLetterRow:
        now = self._clock()
        return msgspec.structs.replace(letter, state="retrying", due=now, deadline=now + PATIENCE)

    async def _change(self, changes: Mapping[str, Change]) -> None:
        """Change letters as they stand, the first of them at least.

        What the worker has handled since it was looked at is gone, and stays so. Raises `NotFoundError`.
        """
        statements, session = self._database.statements(DeadLetterRow), await self._database.session()
        try:
            [values] = await session.fetch([statements.lookup(sorted(changes), lock=True)], begin=True)
            letters = [cast(DeadLetterRow, statements.build(tuple(each))) for each in values]
            first = next(iter(changes))
            if first not in {letter.letter_id for letter in letters}:
                await session.rollback()
                raise NotFoundError("dead letter", first)
            await session.commit([statements.write([changes[each.letter_id](each) for each in letters])])
        finally:
            await session.close()


def _discarded(letter: DeadLetterRow) -> DeadLetterRow:
    return msgspec.structs.replace(letter, state="discarded", due=None)


def _lane(letter: DeadLetterRow) -> tuple[Condition, Condition]:
    return DeadLetterRow.c.topic == letter.topic, DeadLetterRow.c.message_key == letter.message_key
