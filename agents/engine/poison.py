"""What becomes of a message that could not be handled: tried again, put away as dead, or parked behind an earlier one."""

from datetime import datetime, timedelta

import msgspec

from reptidex.agents.engine.inputs import Input, LogRecord
from reptidex.agents.engine.sealing import Outgoing, type_header
from reptidex.errors import ReptidexError
from reptidex.streams.topics import dead_letter_topic
from reptidex.tables.dead_letters import DeadLetterRow, State, letter_id, record_letter_id


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how often a message with a retriable error is tried again."""

    first: timedelta = timedelta(milliseconds=50)
    """The wait before the second attempt; each further one is twice as long."""
    longest: timedelta = timedelta(seconds=30)
    patience: timedelta = timedelta(minutes=10)
    """After this long a message is dead."""

    def wait(self, attempts: int) -> timedelta:
        """Return how long to wait after this many attempts."""
        doubled: timedelta = self.first * (1 << min(attempts - 1, 20))
        return min(doubled, self.longest)


class Obituary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said of a dead letter on the topic `repti-<service>.deadletters`."""

    letter_id: str
    topic: str
    partition: int
    offset: int
    key: str
    type: str
    error: str
    cause: str
    attempts: int
    at: datetime
    value: bytes
    """The original bytes, in base64; empty where they are so many that the log would not take this record."""


_OBITUARY = type_header("deadletter")
TOLD_BYTES = 700_000
"""More of a message is not told: in base64, with the rest, it would be larger than what the log takes (1 MiB)."""


LONGEST_KEY = 1000
"""Bytes of a key that a letter keeps: the index that tells the letters of a key takes 2,704 of all its columns together."""


def storable(said: str) -> str:
    """Make text storable everywhere: PostgreSQL takes no NUL, neither database a lone surrogate; and not without end."""
    return said[:2000].replace("\x00", "\ufffd").encode(errors="replace").decode()


def _indexable(key: str) -> str:
    """Make a key storable, and short enough for the index of the letters."""
    return storable(key).encode()[:LONGEST_KEY].decode(errors="ignore")


def letter_of(one: Input, now: datetime) -> DeadLetterRow:
    """Return the letter that keeps a message; the one it came from, where it has been kept before."""
    if isinstance(one.ref, DeadLetterRow):
        return one.ref
    place = (one.topic, one.partition, one.offset)
    return DeadLetterRow(
        letter_id=record_letter_id(*place, one.value) if one.kind == "log" else letter_id(*place, one.seed),
        state="parked",
        topic=one.topic,
        partition=one.partition,
        position=one.offset,
        message_key=_indexable(one.key),
        message_type=one.event.type,
        value=one.value,
        source=one.kind,
        created=now,
    )


def failed(
    one: Input, error: BaseException, now: datetime, policy: RetryPolicy, *, told: bool = False
) -> DeadLetterRow:
    """Return the letter of a message whose handler failed: tried again as its error allows, or dead.

    With `told` an asker is told of the failure, so that nothing need wait behind the message.
    """
    letter = letter_of(one, now)
    attempts = letter.attempts + 1
    deadline = letter.deadline or now + policy.patience
    again = isinstance(error, ReptidexError) and error.retriable and now < deadline
    return msgspec.structs.replace(
        letter,
        state="retrying" if again else "failed" if told else "dead",
        error=type(error).__name__,
        cause=storable(str(error)),
        attempts=attempts,
        due=now + policy.wait(attempts) if again else None,
        deadline=deadline,
    )


def unreadable(record: LogRecord, error: BaseException, now: datetime) -> DeadLetterRow:
    """Return the letter of a record that breaks its contract."""
    state: State = "unreadable"
    return DeadLetterRow(
        letter_id=record_letter_id(record.topic, record.partition, record.offset, record.value or b""),
        state=state,
        topic=record.topic,
        partition=record.partition,
        position=record.offset,
        message_key=_indexable((record.key or b"").decode(errors="replace")),
        message_type=record.topic,
        value=record.value or b"",
        source="log",
        error=type(error).__name__,
        cause=storable(str(error)),
        attempts=1,
        created=now,
    )


def obituary(service: str, letter: DeadLetterRow, now: datetime) -> Outgoing:
    """Return the record that tells of a dead letter."""
    said = Obituary(
        letter_id=letter.letter_id,
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.position,
        key=letter.message_key,
        type=letter.message_type,
        error=letter.error,
        cause=letter.cause,
        attempts=letter.attempts,
        at=now,
        value=letter.value if len(letter.value) <= TOLD_BYTES else b"",
    )
    topic, value = dead_letter_topic(service), msgspec.json.encode(said)
    return (topic, letter.partition, letter.message_key.encode(), value, letter.letter_id, _OBITUARY, None)
