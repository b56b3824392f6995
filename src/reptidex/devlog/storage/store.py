"""The storage of the log: opens and recovers it, takes writes, keeps the journal short, heals after disk errors."""

import asyncio
import os
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from reptidex.devlog.clock import Clock
from reptidex.devlog.codes import ErrorCode
from reptidex.devlog.errors import Refused, StorageFailed
from reptidex.devlog.options import Options
from reptidex.devlog.storage.arrivals import Arrivals
from reptidex.devlog.storage.batches import Batch, place, stamp
from reptidex.devlog.storage.catalog import Topic
from reptidex.devlog.storage.checkpoint import Checkpoint
from reptidex.devlog.storage.committer import Committer, NotApplied
from reptidex.devlog.storage.disk import Disk, lock_directory
from reptidex.devlog.storage.entries import Appended, Entry, ProducerIdsTaken, Rolled, TopicCreated, TopicDeleted
from reptidex.devlog.storage.files import FilePool
from reptidex.devlog.storage.journal import Journal
from reptidex.devlog.storage.partition import Partition, Shared
from reptidex.devlog.storage.recovery import recover, reopen_partition
from reptidex.devlog.storage.space import BLOCK, COPIES, Space
from reptidex.devlog.storage.state import State

PRODUCER_ID_BLOCK = 1000
CHECKPOINT_ENTRIES = 20_000  # replayed in about half a second
REOPEN_INTERVAL = 1.0  # a partition that could not be reopened is tried again, its part of the journal read anew


