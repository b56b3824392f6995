"""From the log to SNS: every record settled once, in the order of its key, whatever AWS answers.

An offset may be committed when everything below it is acknowledged by SNS, or kept as a dead letter; so a crash at any
instant sends some events again, and loses none.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple, Protocol

from reptidex.connectors.bridge.backoff import CONFIGURATION_S, send_again_s
from reptidex.connectors.bridge.entries import Entry, fields_of
from reptidex.connectors.bridge.heads import Head, head_of
from reptidex.connectors.bridge.lanes import TopicQueue
from reptidex.connectors.bridge.loops import outbound_lock
from reptidex.connectors.bridge.names import is_fifo, sns_name
from reptidex.connectors.bridge.ports import Kept, Letter, Letters, Meter
from reptidex.connectors.bridge.verdicts import AGAIN, Fate, Verdict
from reptidex.connectors.bridge.watermark import Watermark
from reptidex.errors import ContractError


class Publisher(Protocol):
    """What publishes a batch."""

    async def publish(self, arn: str, batch: Sequence[Entry]) -> list[Verdict]: ...


class Destination(NamedTuple):
    """Where events go, and in whose name."""

    arn: str
    """The topics' ARN up to the name (`arn:aws:sns:eu-central-1:123456789012:`)."""
    env: str
    own: str
    """Our origin (`rxorigin`)."""
    peers: AbstractSet[str] = frozenset()
    """Origins that own the topics: their own events are not sent to them."""
    fifo: bool = True
    """Whether events whose order is part of their contract go to FIFO topics."""
    fair: bool = False


