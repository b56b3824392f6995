"""The next generation, built from the log by the projection's own handlers and the engine's own units of work."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from reptidex.agents.engine.inputs import Input, LogRecord
from reptidex.agents.engine.internal import letter_input
from reptidex.agents.engine.ownership import Ownership
from reptidex.agents.engine.poison import letter_of, unreadable
from reptidex.agents.engine.replay.source import Source
from reptidex.agents.engine.routing import Routing
from reptidex.agents.engine.unit import UnitRunner
from reptidex.agents.projection import Projection
from reptidex.errors import ContractError, UnavailableError
from reptidex.streams import codec
from reptidex.tables.beside import Beside, QuietStore
from reptidex.tables.dead_letters import BLOCKING, DeadLetterRow, record_letter_id
from reptidex.tables.positions import TopicPartition
from reptidex.tables.projection import ReplayError
from reptidex.tables.query import select
from reptidex.tables.reader import Reader
from reptidex.tables.switch import Moment

SILENCE_S = 3.0
"""While the service stands still, the log may give nothing for so long."""
ROUNDS = 5
"""A message that could not be handled is tried so often once everything else is in."""

Records = dict[TopicPartition, Sequence[Any]]


class Building:
    """Brings the next generation up to where the live one stands; it never runs ahead of it.

    A message that the live service has put away is in none of its rows. It is put away here as well: when it is redriven,
    whichever generation is live then takes it.
    """

    def __init__(
        self,
        service: str,
        projection: Projection,
        beside: Beside,
        source: Source,
        *,
        partitions: int,
        most: int,
        clock: Callable[[], datetime],
        step: Callable[[str], None],
    ) -> None:
        self._source, self._most, self._reader, self._name = source, most, Reader(beside), projection.name
        self.store, self._clock = QuietStore(beside), clock
        self._statements = beside.statements(DeadLetterRow)
        self._ownership = Ownership(partitions, shared=False)
        self._runner = UnitRunner(
            service, Routing(projection.agents), self.store, self._ownership, clock=clock, step=step
        )
        self.events = 0

    async def open(self) -> None:
        """Take up what is there."""
        every = range(self._ownership.partitions)
        self._ownership.take(await self.store.take_over(every))
        self._runner.positions = await self.store.positions(every)
        for letter in await self._letters():
            self._block(letter, +1)

    def at(self, starts: dict[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Return where to read on: behind what is in the rows, else where the building began."""
        known = self._runner.positions
        return {at: max(known[at].next_offset, start) if at in known else start for at, start in starts.items()}

    def ahead(self, now: Moment) -> list[TopicPartition]:
        """Return where more is in the rows than in those of the live service."""
        return [at for at, each in self._runner.positions.items() if each.next_offset > now.positions.get(at, 0)]

    async def advance(self, now: Moment, told: Callable[[int], None], *, urgent: bool = False) -> None:
        """Build up to a moment of the live service, except for what it has put away. `told` hears of progress, in offsets.

        Waits for a log that gives nothing, unless it is `urgent`. Raises `UnavailableError`.
        """
        self._source.until(now.positions)
        left, heard = self._source.left, time.monotonic()
        while left:
            records = await self._source.read(self._most)
            if records:
                await self._unit(records, now)
                heard = time.monotonic()
            elif urgent and time.monotonic() - heard >= SILENCE_S:
                raise UnavailableError("the log", f"it gave nothing for {SILENCE_S} s, with {left} offsets to read")
            left, before = self._source.left, left
            told(before - left)

    async def _unit(self, records: Records, now: Moment) -> None:
        if now.letters:
            records = {at: await self._put_away(at, batch, now) for at, batch in records.items()}
        self.events += await self._runner.run(records)

    async def _put_away(self, at: TopicPartition, records: Sequence[Any], now: Moment) -> Sequence[Any]:
        """Keep the letters that the live service keeps, and return the other records."""
        letters, rest = [], []
        for record in records:
            state = now.letters.get(record_letter_id(*at, record.offset, record.value or b""))
            if state is None:
                rest.append(record)
            else:
                letters.append(_letter(at, record, state, self._clock()))
        if letters:
            # Before the unit that leaves them out: written again, they replace themselves.
            session = await self.store.session()
            await session.commit([self._statements.write(letters)])
        for letter in letters:
            self._block(letter, +1)
        return rest

    async def settle(self, now: Moment) -> None:
        """Handle what was put away and is not put away in the live service (any more).

        Raises `ReplayError` where that does not succeed: the generation would lack what the live one has.
        """
        for _ in range(ROUNDS):
            if not (missing := await self.retry(now)):
                return
        first = missing[0]
        raise ReplayError(
            f"{len(missing)} messages that the live service has handled cannot be handled by {self._name}, the first is"
            f" {first.letter_id} ({first.message_type}): {first.error} {first.cause}".rstrip()
        )

    async def retry(self, now: Moment) -> list[DeadLetterRow]:
        """Try once more what should be in the rows and is not; return what was left before."""
        missing = [letter for letter in await self._letters() if letter.letter_id not in now.letters]
        for letter in missing:
            await self._try(letter)
        return missing

    async def _try(self, letter: DeadLetterRow) -> None:
        try:
            one = letter_input(self._runner, letter)
        except ContractError:
            return
        if letter.state not in BLOCKING:
            one.ref = letter = msgspec.structs.replace(letter, state="retrying")
            self._block(letter, +1)
        await self._runner.run({}, [one])

    async def _letters(self) -> list[DeadLetterRow]:
        return await self._reader.find(select(DeadLetterRow))

    def _block(self, letter: DeadLetterRow, change: int) -> None:
        if letter.state in BLOCKING:
            lane = (letter.topic, letter.message_key)
            self._runner.blocked[lane] = self._runner.blocked.get(lane, 0) + change


def _letter(at: TopicPartition, record: Any, state: str, now: datetime) -> DeadLetterRow:
    try:
        event = codec.decode(record.value or b"", at[0])
    except ContractError as problem:
        plain = LogRecord(*at, record.offset, record.key, record.value)
        return unreadable(plain, problem, now)
    key = record.key.decode(errors="replace") if record.key is not None else event.subject
    letter = letter_of(Input("log", event, *at, record.offset, key, 0, record.value), now)
    return letter if state in BLOCKING else msgspec.structs.replace(letter, state=state)
