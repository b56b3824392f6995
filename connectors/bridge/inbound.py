"""From one SQS queue to the log: received, judged, produced, remembered, deleted, in that order and no other.

A message is deleted when the log has it on all replicas, or it is safe among the dead letters. A crash at any instant has
SQS show it again; the inbox then knows its event, or, if the crash came just before, the readers' inboxes do.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable

import msgspec

from reptidex.connectors.bridge import limits, verdicts
from reptidex.connectors.bridge.arrivals import Arrival
from reptidex.connectors.bridge.backoff import send_again_s, show_again_s
from reptidex.connectors.bridge.deleting import Deleter
from reptidex.connectors.bridge.ports import Identity, Inbox, Kept, Letter, Letters, Log, Meter
from reptidex.connectors.bridge.reading import Dropped, Reading
from reptidex.connectors.bridge.sqs import Received, SqsQueue
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
        log: Log,
        inbox: Inbox,
        letters: Letters,
        meter: Meter,
        *,
        held_most: int,
        chance: random.Random | None = None,
        step: Callable[[str], None] = lambda point: None,
    ) -> None:
        self.queue, self.tracker = queue, tracker
        self._reading, self._log, self._inbox, self._letters, self._meter = reading, log, inbox, letters, meter
        self._held_most, self._chance, self._step = held_most, chance or random.Random(), step
        self._deleter = Deleter(queue, tracker, self._chance)
        self._working: dict[Identity, asyncio.Future[bool]] = {}
        """Events being produced: a second message with one of them waits for how the first ends."""
        self._groups: set[str] = set()
        """Groups of a FIFO queue that are being worked on."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        tracker.dropped = self._room.set
        self._stopping = False
        self._failures = Counter[str]()
        """In a row, by part: the queue, the log and what else is needed."""
        self.empty = 0
        """Receives in a row that brought nothing."""
        self.trouble = ""

    async def poll(self) -> None:
        """Receive and hand on until told to stop. Run as many of these as there are threads to poll with."""
        while not self._stopping:
            while len(self.tracker) >= self._held_most:
                self._room.clear()
                await self._room.wait()
            if failures := max(self._failures.values(), default=0):
                await asyncio.sleep(min(PAUSE_S, send_again_s(failures, self._chance)))
            try:
                messages = await self.queue.receive()
            except Exception as problem:  # noqa: BLE001 - whatever boto3 raises, the poll goes on
                self._fail("queue", f"{verdicts.of_call(problem, 1).code}: {problem}")
                continue
            self._well("queue")
            self._meet(messages)

    async def drain_queue(self) -> None:
        """Receive until the queue has nothing more to show and all is settled. Raises what boto3 raises."""
        while self.empty < 2:
            self._meet(await self.queue.receive(wait_s=1))
            if self.empty:
                await self.finish(60.0)

    def _meet(self, messages: list[Received]) -> None:
        self.empty = 0 if messages else self.empty + 1
        if messages:
            self._meter.batch("inbound", len(messages))
            task = asyncio.get_running_loop().create_task(self.take(messages))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _fail(self, part: str, trouble: str) -> None:
        if not self._failures[part]:
            log.warning("%s: %s", self.queue.name, trouble)
        self._failures[part] += 1
        self.trouble = trouble

    def _well(self, part: str) -> None:
        if self._failures and self._failures.pop(part, 0) and not self._failures:
            log.warning("%s: goes on", self.queue.name)
            self.trouble = ""

    async def take(self, messages: list[Received]) -> None:
        """Deal with what one receive brought. Never raises: what fails is given back to the queue."""
        fresh = [message for message in messages if self.tracker.add(message)]
        if self._stopping:
            await self._give_back(fresh, at_once=True)
            return
        lanes: dict[str, list[Received]] = {}
        busy = []
        for message in fresh:
            if message.group in self._groups:
                busy.append(message)  # an earlier message of the group is still being worked on
            else:
                lanes.setdefault(self._lane(message), []).append(message)
        mine = set(lanes) if self.queue.fifo else set()
        self._groups |= mine
        try:
            await self._give_back(busy, at_once=True)
            while lanes:
                try:
                    failed = await self._round([lane[0] for lane in lanes.values()])
                except Exception:
                    # Held on to, they would be taken for work under way for ever, however often SQS shows them.
                    log.exception("what is left of a receive is given back to %s", self.queue.name)
                    rest = [each for lane in lanes.values() for each in lane if each.message_id not in self._deleter]
                    return await self._give_back(rest)
                await self._give_back([each for message in failed for each in lanes.pop(self._lane(message))])
                lanes = {name: lane[1:] for name, lane in lanes.items() if len(lane) > 1}
        finally:
            self._groups -= mine

    async def _round(self, messages: list[Received]) -> list[Received]:
        """Deal with one message of each lane; return those that have to be tried again."""
        again: list[Received] = []
        read: list[tuple[Received, Arrival]] = []
        for message in messages:
            try:
                if self._letters.blocks(self.queue.name, self._lane(message)):
                    await self._keep(message, "parked", None)
                    continue
                found = await self._reading.read(message.body, message.attributes)
                if isinstance(found, Dropped):
                    self._meter.loop(found.lock)
                    self._meter.crossed("inbound", "", "dropped")
                    self._deleter.delete(message.message_id)
                else:
                    read.append((message, found))
            except ReptidexError as problem:
                if problem.retriable:
                    self._fail("s3", str(problem))
                    again.append(message)
                else:
                    await self._keep(message, "unreadable", problem)
            except Exception as problem:
                log.exception("message %s of %s", message.message_id, self.queue.name)
                if message.receives < MOST_RECEIVES:
                    again.append(message)
                else:
                    await self._keep(message, "failed", problem)
        if read:
            self._well("s3")
            again += await self._admit(read)
        return again

    async def _admit(self, read: list[tuple[Received, Arrival]]) -> list[Received]:
        """Put events onto the log that are not there yet; return the messages that have to be tried again."""
        try:
            seen = await self._inbox.seen([arrival.identity for _, arrival in read])
        except UnavailableError as problem:
            self._fail("inbox", str(problem))
            return [message for message, _ in read]
        mine: list[tuple[Received, Arrival]] = []
        repeats: list[tuple[Received, Arrival, asyncio.Future[bool] | None]] = []
        for message, arrival in read:
            other = self._working.get(arrival.identity)
            if other is not None or arrival.identity in seen:
                repeats.append((message, arrival, other))
            else:
                self._working[arrival.identity] = asyncio.get_running_loop().create_future()
                mine.append((message, arrival))
        again = await self._produce(mine) if mine else []
        for message, arrival, other in repeats:
            if other is not None and not await other:
                again.append(message)
                continue
            self._meter.loop("inbox")
            self._meter.crossed("inbound", arrival.name, "repeat")
            self._deleter.delete(message.message_id)
        return again

    async def _produce(self, mine: list[tuple[Received, Arrival]]) -> list[Received]:
        safe: set[Identity] = set()
        again: list[Received] = []
        try:
            sent = await self._log.put([arrival.said for _, arrival in mine])
            self._step("produced")
            for (message, arrival), error in zip(mine, sent, strict=True):
                if error is None:
                    safe.add(arrival.identity)
                elif isinstance(error, UnavailableError):
                    again.append(message)
                else:
                    await self._keep(message, "failed", error)
            if again:
                self._fail("log", str(next(each for each in sent if each is not None)))
            else:
                self._well("log")
            if safe:
                await self._inbox.record(list(safe))
                self._step("recorded")
                self._well("inbox")
        except UnavailableError as problem:
            # On the log, but not in our inbox: given back, it is produced once more, and readers drop the repeat.
            self._fail("inbox", str(problem))
            again += [message for message, arrival in mine if arrival.identity in safe]
            safe = set()
        finally:
            for _, arrival in mine:
                self._working.pop(arrival.identity).set_result(arrival.identity in safe)
        done = [(message, arrival) for message, arrival in mine if arrival.identity in safe]
        for name, count in Counter(arrival.name for _, arrival in done).items():
            self._meter.crossed("inbound", name, "published", count)
        for message, _ in done:
            self._deleter.delete(message.message_id)
        return again

    async def _give_back(self, messages: list[Received], *, at_once: bool = False) -> None:
        """Have messages shown again: soon, or after a wait that doubles with each receive."""
        for start in range(0, len(messages), limits.BATCH_ENTRIES):
            batch = messages[start : start + limits.BATCH_ENTRIES]
            waits = [1 if at_once else show_again_s(message.receives, self._chance) for message in batch]
            await self.queue.hide([(each.handle, wait) for each, wait in zip(batch, waits, strict=True)])
            for message in batch:
                self.tracker.drop(message.message_id)
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
                value=message.body.encode(),
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
        self._room.set()

    async def redeliver(self, body: str) -> None:
        """Bring a letter in after all. Raises `ContractError` for what still is refused, `UnavailableError`."""
        found = await self._reading.read(body, {})
        if isinstance(found, Dropped):
            raise ContractError(f"the lock {found.lock!r} against loops drops it")
        if not await self._inbox.seen([found.identity]):
            [error] = await self._log.put([found.said])
            if error is not None:
                raise error
            await self._inbox.record([found.identity])
            self._meter.crossed("inbound", found.name, "published")


def _type_of(body: str) -> str:
    try:
        return str(msgspec.json.decode(body, type=_Typed).type)[:200]
    except (msgspec.MsgspecError, RecursionError):
        return ""


class _Typed(msgspec.Struct):
    type: str = ""
