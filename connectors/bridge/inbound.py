"""From one SQS queue to the log: received, judged, produced, remembered, deleted, in that order and no other.

A message is deleted when the log has it on all replicas, or it is safe among the dead letters. A crash at any instant has
SQS show it again; the inbox then knows its event, or, if the crash came just before, the readers' inboxes do.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence

import msgspec

from reptidex.connectors.bridge import limits
from reptidex.connectors.bridge.arrivals import Arrival, self_contained
from reptidex.connectors.bridge.attributes import values_of
from reptidex.connectors.bridge.backoff import send_again_s, show_again_s
from reptidex.connectors.bridge.deleting import Deleter
from reptidex.connectors.bridge.envelopes import Unwrapped
from reptidex.connectors.bridge.intake import InboxAwayError, Intake
from reptidex.connectors.bridge.ports import Kept, Letter, Letters, Meter
from reptidex.connectors.bridge.reading import Dropped, Reading
from reptidex.connectors.bridge.sqs import Received
from reptidex.connectors.bridge.sqs_beside import SqsQueue
from reptidex.connectors.bridge.tracker import Tracker
from reptidex.errors import ContractError, ReptidexError, UnavailableError

log = logging.getLogger(__name__)

PAUSE_S = 5.0
"""The longest pause of a poll while a part does not answer."""
MOST_RECEIVES = 5
"""A message that fails for a reason of which nothing is known is put away after so many receives."""


class Inbound:
    """One queue on its way to the log. `held_most` is how many messages may be worked on at once."""

    def __init__(
        self,
        queue: SqsQueue,
        tracker: Tracker,
        reading: Reading,
        intake: Intake,
        letters: Letters,
        meter: Meter,
        *,
        held_most: int,
    ) -> None:
        self.queue, self.tracker = queue, tracker
        self._reading, self._intake, self._letters, self._meter = reading, intake, letters, meter
        self._held_most, self._chance = held_most, random.Random()
        self._deleter = Deleter(queue, tracker, self._chance)
        self._groups: set[str] = set()
        """Groups of a FIFO queue that are being worked on."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._full = False
        tracker.dropped = self._dropped
        self._stopping = False
        self._failures = Counter[str]()
        """In a row, by part: the queue, the log and what else is needed."""
        self.empty = 0
        """Receives in a row that brought nothing."""
        self.trouble = ""

    async def poll(self, count: int) -> None:
        """Receive, by so many threads, and hand on until told to stop."""
        if not self._stopping:
            await self.queue.poll(count, lambda brought: self.meet([brought]))

    def meet(self, brought: Sequence[list[Received] | Exception]) -> None:
        """Deal with what receives have brought, or how they failed."""
        fresh: list[Received] = []
        for each in brought:
            if isinstance(each, Exception):
                self._fail("queue", str(each))
                continue
            self._well("queue")
            self.empty = 0 if each else self.empty + 1
            if each:
                self._meter.batch("inbound", len(each))
                fresh += [message for message in each if self.tracker.add(message)]
        if not fresh:
            return
        if len(self.tracker) >= self._held_most:
            self._full = True
            self.queue.pace(held=True)
        task = asyncio.get_running_loop().create_task(self._take_in(fresh))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain_queue(self) -> None:
        """Receive until the queue has nothing more to show and all is settled.

        Raises `CallError`, `UnavailableError` where what a part did not answer for was given back: it is there still.
        """
        while self.empty < 2:
            self.meet([await self.queue.receive(wait_s=1)])
            if self.empty:
                await self.finish(60.0)
        if self._failures:
            raise UnavailableError(self.queue.name, self.trouble)

    def _dropped(self) -> None:
        if self._full and len(self.tracker) < self._held_most:
            self._full = False
            self.queue.pace(held=False)

    def _fail(self, part: str, trouble: str) -> None:
        if not self._failures[part]:
            log.warning("%s: %s", self.queue.name, trouble)
        self._failures[part] += 1
        self.trouble = trouble
        self._slow()

    def _well(self, part: str) -> None:
        if self._failures and self._failures.pop(part, 0):
            self._slow()
            if not self._failures:
                log.warning("%s: goes on", self.queue.name)
                self.trouble = ""

    def _slow(self) -> None:
        """Have the polls slow down while a part does not answer."""
        failures = max(self._failures.values(), default=0)
        self.queue.pace(pause_s=min(PAUSE_S, send_again_s(failures, self._chance)) if failures else 0.0)

    async def _take_in(self, messages: list[Received]) -> None:
        """Deal with messages that are held now. Never raises: what fails is given back to the queue."""
        if self._stopping:
            await self._give_back(messages, at_once=True)
        elif self.queue.fifo:
            await self._by_groups(messages)
        else:
            await self._give_back(await self._guarded(messages, messages))

    async def _by_groups(self, messages: list[Received]) -> None:
        """Deal with messages of a FIFO queue: of each group one after the other, and none while an earlier one is not done."""
        lanes: dict[str, list[Received]] = {}
        busy = []
        for message in messages:
            if message.group in self._groups:
                busy.append(message)  # an earlier message of the group is still being worked on
            else:
                lanes.setdefault(message.group, []).append(message)
        mine = set(lanes)
        self._groups |= mine
        try:
            await self._give_back(busy, at_once=True)
            while lanes:
                rest = [each for lane in lanes.values() for each in lane]
                failed = await self._guarded([lane[0] for lane in lanes.values()], rest)
                behind = {message.group for message in failed}
                left = [each for each in rest if each.group in behind and each.message_id not in self._deleter]
                await self._give_back(left)
                lanes = {name: lane[1:] for name, lane in lanes.items() if len(lane) > 1 and name not in behind}
                # What is done with is free at once: SQS shows the next of such a group while others have a way to go.
                self._groups -= mine - set(lanes)
                mine &= set(lanes)
        finally:
            self._groups -= mine

    async def _guarded(self, messages: list[Received], rest: list[Received]) -> list[Received]:
        """Deal with messages, of different lanes; return those that have to be tried again. Where that breaks, it is all of
        `rest` that is not to be deleted.
        """
        try:
            return await self._round(messages)
        except Exception:
            # Held on to, they would be taken for work under way for ever, however often SQS shows them.
            log.exception("what is left of a receive is given back to %s", self.queue.name)
            return [each for each in rest if each.message_id not in self._deleter]

    async def _round(self, messages: list[Received]) -> list[Received]:
        """Deal with one message of each lane; return those that have to be tried again."""
        again: list[Received] = []
        read: list[tuple[Received, Arrival]] = []
        pointers: list[tuple[Received, Unwrapped]] = []
        if self.queue.fifo:
            try:
                await self._letters.learn(self.queue.name, [message.group for message in messages])
            except UnavailableError as problem:
                self._fail("inbox", str(problem))
                return messages
        for message in messages:
            if self.queue.fifo and self._letters.blocks(self.queue.name, message.group):
                await self._keep(message, "parked", None)
                continue
            try:
                found = self._reading.read(message.body, message.attributes)
            except Exception as problem:  # noqa: BLE001 - each message is judged by itself
                await self._unread(message, problem, again)
                continue
            if isinstance(found, Arrival):
                read.append((message, found))
            elif isinstance(found, Dropped):
                self._lock_out(message, found)
            else:
                pointers.append((message, found))
        if pointers:
            await self._follow(pointers, read, again)
        if read:
            self._well("s3")
            again += await self._admit(read)
        return again

    async def _follow(
        self, pointers: list[tuple[Received, Unwrapped]], read: list[tuple[Received, Arrival]], again: list[Received]
    ) -> None:
        fetched = await asyncio.gather(
            *(self._reading.follow(pointer) for _, pointer in pointers), return_exceptions=True
        )
        for (message, _), found in zip(pointers, fetched, strict=True):
            if isinstance(found, Arrival):
                read.append((message, found))
            elif isinstance(found, Dropped):
                self._lock_out(message, found)
            else:
                await self._unread(message, found, again)

    def _lock_out(self, message: Received, found: Dropped) -> None:
        self._meter.loop(found.lock)
        self._meter.crossed("inbound", "", "dropped")
        self._deleter.delete(message.message_id)

    async def _unread(self, message: Received, problem: BaseException, again: list[Received]) -> None:
        """Keep a message that cannot be read, or have it tried again where that may help."""
        if isinstance(problem, ReptidexError):
            if problem.retriable:
                self._fail("s3", str(problem))
                again.append(message)
            else:
                await self._keep(message, "unreadable", problem)
            return
        log.error("message %s of %s", message.message_id, self.queue.name, exc_info=problem)
        if message.receives < MOST_RECEIVES:
            again.append(message)
        else:
            await self._keep(message, "failed", problem)

    async def _admit(self, read: list[tuple[Received, Arrival]]) -> list[Received]:
        """Put events onto the log that are not there yet; return the messages that have to be tried again."""
        again: list[Received] = []
        published: dict[str, int] = {}
        done: list[str] = []
        outcomes = await self._intake.admit([arrival for _, arrival in read])
        for (message, arrival), outcome in zip(read, outcomes, strict=True):
            if outcome == "published":
                name = arrival.said.topic
                published[name] = published.get(name, 0) + 1
                done.append(message.message_id)
            elif outcome == "repeat":
                self._meter.loop("inbox")
                self._meter.crossed("inbound", arrival.said.topic, "repeat")
                done.append(message.message_id)
            elif isinstance(outcome, UnavailableError):
                self._fail("inbox" if isinstance(outcome, InboxAwayError) else "log", str(outcome))
                again.append(message)
            else:
                await self._keep(message, "failed", outcome)
        self._deleter.delete(*done)
        for name, count in published.items():
            self._meter.crossed("inbound", name, "published", count)
        if not again:
            self._well("inbox")
            self._well("log")
        return again

    async def _give_back(self, messages: list[Received], *, at_once: bool = False) -> None:
        """Have messages shown again: soon, or after a wait that doubles with each receive."""
        for start in range(0, len(messages), limits.BATCH_ENTRIES):
            batch = messages[start : start + limits.BATCH_ENTRIES]
            waits = [1 if at_once else show_again_s(message.receives, self._chance) for message in batch]
            await self.queue.hide([(each.handle, wait) for each, wait in zip(batch, waits, strict=True)])
            self.tracker.drop(*(message.message_id for message in batch))
            if not at_once:
                self._meter.crossed("inbound", "", "again", len(batch))

    async def _keep(self, message: Received, state: Kept, problem: BaseException | None) -> None:
        """Keep a message as a letter; on a FIFO queue its group waits behind it."""
        dead = self.queue.fifo and state != "parked"
        await self._letters.keep(
            Letter(
                direction="inbound",
                letter_id=f"sqs/{self.queue.name}/{message.place}",
                state="dead" if dead else state,
                topic=self.queue.name,
                key=self._lane(message),
                type=_type_of(message.body),
                value=self_contained(message.body, values_of(message.attributes)).encode(),
                error=type(problem).__name__ if problem else "",
                cause=str(problem) if problem else "waits behind an earlier letter of its group",
                attempts=message.receives,
            )
        )
        self._meter.crossed("inbound", "", "parked" if state == "parked" else "dead")
        self._deleter.delete(message.message_id)

    def _lane(self, message: Received) -> str:
        return message.group if self.queue.fifo else message.message_id

    async def finish(self, within_s: float) -> None:
        """Finish what is in hand, for a while."""
        end = asyncio.get_running_loop().time() + within_s
        while self._tasks and (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(set(self._tasks), timeout=left)
        await self._deleter.drain(max(0.1, end - asyncio.get_running_loop().time()))

    def close(self) -> None:
        """Take no more: what polls under way still bring is given back at once."""
        self._stopping = True
        self.queue.stop()

    async def redeliver(self, body: str) -> None:
        """Bring a letter in after all. Raises `ContractError` for what still is refused, `UnavailableError`."""
        found = self._reading.read(body, {})
        if isinstance(found, Unwrapped):
            found = await self._reading.follow(found)
        if isinstance(found, Dropped):
            raise ContractError(f"the lock {found.lock!r} against loops drops it")
        [outcome] = await self._intake.admit([found])
        if isinstance(outcome, Exception):
            raise outcome
        if outcome == "published":
            self._meter.crossed("inbound", found.name, "published")


def _type_of(body: str) -> str:
    try:
        return str(msgspec.json.decode(body, type=_Typed).type)[:200]
    except (msgspec.MsgspecError, RecursionError):
        return ""


class _Typed(msgspec.Struct):
    type: str = ""
