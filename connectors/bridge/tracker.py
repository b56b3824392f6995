"""The messages of one queue that are being worked on, and when SQS has to be told that they still are."""

import heapq
import time
from collections.abc import Callable

import msgspec

from reptidex.connectors.bridge.sqs import Received

GIVE_UP_S = 15 * 60.0
"""A message is kept hidden so long at most. Without an end, work that hangs holds it until SQS's own end after 12 hours."""


class Held(msgspec.Struct, gc=False):
    """A message being worked on."""

    message: Received
    since: float
    """When it was first received here."""
    due: float
    """When it has to be hidden for longer."""


class Tracker:
    """Knows each message by its id, so that a second delivery of one being worked on is no second piece of work."""

    def __init__(self, visibility_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.visibility_s = visibility_s
        """The queue's own timeout, as the queue says: a number of our own once made a queue deliver for ever."""
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._due: list[tuple[float, str]] = []
        self.swapped = self.given_up = 0
        self.dropped: Callable[[], None] = lambda: None
        """Called when there is room again."""

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._held

    def add(self, message: Received) -> bool:
        """Note a message that was received. False where it is being worked on: then its new receipt handle takes the place
        of the old one, which SQS takes no more, and it is not worked on again.
        """
        held, now = self._held.get(message.message_id), self._clock()
        due = now + self.visibility_s / 2
        if held is not None:
            held.message.handle, held.message.receives = message.handle, message.receives
            held.due = due
            heapq.heappush(self._due, (due, message.message_id))
            self.swapped += 1
            return False
        self._held[message.message_id] = Held(message, now, due)
        heapq.heappush(self._due, (due, message.message_id))
        return True

    @property
    def oldest_s(self) -> float:
        """For how long the message has been held that has been so the longest; 0 where none is."""
        first = next(iter(self._held.values()), None)
        return self._clock() - first.since if first is not None else 0.0

    def handle(self, message_id: str) -> str:
        """Return the newest receipt handle of a message that is held."""
        return self._held[message_id].message.handle

    def drop(self, *message_ids: str) -> None:
        """Forget messages: they are deleted, or given back."""
        for message_id in message_ids:
            self._held.pop(message_id, None)
        self.dropped()

    def take_due(self, most: int = 10) -> list[str]:
        """Return the ids of messages that have to be hidden for longer now, the most pressing first; each is due again later.

        One that has been held for a quarter of an hour is not among them any more: it shows again, and another may try.
        """
        now, found = self._clock(), list[str]()
        while self._due and self._due[0][0] <= now and len(found) < most:
            due, message_id = heapq.heappop(self._due)
            held = self._held.get(message_id)
            if held is None or held.due != due:
                continue
            if now - held.since >= GIVE_UP_S:
                self.given_up += 1
                continue
            held.due = now + self.visibility_s / 2
            heapq.heappush(self._due, (held.due, message_id))
            found.append(message_id)
        return found

    def hurry(self, message_id: str) -> None:
        """Have a message hidden for longer soon: the last attempt has failed."""
        held = self._held.get(message_id)
        if held is not None:
            held.due = self._clock() + self.visibility_s / 10
            heapq.heappush(self._due, (held.due, message_id))

    def rest(self, message_id: str) -> None:
        """Ask for no more time for a message: SQS has given it to somebody else."""
        held = self._held.get(message_id)
        if held is not None:
            held.due = -1.0

    def next_due(self) -> float | None:
        """Return when the next message has to be hidden for longer, by the clock; None where none is held."""
        while self._due and self._stale(*self._due[0]):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def _stale(self, due: float, message_id: str) -> bool:
        held = self._held.get(message_id)
        return held is None or held.due != due
