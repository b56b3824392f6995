"""The bridge's dead letters: kept in its database for `reptidex dead-letters`, told on a topic, sent on when asked."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from reptidex.agents.engine.poison import RetryPolicy, obituary, storable
from reptidex.connectors.bridge.names import is_fifo
from reptidex.connectors.bridge.ports import Letter, Log, Meter, Said
from reptidex.errors import ReptidexError, UnavailableError
from reptidex.platform.bridge.writer import Writer
from reptidex.settings import BRIDGE
from reptidex.tables.database import Database
from reptidex.tables.dead_letters import BLOCKING, DeadLetterRow, State
from reptidex.tables.query import select
from reptidex.tables.reader import Reader

log = logging.getLogger(__name__)

Lane = tuple[str, str]
Resend = Callable[[DeadLetterRow], Awaitable[None]]
"""Has a letter cross after all. Raises `UnavailableError`, or the `ReptidexError` for which it still cannot."""

GLANCE_S = 1.0
AT_ONCE = 200
POLICY = RetryPolicy(first=timedelta(seconds=1))
SOURCES = {"outbound": "log", "inbound": "sqs"}


class LetterBox:
    """Keeps letters, and has those sent on that a person asks for (`Letters` of `reptidex.connectors.bridge.ports`).

    Only where order is promised (FIFO topics and queues) do later messages of a lane wait behind a letter.
    """

    def __init__(
        self, database: Database, writer: Writer, log: Log, meter: Meter, *, clock: Callable[[], datetime]
    ) -> None:
        self._database, self._writer, self._log, self._meter, self._clock = database, writer, log, meter, clock
        self._reader = Reader(database)
        self.blocked: set[Lane] = set()
        self._keeping: dict[Lane, int] = {}
        self._joined: set[Lane] = set()
        """Lanes to which a letter has come since they were last looked at, now that it is safe."""

    async def load(self) -> None:
        """Learn which lanes wait. Raises `UnavailableError`."""
        await self._load()

    async def join(self) -> None:
        """Learn what other bridges have kept, before partitions are read that were theirs. Raises `UnavailableError`."""
        if self._database.shared:
            await self._load()

    async def learn(self, topic: str, keys: Sequence[str]) -> None:
        """Learn which of these lanes wait behind letters that other bridges have kept. Raises `UnavailableError`."""
        if self._database.shared and ordered(topic):
            await self._load(DeadLetterRow.c.topic == topic, DeadLetterRow.c.message_key.in_(map(storable, keys)))

    async def _load(self, *where: Any) -> None:
        lanes = (DeadLetterRow.c.topic, DeadLetterRow.c.message_key)
        found = await self._reader.tally(lanes, (DeadLetterRow.c.state.in_(BLOCKING), *where))
        self.blocked |= {(topic, key) for topic, key, _ in found if ordered(topic)}

    def blocks(self, topic: str, key: str) -> bool:
        """Say whether a letter keeps a lane waiting."""
        return bool(self.blocked) and (topic, storable(key)) in self.blocked

    async def keep(self, letter: Letter) -> None:
        """Keep a letter; return when it is safe. One that is known, whatever became of it, stays as it is."""
        lane = (letter.topic, storable(letter.key))
        if letter.state in BLOCKING and ordered(letter.topic):
            self.blocked.add(lane)
        self._keeping[lane] = self._keeping.get(lane, 0) + 1
        try:
            attempts = 0
            while True:
                try:
                    await self._keep(letter)
                    break
                except UnavailableError as problem:
                    attempts += 1
                    log.warning("the letter %s is kept later: %s", letter.letter_id, problem)
                    await asyncio.sleep(POLICY.wait(attempts).total_seconds())
        finally:
            if lane in self.blocked:
                self._joined.add(lane)
            self._keeping[lane] -= 1
            if not self._keeping[lane]:
                del self._keeping[lane]
        self._meter.dead(letter.direction, letter.error or letter.state)
        log.warning("%s cannot cross: %s: %s", letter.letter_id, letter.error or letter.state, letter.cause)

    async def _keep(self, letter: Letter) -> None:
        known = await self._reader.get(DeadLetterRow, letter.letter_id)
        if known is not None and known.value != letter.value:
            # A log that was replaced begins anew with its offsets: this is another record at the same place.
            digest = sha256(letter.value).hexdigest()[:16]
            letter = msgspec.structs.replace(letter, letter_id=f"{letter.letter_id}/{digest}")
            known = await self._reader.get(DeadLetterRow, letter.letter_id)
        if known is not None:
            return
        now = self._clock()
        row = DeadLetterRow(
            letter_id=letter.letter_id,
            state=letter.state,
            topic=letter.topic,
            partition=letter.partition,
            position=letter.offset,
            message_key=storable(letter.key),
            message_type=storable(letter.type),
            value=letter.value,
            source=SOURCES[letter.direction],
            error=letter.error,
            cause=storable(letter.cause),
            attempts=letter.attempts,
            created=now,
        )
        topic, _, _, value, *_ = obituary(BRIDGE, row, now)
        [error] = await self._log.put([Said(topic, letter.key, value, [("ce_type", b"deadletter")])])
        if error is not None:
            raise error
        await self._writer.write(self._database.statements(DeadLetterRow).write([row]))

    async def run(self, resend: Resend) -> None:
        """Send letters on that a person asked for, and then what waits behind them, until cancelled."""
        while True:
            await asyncio.sleep(GLANCE_S)
            try:
                await self.look(resend)
            except UnavailableError as problem:
                log.warning("letters are looked for later: %s", problem)

    async def look(self, resend: Resend) -> None:
        """Look for letters once. Raises `UnavailableError`."""
        column = DeadLetterRow.c
        due = select(
            DeadLetterRow,
            column.state == "retrying",
            column.due <= self._clock(),
            order=("due",),
            limit=AT_ONCE,
        )
        lanes = {(letter.topic, letter.message_key) for letter in await self._reader.find(due)}
        # Behind a letter that waits for a person nothing can be done.
        stuck = await self._reader.tally((column.topic, column.message_key), (column.state == "dead",))
        for lane in lanes | (self.blocked - {(topic, key) for topic, key, _ in stuck}):
            await self._try(lane, resend)

    async def _try(self, lane: Lane, resend: Resend) -> None:
        """Send the letters of a lane on, in their order, up to the first that waits for a person or for its time."""
        self._joined.discard(lane)
        where = (DeadLetterRow.c.topic == lane[0], DeadLetterRow.c.message_key == lane[1])
        letters = await self._reader.find(
            select(DeadLetterRow, *where, DeadLetterRow.c.state.in_(BLOCKING), limit=AT_ONCE)
        )
        for letter in letters:
            if letter.state == "dead" or (letter.due is not None and letter.due > self._clock()):
                return
            if not await self._one(letter, resend):
                return
        # A letter may have joined behind these while they were sent: it is found, and sent, at the next glance.
        if len(letters) < AT_ONCE and lane not in self._keeping and lane not in self._joined:
            self.blocked.discard(lane)

    async def _one(self, letter: DeadLetterRow, resend: Resend) -> bool:
        statements = self._database.statements(DeadLetterRow)
        try:
            await resend(letter)
        except ReptidexError as problem:
            now, attempts = self._clock(), letter.attempts + 1
            again = problem.retriable and (letter.deadline is None or now < letter.deadline)
            state: State = "retrying" if again else "dead" if ordered(letter.topic) else "failed"
            row = msgspec.structs.replace(
                letter,
                state=state,
                attempts=attempts,
                error=type(problem).__name__,
                cause=storable(str(problem)),
                due=now + POLICY.wait(attempts - letter.attempts) if again else None,
            )
            await self._writer.write(statements.write([row]))
            return False
        await self._writer.write(statements.remove([letter.letter_id]))
        return True


def ordered(topic: str) -> bool:
    """Say whether order is promised in a topic of the log or a queue."""
    return topic.endswith(".fifo") or is_fifo(topic)
