"""Puts events onto the log: whole batches through an idempotent producer, acknowledged by all replicas.

A send for each record costs the client more than all the rest of an event's way in (measured), so batches are built here:
what comes for a partition while a batch of it is under way makes up the next.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any

import aiokafka
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from reptidex.agents.engine.ownership import partitioner
from reptidex.connectors.bridge.ports import Said
from reptidex.errors import ContractError, UnavailableError
from reptidex.settings import Settings

log = logging.getLogger(__name__)

BATCH_BYTES = 1_000_000
RECORD_BYTES = 1_048_000
"""Of one record: what brokers take by default (`max.message.bytes` of 1,048,588), without the frame of its batch."""
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


class _Parcel:
    """The records of one caller: done when each is."""

    __slots__ = ("errors", "future", "missing")

    def __init__(self, count: int) -> None:
        self.errors: list[Exception | None] = [None] * count
        self.missing = count
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self, place: int, error: Exception | None) -> None:
        self.errors[place] = error
        self.missing -= 1
        if not self.missing and not self.future.done():
            self.future.set_result(None)


class _Road:
    """What goes to one topic-partition."""

    __slots__ = ("busy", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[tuple[Said, _Parcel, int]] = deque()
        self.busy = False


class LogWriter:
    """The producer (`Log` of `reptidex.connectors.bridge.ports`)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._partition_of = partitioner(settings.partitions)
        self._producer: Any = None
        self._opening = asyncio.Lock()
        self._roads: dict[tuple[str, int], _Road] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connect. Raises `UnavailableError`."""
        await self._open()

    async def _open(self) -> Any:
        async with self._opening:
            if self._producer is None:
                producer = aiokafka.AIOKafkaProducer(
                    bootstrap_servers=self._settings.log,
                    client_id="repti-bridge",
                    acks="all",
                    enable_idempotence=True,
                    max_batch_size=BATCH_BYTES,
                    max_request_size=1_048_576,
                )
                try:
                    await producer.start()
                except (KafkaError, OSError) as problem:
                    await producer.stop()
                    raise UnavailableError("the log", repr(problem)) from problem
                self._producer = producer
            return self._producer

    async def put(self, records: Sequence[Said]) -> list[Exception | None]:
        """Put records on the log; return when all replicas have them, with what went wrong for each."""
        parcel = _Parcel(len(records))
        for place, record in enumerate(records):
            at = (record.topic, self._partition_of(record.key))
            road = self._roads.get(at)
            if road is None:
                road = self._roads[at] = _Road()
            road.waiting.append((record, parcel, place))
            if not road.busy:
                road.busy = True
                task = asyncio.get_running_loop().create_task(self._drive(at, road))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        await parcel.future
        return parcel.errors

    async def _drive(self, at: tuple[str, int], road: _Road) -> None:
        try:
            while road.waiting:
                await self._send(at, road)
        finally:
            road.busy = False

    async def _send(self, at: tuple[str, int], road: _Road) -> None:
        taken: list[tuple[Said, _Parcel, int]] = []
        error: Exception | None = None
        try:
            producer = self._producer or await self._open()
            builder = producer.create_batch()
            while road.waiting:
                record = road.waiting[0][0]
                headers = list(record.headers)
                if len(record.value) > RECORD_BYTES:  # a builder takes any record as its first
                    break
                if builder.append(timestamp=None, key=record.key.encode(), value=record.value, headers=headers) is None:
                    break
                taken.append(road.waiting.popleft())
            if not taken:
                taken.append(road.waiting.popleft())
                error = ContractError("the event is too large for the log")
            else:
                await (await producer.send_batch(builder, at[0], partition=at[1]))
        except (KafkaError, AssertionError, OSError, UnavailableError) as problem:
            # aiokafka asserts that the topic's partition is known: it is not while the log is away.
            if isinstance(problem, TOO_LARGE) and len(taken) == 1:
                error = ContractError("the event is too large for the log")
            else:
                error = problem if isinstance(problem, UnavailableError) else UnavailableError("the log", repr(problem))
            self._renew(problem)
        except Exception as problem:
            # Whatever else the client raises: who waits for these records has to hear of it, or they are held for ever.
            log.exception("records for %s", at)
            error = UnavailableError("the log", repr(problem))
        if isinstance(error, UnavailableError):
            # What waits behind them fails with them: sent now, it would stand before them when they are sent again.
            taken, road.waiting = [*taken, *road.waiting], deque()
        for _, parcel, place in taken:
            parcel.settle(place, error)

    def _renew(self, problem: BaseException) -> None:
        """Begin with a new producer where this one has lost its sequence for good."""
        if self._producer is None or getattr(problem, "retriable", True):
            return
        lost, self._producer = self._producer, None
        log.warning("the producer begins anew: %r", problem)
        task = asyncio.get_running_loop().create_task(lost.stop(), name="a producer that lost its sequence")
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.info("the old producer did not stop well: %r", task.exception())

    async def stop(self) -> None:
        """Send what is to be sent, and disconnect."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None
