"""The consumer: one message for the agent per fetch, positions from the database, no thread of its own.

Faust's own consumer wraps each record in four tasks, commits past records in flight, fixes the fetch wait at 1.5 s and lives
in a second thread. All of it is replaced here, through subclasses.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import aiokafka
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode import Service
from mode.utils.futures import maybe_async

from reptidex.agents.engine.driver.client import check_tasks
from reptidex.agents.engine.driver.fetching import MOST_BYTES, Fetched, fetched
from reptidex.agents.engine.group import BehindError, check_not_behind
from reptidex.agents.engine.starting import CutOffError, awaited, contradicts, note_loss, start_at
from reptidex.tables.positions import Witness

log = logging.getLogger(__name__)

FETCH_S = 1.0
"""How long one look for records takes at most, before it is seen whether the worker should stop."""


class LoopConsumer(driver.AIOKafkaConsumerThread):
    """Runs aiokafka's consumer on the worker's own loop: a thread costs each fetch two hand-overs and fights for the GIL."""

    wait_for_shutdown = False

    def __init__(self, consumer: Any, *, loop: asyncio.AbstractEventLoop, **kwargs: Any) -> None:
        super().__init__(consumer, loop=loop, thread_loop=loop, **kwargs)

    def _get_tasks(self) -> Iterable[Any]:
        return ()

    async def maybe_start(self) -> bool:
        return bool(await Service.maybe_start(self))

    async def start(self) -> None:
        await Service.start(self)

    async def stop(self) -> None:
        await Service.stop(self)

    async def crash(self, reason: BaseException) -> None:
        await Service.crash(self, reason)

    def _stopped_set(self) -> None:
        self._stopped.set()

    def set_shutdown(self) -> None:
        self._shutdown.set()

    async def on_stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def call_thread(self, fun: Any, *args: Any, **kwargs: Any) -> Any:
        return await maybe_async(fun(*args, **kwargs))

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self.consumer.on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        # Nothing is fetched before it is known from where: a fetch that waits for records holds up all else on its connection.
        self._ensure_consumer().pause(*map(driver.ensure_aiokafka_TP, assigned))
        await self.consumer.on_partitions_assigned(assigned, generation_id)

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.app.engine.settings.fetch_wait_ms
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        # The group's offsets only follow the database: that they cannot be written now is no reason to stop.
        try:
            await self._ensure_consumer().commit({driver.ensure_aiokafka_TP(tp): at for tp, at in offsets.items()})
        except KafkaError as problem:
            log.info("the group's offsets are written later: %r", problem)
            return False
        return True

    async def fetch(self, active: set[TP], most: int) -> Fetched:
        """Return the next records, about so many; none, where nothing comes for a while."""
        consumer = self._ensure_consumer()
        if not self.consumer.flow_active:
            return Fetched({}, 0)
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        # A worker that stops has ended its producer before the last fetch comes back.
        check_tasks(consumer, None if self.app.should_stop else self.app.producer._producer)
        with fetcher._subscriptions.fetch_context():
            return await fetched(fetcher, active, FETCH_S, most)


class Waiting:
    """Records that have been fetched and wait for the agent.

    They are taken from the client at once, since it asks the log for no more while it holds records that nobody has taken.
    """

    def __init__(self) -> None:
        self.announced = False
        """Whether the agent has been told and has not come yet."""
        self._records: dict[TP, list[Any]] = {}
        self._count = self._size = 0
        self._taken = asyncio.Event()

    def add(self, records: dict[TP, list[Any]], size: int) -> None:
        """Put more behind what is here."""
        self._size += size
        for tp, batch in records.items():
            self._count += len(batch)
            known = self._records.get(tp)
            if known is None:
                self._records[tp] = batch
            else:
                known.extend(batch)

    def take(self) -> dict[TP, list[Any]]:
        """Take everything."""
        records, self._records = self._records, {}
        self._count = self._size = 0
        self.announced = False
        self._taken.set()
        return records

    async def room(self, most: int) -> None:
        """Wait until fewer than so many are here, and not too much of them."""
        while self._count >= most or self._size >= MOST_BYTES:
            self._taken.clear()
            await self._taken.wait()


class Consumer(driver.Consumer):
    """Hands the records of one fetch over as one message."""

    _thread: LoopConsumer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting = Waiting()
        self._next: dict[TP, int] = {}
        """The offset that the next fetch of each partition has to begin with."""
        self._sought: dict[TP, int] = {}
        self._witnesses: dict[TP, Witness] = {}
        """Of partitions of which nothing has been fetched yet, the record that the first fetch should begin with."""

    def _new_consumer_thread(self) -> LoopConsumer:
        return LoopConsumer(self, loop=self.loop, beacon=self.beacon)

    def ack(self, message: Any) -> bool:
        # What has been handled stands in the database; Faust's own books are not kept.
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: the engine has its own watchdog, and this one compares two different clocks."""

    async def wait_empty(self) -> None:
        """Do nothing: the engine drains itself."""

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Let the group's offsets follow the database."""
        offsets: dict[TP, int] = self.app.engine.group.untold(self.app.engine.runner.positions)
        if not offsets:
            return False
        self.app.engine.step("before ack")
        done = await self._thread.commit(offsets)
        if done:
            self.app.engine.group.told(offsets)
        return bool(done)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self.app.engine.on_revoked()
        await super().on_partitions_revoked(revoked)

    async def perform_seek(self) -> None:
        """Go on where the database says, in every partition; where it says nothing, from the beginning."""
        engine, consumer = self.app.engine, self._thread._ensure_consumer()
        assigned = consumer.assignment()
        positions = await engine.on_assigned({tp.partition for tp in assigned})
        if not assigned:
            return
        earliest, latest, committed = await asyncio.gather(
            consumer.beginning_offsets(assigned),
            consumer.end_offsets(assigned),
            consumer._coordinator.fetch_committed_offsets(list(assigned)),
        )
        beyond = [tp for tp in assigned if tp in positions and positions[tp].next_offset > latest[tp]]
        oldest = await self._oldest(beyond)
        try:
            check_not_behind(engine.service, positions, committed, latest)
            places = {
                tp: start_at(engine.service, positions, tp, earliest[tp], latest[tp], oldest.get(tp)) for tp in assigned
            }
        except (BehindError, CutOffError) as problem:
            engine.end(problem, problem.exit_status)
            return
        self._read_offset.clear()
        self._next.clear()
        self._sought.clear()
        self._witnesses.clear()
        self._waiting.take()
        self._waiting = Waiting()
        for tp, offset in places.items():
            if witness := awaited(positions.get(tp), earliest[tp], latest[tp]):
                self._witnesses[tp], offset = witness, witness.offset
            consumer.seek(tp, offset)
            self._next[tp] = offset
        consumer.resume(*assigned)
        engine.ready()

    async def _oldest(self, partitions: Iterable[Any]) -> dict[TP, int]:
        """Return the times of the first records of partitions, in milliseconds; nothing of those that are empty."""
        asked = dict.fromkeys(partitions, 0)
        found = await self._thread._ensure_consumer().offsets_for_times(asked) if asked else {}
        return {TP(*tp): first.timestamp for tp, first in found.items() if first is not None}

    async def _drain_messages(self, fetcher: Any) -> None:
        engine = self.app.engine
        stopped, closed = self._stopped.is_set, fetcher._stopped.is_set
        try:
            while not (stopped() or closed()):
                if not self.flow_active:
                    await self.wait(self.can_resume_flow)
                    continue
                active, waiting = self._get_active_partitions(), self._waiting
                if not active:
                    await self.sleep(0.05)
                    continue
                await waiting.room(engine.appetite)
                engine.step("before fetch")
                records, size = await self._thread.fetch(active, engine.appetite)
                if self.flow_active and waiting is self._waiting:
                    whole = self._without_gaps(records)
                    await self._hear_witnesses(whole, waiting)
                    await self._note_breaks(whole, waiting)
                    await self._hand_over(whole, size, waiting)
                else:
                    self._fetch_again(records)
        except CutOffError as problem:
            engine.end(problem, problem.exit_status)
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.transport.app.should_stop:
                raise

    async def _hand_over(self, records: dict[TP, list[Any]], size: int, waiting: "Waiting") -> None:
        """Put records to those that wait for the agent, and tell the agent, unless it has been told already."""
        if not records or waiting is not self._waiting:
            return
        waiting.add(records, size)
        if not waiting.announced:
            waiting.announced = True
            await self.callback(self._envelope(records, waiting))

    def _fetch_again(self, records: dict[TP, list[Any]]) -> None:
        """Let records be fetched anew that a fetch brought which was under way while partitions moved.

        The client has counted them as read, and may have fetched them after it was told where to go on.
        """
        assigned = self._thread._ensure_consumer().assignment()
        for at in records:
            expected = self._next.get(TP(at.topic, at.partition))
            if expected is not None and at in assigned:
                self._thread.seek(at, expected)

    def _without_gaps(self, records: dict[TP, list[Any]]) -> dict[TP, list[Any]]:
        """Leave out what does not begin where the last fetch ended, and fetch it again from there.

        Offsets that the log itself has left out (compaction, transactions) are left out the second time too.
        """
        whole = {}
        for at, batch in records.items():
            tp, first = TP(at.topic, at.partition), batch[0].offset
            expected = self._next.get(tp)
            if expected is not None and first > expected and self._sought.get(tp) != expected:
                log.info("%s: %d is fetched again, since %d came in its place", tp, expected, first)
                self._sought[tp] = expected
                self._thread.seek(driver.ensure_aiokafka_TP(tp), expected)
                continue
            whole[at] = batch
        return whole

    async def _hear_witnesses(self, records: dict[TP, list[Any]], waiting: "Waiting") -> None:
        """Leave out the last records handled, which come first after an assignment. Another in its place tells of another log.

        Raises `CutOffError`.
        """
        others = []
        for tp in [each for each in records if each in self._witnesses]:
            witness, record = self._witnesses.pop(tp), records[tp][0]
            self._next[tp] = witness.offset + 1
            if contradicts(witness, record):
                others.append((tp, witness))
                del records[tp]
            elif record.offset == witness.offset:
                del records[tp][0]
                if not records[tp]:
                    del records[tp]
        for tp, witness in others:
            earliest = (await self._thread._ensure_consumer().beginning_offsets([tp]))[tp]
            oldest = (await self._oldest([tp])).get(tp)
            found = f"another record stands at {witness.offset}"
            await self.app.engine.begin_anew(tp, earliest, oldest, found)
            if waiting is not self._waiting:
                return
            self._next[tp] = earliest
            self._thread.seek(tp, earliest)

    async def _note_breaks(self, records: dict[TP, list[Any]], waiting: "Waiting") -> None:
        """Tell the engine of records that do not follow the last ones, and go on behind what comes now.

        Where the offset to go on from is not on the log (any more), the client goes to the earliest that is there.
        """
        for at, batch in records.items():
            if waiting is not self._waiting:
                return
            tp, first = TP(at.topic, at.partition), batch[0].offset
            expected = self._next.get(tp, first)
            if first > expected:
                earliest = (await self._thread._ensure_consumer().beginning_offsets([at]))[at]
                note_loss(tp, expected, min(earliest, first))
            elif first < expected:
                await waiting.room(1)  # what the log had before it was replaced is handled first
                await self.app.engine.begin_anew(tp, first, batch[0].timestamp, f"it begins anew at {first}")
            if waiting is not self._waiting:
                return
            self._next[tp] = batch[-1].offset + 1

    def _envelope(self, records: dict[TP, list[Any]], waiting: "Waiting") -> ConsumerMessage:
        tp = next(iter(records))
        last = records[tp][-1]
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000,
            0,  # nobody asks for its kind
            (),
            None,
            waiting.take,
            None,
            0,
            0,
            TP(tp.topic, tp.partition),
            generation_id=self.app.consumer_generation_id,
        )
