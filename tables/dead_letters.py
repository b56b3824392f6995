"""Dead letters: messages that could not be handled, and those of the same key that wait behind them."""

from datetime import datetime
from typing import Literal
from zlib import crc32

from reptidex.tables.row import Row, stored

State = Literal["retrying", "dead", "failed", "unreadable", "parked", "discarded"]

BLOCKING: tuple[State, ...] = ("retrying", "dead", "parked")
"""In these states a letter keeps later messages of its topic and key waiting."""


@stored("dead_letters", key="letter_id", indexes=(("state", "due"), ("topic", "message_key", "letter_id")))
class DeadLetterRow(Row, frozen=True, kw_only=True):
    """A message with what went wrong. Sorted by `letter_id`, letters of one topic and key stand in the order of their offsets.

    `retrying`: tried again at `due`, until `deadline`. `dead`: waits for a person. `parked`: waits behind an earlier letter.
    Nothing waits behind `failed` (a command whose asker has been told so, or whose death the service has noted), `unreadable`
    (broke its contract) and `discarded` (given up by a person).
    """

    letter_id: str
    state: State
    topic: str
    partition: int
    position: int
    """The offset in the log; of a timer or an effect's outcome, the last offset handled before it came up."""
    message_key: str
    message_type: str
    value: bytes
    """The original bytes."""
    source: str
    """`log`, `timer` or `effect`."""
    error: str = ""
    cause: str = ""
    attempts: int = 0
    due: datetime | None = None
    deadline: datetime | None = None
    created: datetime


def letter_id(topic: str, partition: int, position: int, mark: int) -> str:
    """Return the id of a message's letter: the same on every attempt, and in the order of the log.

    The `mark` (64 bits) tells messages of one place apart: a timer's from the record before it, and a record from one that stood
    there on a log that was replaced.
    """
    return f"{topic}/{partition}/{position:020d}/{mark:016x}"


def record_letter_id(topic: str, partition: int, offset: int, value: bytes) -> str:
    """Return the id of a record's letter. Its mark is so small that timers and outcomes of effects stand behind it."""
    return letter_id(topic, partition, offset, crc32(value))
