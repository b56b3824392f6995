"""What the bridge needs of the platform, and how it tells of itself; `reptidex.platform.bridge` gives it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

Direction = Literal["outbound", "inbound"]
Kept = Literal["dead", "failed", "unreadable", "parked"]
Header = tuple[str, bytes]
Identity = tuple[str, str]
"""By which a repeat is known: source and id together (CloudEvents 1.0.2, 3.1)."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that cannot cross, with the reason; its bytes are kept, and a person can send it on.

    `dead` and `parked` keep later messages of the same lane (`topic`, `key`) waiting, `failed` and `unreadable` do not.
    """

    direction: Direction
    letter_id: str
    """The same however often the message comes again; the letters of a lane sort by it in their order."""
    state: Kept
    topic: str
    """The event's name; of a message from SQS, the name of the queue."""
    key: str
    type: str
    value: bytes
    partition: int = 0
    offset: int = 0
    error: str = ""
    cause: str = ""
    attempts: int = 1


class Said(NamedTuple):
    """A record for the log."""

    topic: str
    key: str
    value: bytes
    headers: Sequence[Header]


class Letters(Protocol):
    """The dead letters of the bridge."""

    def blocks(self, topic: str, key: str) -> bool:
        """Say whether a letter keeps a lane waiting."""

    async def learn(self, topic: str, keys: Sequence[str]) -> None:
        """Learn which of these lanes wait behind letters that other bridges have kept. Raises `UnavailableError`."""

    async def keep(self, letter: Letter) -> None:
        """Keep a message; return when it is safe. Keeping it again changes nothing. Never fails: it waits until it can."""


class Log(Protocol):
    """The platform's log, to write to."""

    async def put(self, records: Sequence[Said]) -> list[Exception | None]:
        """Put records on the log; return when all replicas have them, with what went wrong for each.

        Records of one key keep their order. The errors are `UnavailableError`, and `ContractError` for a record that the
        log never takes.
        """


class Inbox(Protocol):
    """The ids of what has come in, kept for fifteen days."""

    async def seen(self, events: Sequence[Identity]) -> set[Identity]:
        """Return which of these have come in before. Raises `UnavailableError`."""

    async def record(self, events: Sequence[Identity]) -> None:
        """Remember these. Raises `UnavailableError`."""


class Meter(Protocol):
    """The bridge's figures."""

    def crossed(self, direction: Direction, topic: str, outcome: str, count: int = 1) -> None:
        """Count events by what became of them."""

    def batch(self, direction: Direction, size: int) -> None:
        """Note the entries of one call."""

    def heartbeat(self, outcome: str, count: int = 1) -> None:
        """Count extensions of a message's invisibility."""

    def loop(self, lock: str) -> None:
        """Count an event that a lock against loops dropped."""

    def dead(self, direction: Direction, reason: str) -> None:
        """Count a dead letter."""
