"""What a unit of work takes in: records of the log, and the engine's own timers, outcomes of effects and letters tried again."""

from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec

from reptidex.streams.envelope import AnyEvent

Kind = Literal["log", "timer", "effect", "letter", "note"]

MARK = "rx-mark"
"""Header: which outbox a record came from, and its number there (`<service>:<partition>:<number>`)."""


ASKED = "rx-request"
"""Header of a command: the hash of the request that it was sent for."""


class LogRecord(NamedTuple):
    """A record as it came from the log."""

    topic: str
    partition: int
    offset: int
    """Its place in the log; of internal messages that of the last command handled before."""
    key: bytes | None
    value: bytes | None
    headers: Any = ()
    timestamp: int = 0


class Input(msgspec.Struct, gc=False):
    """One message on its way to the handlers; a `note` only puts its row (an effect that has to be tried again)."""

    kind: Kind
    event: AnyEvent
    topic: str
    partition: int
    """The partition number under whose ownership it is handled."""
    offset: int
    """Its place in the log; of internal messages that of the last command handled before."""
    key: str
    seed: int
    """What ids are derived from; the same on every attempt."""
    value: bytes
    asked: str = ""
    """Of a command: the hash of the request, as its asker names it."""
    ref: Any = None
    """The row that goes with it: `TimerRow`, `EffectRow` or `DeadLetterRow`."""

    @property
    def place(self) -> str:
        """Where it stands, for people to read."""
        return f"{self.topic}/{self.partition}/{self.offset}" if self.kind == "log" else f"{self.kind} {self.key}"

    @property
    def lane(self) -> tuple[str, str]:
        """Messages of one lane are handled in order, or wait behind one that failed."""
        return (self.topic, self.key)


def mark_of(headers: Any) -> tuple[str, int, bytes]:
    """Return the outbox that sent a record, its number there, and the mark that says so.

    The name is empty for a record from outside, or one with no proper mark.
    """
    for name, value in headers:
        if name == MARK and value:
            outbox, _, number = value.rpartition(b":")
            if outbox and number.isdigit() and len(number) < 19:
                return _outbox(outbox), int(number), value
            break
    return "", 0, b""


@lru_cache(maxsize=4096)
def _outbox(name: bytes) -> str:
    return name.decode(errors="replace")
