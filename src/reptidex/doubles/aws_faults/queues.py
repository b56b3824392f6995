"""SQS queues in memory: standard ones that repeat and reorder, FIFO ones that hold a group while one of it is in flight."""

import heapq
import itertools
import time
import uuid
from collections import deque
from typing import Any

from reptidex.doubles.aws_faults.faults import Dice


class Message:
    """A message in a queue."""

    __slots__ = (
        "attributes",
        "body",
        "dedup",
        "gone",
        "group",
        "handle",
        "id",
        "number",
        "receives",
        "sent_ms",
        "visible_at",
    )

    def __init__(self, body: str, attributes: dict[str, Any], group: str, dedup: str, number: int) -> None:
        self.id, self.body, self.attributes = str(uuid.uuid4()), body, attributes
        self.group, self.dedup = group, dedup
        self.number, self.sent_ms = number, int(time.time() * 1000)
        self.visible_at = 0.0
        self.handle = ""
        self.receives = 0
        self.gone = False

    def wire(self) -> dict[str, Any]:
        """Return what a receive answers."""
        system = {
            "ApproximateReceiveCount": str(self.receives),
            "SentTimestamp": str(self.sent_ms),
            "ApproximateFirstReceiveTimestamp": str(self.sent_ms),
        }
        if self.group:
            system |= {"MessageGroupId": self.group, "SequenceNumber": f"{self.number:020d}"}
            system["MessageDeduplicationId"] = self.dedup
        found = {"MessageId": self.id, "ReceiptHandle": self.handle, "Body": self.body, "Attributes": system}
        return found | ({"MessageAttributes": self.attributes} if self.attributes else {})


class Queue:
    """One queue."""

    def __init__(self, name: str, dice: Dice, visibility_s: float = 30.0) -> None:
        self.name, self.fifo, self._dice = name, name.endswith(".fifo"), dice
        self.visibility_s = visibility_s
        self.arrived: list[tuple[str, str]] = []
        """Group and body of everything that was put in, in order."""
        self._messages: dict[str, Message] = {}
        self._ready: deque[Message] = deque()
        self._groups: dict[str, deque[Message]] = {}
        self._free: deque[str] = deque()
        self._hidden: list[tuple[float, int, Message]] = []
        self._remembered: dict[str, float] = {}
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, body: str, attributes: dict[str, Any], group: str = "", dedup: str = "") -> Message:
        """Put a message in; a FIFO queue drops one whose deduplication id it remembers."""
        now = time.monotonic()
        message = Message(body, attributes, group if self.fifo else "", dedup, next(self._numbers))
        if self.fifo:
            if self._remembered.get(dedup, 0.0) > now:
                self._dice.done["deduplicated"] += 1
                return message
            self._remembered[dedup] = now + self._dice.faults.dedup_s
        self.arrived.append((group, body))
        self._messages[message.id] = message
        self._show(message)
        return message

    def _show(self, message: Message) -> None:
        if not self.fifo:
            self._ready.append(message)
            return
        lane = self._groups.get(message.group)
        if lane is None:
            lane = self._groups[message.group] = deque()
            self._free.append(message.group)
        lane.append(message)

    def receive(self, most: int, visibility_s: float | None) -> list[dict[str, Any]]:
        """Show up to so many messages, and hide them."""
        self._wake()
        hidden = self.visibility_s if visibility_s is None else visibility_s
        found = self._next_fifo(most) if self.fifo else self._next(most)
        now = time.monotonic()
        for message in found:
            message.receives += 1
            message.handle = f"{message.id}#{message.receives}-{uuid.uuid4().hex[:8]}"
            short = self._dice("expire")
            self._hide(message, now + (self._dice.faults.expire_s if short else hidden))
        shown = [message.wire() for message in found]
        for message in found:
            if not self.fifo and self._dice("repeat"):
                self._ready.append(message)  # another of SQS's hosts shows it too
        return shown

    def _hide(self, message: Message, until: float) -> None:
        message.visible_at = until
        heapq.heappush(self._hidden, (until, message.number, message))

    def _wake(self) -> None:
        now = time.monotonic()
        while self._hidden and self._hidden[0][0] <= now:
            until, _, message = heapq.heappop(self._hidden)
            if message.gone or message.visible_at != until:
                continue
            message.visible_at = 0.0
            if not self.fifo:
                self._ready.append(message)
            elif not any(each.visible_at for each in self._groups[message.group]):
                self._free.append(message.group)

    def _next(self, most: int) -> list[Message]:
        found: list[Message] = []
        while self._ready and len(found) < most:
            if window := min(self._dice.faults.reorder, len(self._ready)):
                self._ready.rotate(-self._dice.chance.randrange(window))
            message = self._ready.popleft()
            if not message.gone and message not in found:
                found.append(message)
        return found

    def _next_fifo(self, most: int) -> list[Message]:
        found: list[Message] = []
        while self._free and len(found) < most:
            group = self._free.popleft()
            lane = self._groups.get(group)
            if lane is None or any(each.visible_at for each in lane):
                continue
            for message in itertools.islice(lane, most - len(found)):
                found.append(message)
                message.visible_at = float("inf")
        return found

    def delete(self, handle: str) -> str:
        """Delete by receipt handle; return an error code, or nothing.

        An old handle does nothing (standard) or is refused (FIFO).
        """
        message = self._messages.get(handle.partition("#")[0])
        if message is None:
            return "" if "#" in handle else "ReceiptHandleIsInvalid"
        if message.handle != handle:
            return "ReceiptHandleIsInvalid" if self.fifo else ""
        if self._dice("lost_delete"):
            return ""
        message.gone = True
        del self._messages[message.id]
        if self.fifo:
            lane = self._groups[message.group]
            lane.remove(message)
            if not lane:
                del self._groups[message.group]
            elif not any(each.visible_at for each in lane):
                self._free.append(message.group)
        return ""

    def change(self, handle: str, seconds: float) -> str:
        """Hide a message for so long from now; return an error code, or nothing."""
        self._wake()
        message = self._messages.get(handle.partition("#")[0])
        if message is None or message.handle != handle:
            return "ReceiptHandleIsInvalid"
        if not message.visible_at:
            return "MessageNotInflight"
        self._hide(message, time.monotonic() + seconds)
        return ""