class Store:
    """Everything durable, as one object. Use `await Store.open(...)`, then `close`.

    While `offline_cause` is set nothing is written: the journal failed and waits to be reopened from disk. What was
    durable before is in memory as it is on the disk, so it may still be read, unless `unreadable` says why not.
    """

    def __init__(self, options: Options, clock: Clock, disk: Disk, report: Callable[[str], None]) -> None:
        self.options = options
        self.clock = clock
        self.report = report
        self.offline_cause: str | None = "not open"
        self.unreadable: str | None = "not open"
        self.arriving: dict[str, int] = {}
        self.ending_producers: set[int] = set()
        self._disk = disk
        self._arrivals: Arrivals[Partition] = Arrivals()
        self._journals = options.data_dir / "journal"
        options.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._journals.mkdir(exist_ok=True)
        self._lock = lock_directory(options.data_dir)
        self._thread = ThreadPoolExecutor(1, "devlog-checkpoint")
        self._space = Space(options.data_dir, disk, clock, options.free_floor, report)
        self._still = ""
        self._checkpoint_due = False
        self._last_checkpoint = clock.monotonic()
        self._reopen_after = float("-inf")
        self._load()

    @classmethod
    async def open(cls, options: Options, clock: Clock, disk: Disk, report: Callable[[str], None]) -> "Store":
        """Lock the directory, recover what is in it and be ready for writes.

        Raises StartRefused when another process holds the directory or both snapshots are damaged.
        """
        return cls(options, clock, disk, report)

    async def close(self) -> None:
        """Write what is waiting, take a last snapshot, release the directory; closing twice is no error."""
        if self._lock < 0:
            return
        try:
            if self.offline_cause is None:
                await self._checkpoint.run(self._thread)
                await self._committer.close()
        except (StorageFailed, OSError) as error:
            self.report(f"no snapshot at the end: {error}")
        self.offline_cause = self.unreadable = "closed"
        self._journal.close()
        self.state.shared.pool.close()
        self._thread.shutdown()
        os.close(self._lock)
        self._lock = -1

    @property
    def arrivals(self) -> Arrivals[Partition]:
        """Return where to wait for records."""
        return self._arrivals

    @property
    def next_frame(self) -> int:
        """Return the number of the journal frame that will be written next."""
        return self._journal.next_frame

    @property
    def inflight_bytes(self) -> int:
        """Return the bytes that wait for the disk."""
        return self._committer.inflight

    def append(self, topic: Topic, partition: Partition, batch: Batch, data: bytes | memoryview) -> int:
        """Give a checked batch its offset and send it to the disk; `durable` tells when it is there.

        Raises StorageFailed when the log is offline.
        """
        if self.offline_cause is not None:
            raise StorageFailed(self.offline_cause)
        now = self.clock.now_ms()
        created = partition.active_created
        full = partition.active_size and partition.active_size + batch.size > topic.segment_bytes
        if created is None or full or (partition.active_size and now - created >= topic.segment_ms):
            self.submit(Rolled(topic.topic_id, partition.index, partition.reserve_roll(now), now))
        offset = partition.reserve(batch, now)
        placed = place(data, batch, offset)
        self.submit(Appended(topic.topic_id, partition.index, stamp(placed, now) if topic.stamps_time else placed))
        return offset

    def submit(self, entry: Entry) -> "asyncio.Future[None]":
        """Send a change to the disk; it takes effect, and the future is done, once it is durable.

        Raises StorageFailed when the log is offline.
        """
        if self.offline_cause is not None:
            raise StorageFailed(self.offline_cause)
        before = self._committer.inflight
        done = self._committer.add(entry)
        self._space.take(COPIES * (self._committer.inflight - before) + (BLOCK if isinstance(entry, Rolled) else 0))
        return done

    def new_topic_id(self) -> int:
        """Return an id that no topic ever had."""
        topic_id, self.state.next_topic_id = self.state.next_topic_id, self.state.next_topic_id + 1
        return topic_id

    async def new_producer_id(self) -> int:
        """Return an id that no producer ever had; raises StorageFailed."""
        if self._next_producer_id >= self.state.next_producer_id:
            self.submit(ProducerIdsTaken(self._next_producer_id + PRODUCER_ID_BLOCK))
            await self.durable()
        self._next_producer_id += 1
        return self._next_producer_id - 1

    def submit_topic(self, entry: TopicCreated) -> None:
        """Send a new topic to the disk; until it is there its name stands in `arriving`."""
        self.submit(entry).add_done_callback(lambda _: self.arriving.pop(entry.name, None))
        self.arriving[entry.name] = entry.partitions

    async def durable(self) -> None:
        """Return once everything submitted so far is durable; raises StorageFailed if it never will be."""
        await asyncio.shield(self._committer.newest())

    def require_space(self, share: float = 1.0, more: int = 0) -> None:
        """Raise Refused (KAFKA_STORAGE_ERROR) when free disk space, after `more` bytes, is below `share` of the floor.

        The `more` bytes count as taken when they are granted.
        """
        if self._space.left(self._committer.inflight) - more < self.options.free_floor * share:
            raise Refused(ErrorCode.kafka_storage_error, "free disk space is below the floor")
        self._space.take(more)

    async def tend(self) -> None:
        """Do what is due: reopen what failed, take a checkpoint. Call it a few times a second."""
        if self.offline_cause is not None:
            self._reopen()
            return
        failed = [partition for partition in self._partitions() if partition.must_reopen]
        if failed and self.clock.monotonic() >= self._reopen_after:
            self._reopen_after = self.clock.monotonic() + REOPEN_INTERVAL
            await self.durable()  # reservations of a failed partition must be on the disk before it is rebuilt
            await self._committer.rotate(lambda: self._reopen_partitions(failed))
        elif self._due():
            self._last_checkpoint = self.clock.monotonic()
            self._checkpoint_due = False
            await self.checkpoint()

    async def checkpoint(self) -> bool:
        """Make segments and a snapshot durable and shorten the journal; False when it must be tried again."""
        try:
            done = await self._checkpoint.run(self._thread)
        except OSError as error:
            self.report(f"no snapshot, will try again: {error}")
            done = False
        self._checkpoint_due |= not done
        return done

    def _due(self) -> bool:
        age = self.clock.monotonic() - self._last_checkpoint
        size = self._journal.size
        low = self._space.scarce and size > self.options.checkpoint_bytes // 16
        old = age >= self.options.checkpoint_interval and size > 0
        long = size >= self.options.checkpoint_bytes or self._journal.entries >= CHECKPOINT_ENTRIES
        return long or old or (self._checkpoint_due and age > 1.0) or low

    def _load(self) -> None:
        shared = Shared(FilePool(), self._disk, self.report, arrivals=self._arrivals)
        state = State(self.options.data_dir / "topics", shared, self.clock, uuid.uuid4().hex[:22])
        try:
            next_frame, self._checkpoint_due = recover(state, self.options.data_dir, self._journals, self.report)
            journal = Journal(self._journals, self._disk, next_frame)
            journal.start_file()
        except BaseException:
            shared.pool.close()
            raise
        replaced = self._partitions() if hasattr(self, "state") else []
        self.state, self._journal = state, journal
        self._next_producer_id = state.next_producer_id
        self._committer = Committer(self._journal, self._apply, self._failed)
        self._checkpoint = Checkpoint(self.options.data_dir, self._disk, state, self._journal, self._committer)
        self.offline_cause = self.unreadable = None
        for partition in replaced:  # whoever waits for records of them asks again, and waits at the new ones
            partition.offline = partition.offline or "reopened"
        self._arrivals.announce(replaced)

    def _partitions(self) -> list[Partition]:
        return [partition for topic in self.state.topics.values() for partition in topic.partitions]

    def _apply(self, entries: list[Entry]) -> None:
        touched: dict[Partition, None] = {}
        for entry in entries:
            if isinstance(entry, Appended | Rolled):
                partition = self.state.partition_by_id(entry.topic_id, entry.partition)
                if partition is not None:
                    touched[partition] = None
                    if isinstance(entry, Rolled):
                        self._flush(partition)
            self.state.apply(entry)
            if isinstance(entry, TopicCreated | TopicDeleted):
                self._checkpoint_due = True
        for partition in touched:
            self._flush(partition)
        if touched:
            self._arrivals.announce(touched)

    @staticmethod
    def _flush(partition: Partition) -> None:
        try:
            partition.flush()
        except OSError as error:  # the journal has it: the partition is rebuilt from there
            partition.take_offline(f"cannot be written: {error}", must_reopen=True)

    def _failed(self, error: OSError) -> None:
        self.offline_cause = f"the journal failed: {error}"
        if isinstance(error, NotApplied):
            self.unreadable = self.offline_cause
        self.report(f"OFFLINE all partitions: {self.offline_cause}; reopening from disk")
        self._arrivals.announce(self._partitions())

    def _reopen(self) -> None:
        try:
            self._journal.cut()
            self._journal.close()
            self.state.shared.pool.close()
            self._load()
        except OSError as error:
            if str(error) != self._still:
                self._still = str(error)
                self.report(f"still offline: {error}")
            return
        self._still = ""
        self.report("ONLINE again: reopened from disk")

    def _reopen_partitions(self, failed: list[Partition]) -> None:
        for partition in failed:
            reopened = reopen_partition(self.state, partition, self.options.data_dir, self._journals, self.report)
            if reopened is not None and reopened.offline is None:
                self.report(f"ONLINE again: {reopened} reopened from disk")