class Record(NamedTuple):
    """A record of the log."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Outbound:
    """Sends what it is offered. `calls` is how many may be under way at once."""

    def __init__(
        self,
        publisher: Publisher,
        destination: Destination,
        letters: Letters,
        meter: Meter,
        *,
        calls: int,
        clock: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self._publisher, self._to, self._letters, self._meter = publisher, destination, letters, meter
        self._clock, self._chance = clock, chance or random.Random()
        self._queues: dict[str, TopicQueue] = {}
        self._turns: deque[TopicQueue] = deque()
        """The queues with something in them; each has its turn."""
        self._calls = calls
        self._tasks: set[asyncio.Task[Any]] = set()
        self._wake = asyncio.Event()
        self.in_flight = 0
        """Entries taken and not settled."""
        self.calling = 0
        self.hurry = False
        """Nothing lingers any more: the bridge is stopping, or works off what is there."""
        self.trouble: dict[str, str] = {}
        """By event, large ones apart: what AWS says of topics that do not take it, until they do."""

    def offer(self, record: Record, mark: Watermark) -> None:
        """Take a record on; its offset is settled in `mark` when it has crossed or is kept."""
        mark.take(record.offset, len(record.value or b""))
        self.in_flight += 1

        def settle() -> None:
            self.in_flight -= 1
            mark.settle(record.offset)

        key = (record.key or b"").decode(errors="replace")
        entry = self._entry(record, key, settle, lambda: not mark.lost)
        try:
            head = self._fill(entry)
        except Exception as problem:  # noqa: BLE001 - whatever a record holds, it ends neither the reader nor the rest of the log
            entry.refusal = Verdict(Fate.NEVER, type(problem).__name__, str(problem))
        else:
            if lock := outbound_lock(head, self._to.peers):
                self._meter.loop(lock)
                self._meter.crossed("outbound", record.topic, "dropped")
                settle()
                return
        self.put(entry)

    def _entry(self, record: Record, key: str, settle: Callable[[], None], wanted: Callable[[], bool]) -> Entry:
        fifo = self._to.fifo and is_fifo(record.topic)
        return Entry(
            name=record.topic,
            arn=self._to.arn + sns_name(record.topic, self._to.env, fifo=fifo),
            lane=key,
            raw=record.value or b"",
            place=record[:3],
            settle=settle,
            wanted=wanted,
        )

    def _fill(self, entry: Entry) -> Head:
        """Put in what boto3 gets. Raises `ContractError`, `LimitError`, `ValueError` (bytes that are no text)."""
        head = head_of(entry.raw)
        if head.type != entry.name:
            raise ContractError(f"the event says its type is {head.type!r}")
        entry.lane = entry.lane or head.subject
        fifo = entry.arn.endswith(".fifo")
        entry.fields, entry.size, entry.payload = fields_of(
            entry.raw, head, own=self._to.own, key=entry.lane, fifo=fifo, fair=self._to.fair
        )
        entry.large = entry.payload is not None
        return head

    def put(self, entry: Entry) -> None:
        """Let an entry wait for its turn."""
        queue = self._queues.get(entry.arn)
        if queue is None:
            fifo = entry.arn.endswith(".fifo")
            queue = self._queues[entry.arn] = TopicQueue(entry.arn, fifo=fifo, clock=self._clock)
        if not queue.listed:
            queue.listed = True
            self._turns.append(queue)
        queue.put(entry)
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            pause = self._start_calls()
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    def _start_calls(self) -> float | None:
        """Start the calls that are due and have a thread; return how long until the next one is, None: until something comes."""
        next_due: float | None = None
        idle = 0
        while idle < len(self._turns):
            queue = self._turns.popleft()
            if queue.idle:
                queue.listed = False
                continue
            self._turns.append(queue)
            # The clock is read once: what came due between two readings would be neither taken nor waited for.
            now = self._clock()
            due, idle = queue.due(now, hurry=self.hurry), idle + 1
            if due is None:
                continue
            if due > now:
                next_due = due if next_due is None else min(next_due, due)
                continue
            if self.calling >= self._calls:
                return None  # a call that ends wakes us
            if batch := queue.take():
                idle = 0
                self.calling += 1
                self._spawn(self._send(queue, batch))
        return None if next_due is None else max(0.0, next_due - self._clock())

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, queue: TopicQueue, batch: list[Entry]) -> None:
        self._meter.batch("outbound", len(batch))
        try:
            sent = [each for each in batch if each.refusal is None and not self._blocked(each)]
            said = await self._publisher.publish(queue.arn, sent) if sent else []
        finally:
            self.calling -= 1
            self._wake.set()
        fates = {id(entry): verdict for entry, verdict in zip(sent, said, strict=True)}
        lanes: dict[str, list[Entry]] = {}
        for entry in batch:
            lanes.setdefault(entry.lane, []).append(entry)
        done = 0
        for lane, entries in lanes.items():
            again: list[Entry] = []
            waits: list[Verdict] = []
            for entry in entries:
                verdict = fates.get(id(entry))
                if self._blocked(entry) and verdict is None:
                    await self._keep(entry, "parked", "", "waits behind an earlier letter of its key")
                    continue
                verdict = verdict or entry.refusal or AGAIN
                if verdict.fate is Fate.DONE:
                    done += 1
                    entry.settle()
                elif verdict.fate is Fate.NEVER:
                    await self._keep(entry, self._state_of(entry, fifo=queue.fifo), verdict.code, verdict.detail)
                else:
                    again.append(entry)
                    waits.append(verdict)
            if again:
                queue.back(again, self._clock() + self._hold(queue, again, waits))
            else:
                queue.done((lane,))
        if done:
            self._meter.crossed("outbound", batch[0].name, "published", done)
            for entry in batch if self.trouble else ():
                self.trouble.pop(_whose(entry), None)
        self._wake.set()

    def _blocked(self, entry: Entry) -> bool:
        return self._letters.blocks(entry.name, entry.lane)

    @staticmethod
    def _state_of(entry: Entry, *, fifo: bool) -> Kept:
        if fifo:
            return "dead"
        return "unreadable" if entry.refusal else "failed"

    def _hold(self, queue: TopicQueue, entries: list[Entry], verdicts: list[Verdict]) -> float:
        """Note a failed attempt of a lane, and return how long it waits."""
        for entry, verdict in zip(entries, verdicts, strict=True):
            entry.attempts += 1
            entry.alone = entry.alone or verdict.fate is Fate.ALONE
        worst = next((each for each in verdicts if each.fate is Fate.WAIT), verdicts[0])
        self.trouble[_whose(entries[0])] = f"{worst.code}: {worst.detail}"
        self._meter.crossed("outbound", entries[0].name, worst.fate.value, len(entries))
        if worst.fate is Fate.ALONE:
            return 0.0
        wait = send_again_s(max(entry.attempts for entry in entries), self._chance)
        if worst.fate is Fate.WAIT:
            wait = max(wait, CONFIGURATION_S * self._chance.uniform(0.5, 1.0))
        if worst.fate in (Fate.SLOWER, Fate.WAIT) and entries[0].payload is None:  # else it was S3 that did not take it
            queue.not_before = max(queue.not_before, self._clock() + wait)
        return wait

    async def _keep(self, entry: Entry, state: Kept, error: str, cause: str) -> None:
        topic, partition, offset = entry.place
        await self._letters.keep(
            Letter(
                direction="outbound", letter_id=f"{topic}/{partition}/{offset:020d}", state=state, topic=topic,
                key=entry.lane, type=entry.name, value=entry.raw, partition=partition, offset=offset, error=error,
                cause=cause, attempts=entry.attempts + 1,
            )
        )  # fmt: skip
        self._meter.crossed("outbound", entry.name, "parked" if state == "parked" else "dead")
        entry.settle()

    @property
    def idle(self) -> bool:
        """Whether everything that was offered is settled."""
        return not self.in_flight

    async def send_letter(self, topic: str, key: str, raw: bytes) -> Verdict:
        """Send one event past all that wait, and return what AWS says: a person has asked for it."""
        entry = self._entry(Record(topic, 0, 0, None, raw), key, lambda: None, lambda: True)
        try:
            self._fill(entry)
        except Exception as problem:  # noqa: BLE001 - as in `offer`
            return Verdict(Fate.NEVER, type(problem).__name__, str(problem))
        [verdict] = await self._publisher.publish(entry.arn, [entry])
        return verdict

    async def settled_within(self, seconds: float) -> bool:
        """Hurry, and wait for a while until everything is settled. Returns whether it is."""
        before, self.hurry = self.hurry, True
        self._wake.set()
        end = self._clock() + seconds
        while self.in_flight and self._clock() < end:
            tasks = list(self._tasks)
            if not tasks:
                await asyncio.sleep(0.01)
                continue
            await asyncio.wait(set(tasks), timeout=max(0.0, end - self._clock()), return_when=asyncio.FIRST_COMPLETED)
        self.hurry = before
        return not self.in_flight


def _whose(entry: Entry) -> str:
    return f"{entry.name} (large)" if entry.large else entry.name
