"""Reads the log for the outbound side, and commits its offsets up to where everything is settled."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiokafka
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from reptidex.agents.engine.driver.client import check_tasks
from reptidex.connectors.bridge.outbound import Outbound, Record
from reptidex.connectors.bridge.watermark import Watermark
from reptidex.errors import UnavailableError
from reptidex.settings import Settings

log = logging.getLogger(__name__)

GROUP = "repti-bridge"
FETCH_RECORDS = 500
PARTITION_RECORDS, PARTITION_BYTES = 2000, 8 * 1024 * 1024
"""At so much waiting of one partition, the partition pauses, not the process."""
TOTAL_RECORDS, TOTAL_BYTES = 10_000, 256 * 1024 * 1024
"""At so much waiting in all, every partition pauses. The log is asked on: who asks nothing for five minutes leaves its group."""
COMMIT_S = 1.0
SETTLE_SHARE = 0.2
"""The share of a session in which, at a rebalance, what is under way may still be settled."""


class LogReader(aiokafka.ConsumerRebalanceListener):
    """A member of the bridge's consumer group. `join` is called before anything is offered of partitions that are new to it."""

    def __init__(
        self, settings: Settings, topics: Sequence[str], outbound: Outbound, join: Callable[[], Awaitable[None]]
    ) -> None:
        self._join, self._joined = join, False
        self._settings, self._topics, self._outbound = settings, sorted(topics), outbound
        self.marks: dict[aiokafka.TopicPartition, Watermark] = {}
        self._consumer: Any = None
        self._paused: set[aiokafka.TopicPartition] = set()
        self._full = False
        self._stopping = False
        self.trouble = ""

    async def start(self) -> None:
        """Join the group. Raises `UnavailableError`."""
        session_ms = int(self._settings.session_timeout_s * 1000)
        consumer = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=self._settings.log,
            client_id="repti-bridge",
            group_id=GROUP,
            enable_auto_commit=False,
            auto_offset_reset=self._settings.bridge_from,
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=session_ms // 3,
            rebalance_timeout_ms=max(session_ms, 10_000),
            fetch_max_wait_ms=self._settings.fetch_wait_ms,
            max_poll_records=FETCH_RECORDS,
        )
        consumer.subscribe(self._topics, listener=self)
        try:
            await consumer.start()
        except (KafkaError, OSError) as problem:
            await consumer.stop()
            raise UnavailableError("the log", repr(problem)) from problem
        self._consumer = consumer

    @property
    def assigned(self) -> int:
        """How many partitions are ours at the moment."""
        return len(self._consumer.assignment()) if self._consumer is not None else 0

    @property
    def oldest_s(self) -> float:
        """The age of the record that has been under way the longest."""
        return max((mark.age_s for mark in self.marks.values()), default=0.0)

    @property
    def lag(self) -> int:
        """How many records of our partitions are not settled yet, as of the last fetches."""
        mine = self._consumer.assignment()
        return sum(
            max(0, (self._consumer.highwater(tp) or 0) - mark.position) for tp, mark in self.marks.items() if tp in mine
        )

    async def on_partitions_assigned(self, assigned: Sequence[aiokafka.TopicPartition]) -> None:
        """Begin with new partitions; what they had before is forgotten."""
        for tp in assigned:
            self.marks.pop(tp, None)
        self._paused.clear()
        self._joined = False

    async def on_partitions_revoked(self, revoked: Sequence[aiokafka.TopicPartition]) -> None:
        """Settle what is under way for a while, commit, and drop the rest: the next owner sends it."""
        mine = [self.marks[tp] for tp in revoked if tp in self.marks]
        if any(mark.pending for mark in mine) and not self._stopping:
            await self._outbound.settled_within(self._settings.session_timeout_s * SETTLE_SHARE)
        await self.commit()
        for tp in revoked:
            if mark := self.marks.pop(tp, None):
                mark.lost = True

    async def run(self) -> None:
        """Offer what comes, until told to stop."""
        committing = asyncio.create_task(self._keep_committing(), name="commits of the bridge")
        try:
            while not self._stopping:
                self._check()
                self._balance()
                await self._fetch()
        finally:
            committing.cancel()
            await asyncio.gather(committing, return_exceptions=True)

    def _check(self) -> None:
        try:
            check_tasks(self._consumer)
        except KafkaError as problem:
            raise UnavailableError("the log", f"{problem}: {problem.__cause__!r}") from problem

    async def _fetch(self) -> None:
        try:
            found = await self._consumer.getmany(timeout_ms=200, max_records=FETCH_RECORDS)
        except (KafkaError, OSError) as problem:
            if not self.trouble:
                log.warning("the log: %r", problem)
            self.trouble = repr(problem)
            await asyncio.sleep(0.5)
            return
        self.trouble = ""
        if found and not self._joined:
            await self._join_those_before()
            mine = self._consumer.assignment() if self._joined else ()
            found = {tp: records for tp, records in found.items() if tp in mine}
        for tp, records in found.items():
            mark = self.marks.get(tp)
            if mark is None:
                mark = self.marks[tp] = Watermark(records[0].offset)
            for record in records:
                self._outbound.offer(Record(tp.topic, tp.partition, record.offset, record.key, record.value), mark)

    async def _join_those_before(self) -> None:
        """Have it learnt what the partitions' owners before have kept: what waits behind a letter of theirs waits here too."""
        while not self._joined and not self._stopping:
            self._joined = True  # what is assigned from here on is learnt of anew
            try:
                await self._join()
            except UnavailableError as problem:
                self._joined, self.trouble = False, str(problem)
                await asyncio.sleep(0.5)

    def _balance(self) -> None:
        """Pause partitions of which much waits, until half of it is settled; all of them where much waits in all."""
        size, share = sum(mark.bytes for mark in self.marks.values()), 0.5 if self._full else 1.0
        self._full = self._outbound.in_flight >= TOTAL_RECORDS * share or size >= TOTAL_BYTES * share
        mine = self._consumer.assignment()
        wanted = mine if self._full else {tp for tp, mark in self.marks.items() if tp in mine and self._much(tp, mark)}
        if pausing := wanted - self._paused:
            self._consumer.pause(*pausing)
        if resuming := (self._paused - wanted) & mine:
            self._consumer.resume(*resuming)
        self._paused = set(wanted)

    def _much(self, tp: aiokafka.TopicPartition, mark: Watermark) -> bool:
        share = 0.5 if tp in self._paused else 1.0
        return mark.pending >= PARTITION_RECORDS * share or mark.bytes >= PARTITION_BYTES * share

    async def _keep_committing(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_S)
            await self.commit()

    async def commit(self) -> None:
        """Commit the marks that have moved. That it cannot be done now is no reason to stop: it is done later."""
        moved = {tp: mark.position for tp, mark in self.marks.items() if mark.position > mark.committed}
        if not moved:
            return
        try:
            await self._consumer.commit(moved)
        except (CommitFailedError, IllegalStateError, KafkaError) as problem:
            log.info("the group's offsets are written later: %r", problem)
            return
        for tp, position in moved.items():
            if tp in self.marks:
                self.marks[tp].committed = position

    async def ends(self) -> Mapping[aiokafka.TopicPartition, int]:
        """Return the present ends of our partitions."""
        found: dict[aiokafka.TopicPartition, int] = await self._consumer.end_offsets(list(self._consumer.assignment()))
        return found

    async def past(self, ends: Mapping[aiokafka.TopicPartition, int]) -> bool:
        """Say whether everything below these ends is settled."""
        for tp, end in ends.items():
            mark = self.marks.get(tp)
            at = mark.position if mark is not None else await self._consumer.position(tp)
            if at < end:
                return False
        return True

    async def stop(self, within_s: float) -> None:
        """Take no more, settle what is under way for a while, commit, leave the group."""
        self._stopping = True
        if self._consumer is None:
            return
        await self._outbound.settled_within(within_s)
        await self.commit()
        for mark in self.marks.values():
            mark.lost = True
        await self._consumer.stop()
