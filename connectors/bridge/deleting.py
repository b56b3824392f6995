"""Deletes messages that are safe, ten in a call, each by its newest receipt handle and each once."""

import asyncio
import random
from itertools import islice

from reptidex.connectors.bridge.backoff import send_again_s
from reptidex.connectors.bridge.limits import BATCH_ENTRIES
from reptidex.connectors.bridge.sqs_beside import SqsQueue
from reptidex.connectors.bridge.tracker import Tracker
from reptidex.connectors.bridge.verdicts import Fate

LINGER_S = 0.02
ATTEMPTS = 4
"""Then it is left: SQS shows the message again, the inbox knows it, and it is deleted then."""


class Deleter:
    """The deletes of one queue."""

    def __init__(self, queue: SqsQueue, tracker: Tracker, chance: random.Random) -> None:
        self._queue, self._tracker, self._chance = queue, tracker, chance
        self._waiting: dict[str, int] = {}
        """Attempts by message."""
        self._asked: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lingering: asyncio.TimerHandle | None = None
        self.deleted = self.left = 0

    def __contains__(self, message_id: str) -> bool:
        """Say whether a message is still to be deleted."""
        return message_id in self._asked

    def delete(self, *message_ids: str) -> None:
        """Delete messages soon."""
        self._asked.update(message_ids)
        for message_id in message_ids:
            self._waiting.setdefault(message_id, 0)
        while len(self._waiting) >= BATCH_ENTRIES:
            self._send()
        if self._waiting and self._lingering is None:
            self._lingering = asyncio.get_running_loop().call_later(LINGER_S, self._flush)

    def _flush(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        while self._waiting:
            self._send()

    def _send(self) -> None:
        """Delete ten of those that wait, or all."""
        batch = {each: self._waiting.pop(each) for each in list(islice(self._waiting, BATCH_ENTRIES))}
        task = asyncio.get_running_loop().create_task(self._call(batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, batch: dict[str, int]) -> None:
        handles, swapped = [self._tracker.handle(each) for each in batch], self._tracker.swapped
        said = await self._queue.delete(handles)
        if swapped == self._tracker.swapped and all(verdict.fate is Fate.DONE for verdict in said):
            self.deleted += len(batch)
            self._drop(*batch)
            return
        again: dict[str, int] = {}
        for (message_id, attempts), handle, verdict in zip(batch.items(), handles, said, strict=True):
            if self._tracker.handle(message_id) != handle:
                again[message_id] = attempts  # delivered again meanwhile: only its newest handle counts
            elif verdict.fate is Fate.DONE:
                self.deleted += 1
                self._drop(message_id)
            elif verdict.fate is Fate.NEVER or attempts + 1 >= ATTEMPTS:
                self.left += 1
                self._drop(message_id)
            else:
                again[message_id] = attempts + 1
        if again:
            await asyncio.sleep(send_again_s(max(again.values(), default=0) or 1, self._chance))
            self._waiting.update(again)
            self._flush()

    def _drop(self, *message_ids: str) -> None:
        self._asked.difference_update(message_ids)
        self._tracker.drop(*message_ids)

    async def drain(self, within_s: float) -> None:
        """Delete what waits, and wait for it for a while."""
        end = asyncio.get_running_loop().time() + within_s
        self._flush()
        while self._tasks and (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(set(self._tasks), timeout=left)
