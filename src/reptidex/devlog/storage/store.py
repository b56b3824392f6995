"""The storage of the log: opens and recovers it, takes writes, keeps the journal short, heals after disk errors."""

import asyncio
import os
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kio.schema.errors import ErrorCode

from reptidex.devlog.clock import Clock
from reptidex.devlog.errors import Refused, StorageFailed
from reptidex.devlog.options import Options
from reptidex.devlog.storage.batches import Batch, place, stamp
from reptidex.devlog.storage.catalog import Topic
from reptidex.devlog.storage.checkpoint import Checkpoint
from reptidex.devlog.storage.committer import Committer
from reptidex.devlog.storage.disk import Disk, lock_directory
from reptidex.devlog.storage.entries import Appended, Entry, Rolled
from reptidex.devlog.storage.files import FilePool
from reptidex.devlog.storage.journal import Journal, read_journal
from reptidex.devlog.storage.partition import Partition, Shared
from reptidex.devlog.storage.recovery import Replay, remove_orphans
from reptidex.devlog.storage.snapshots import read_snapshot
from reptidex.devlog.storage.state import State

SPACE_CHECK_INTERVAL = 0.05
HEAL_INTERVAL = 0.5
FENCED_PRODUCER_IDS = 1000


class Store:
    """Everything durable, as one object. Use `await Store.open(...)`, then `close`.

    While `offline_cause` is set nothing is written or read: the journal failed and is being reopened from disk.
    """

    state: State
    _committer: Committer
    _journal: Journal

    def __init__(self, options: Options, clock: Clock, disk: Disk, report: Callable[[str], None]) -> None:
        self.options = options
        self.clock = clock
        self.report = report
        self.offline_cause: str | None = None
        self._disk = disk
        self._root = options.data_dir
        self._journals = options.data_dir / "journal"
        self._thread = ThreadPoolExecutor(1, "devlog-checkpoint")
        self._space = (float("-inf"), 0)
        self._healing: asyncio.Task[None] | None = None
        self._closing = False

    @classmethod
    async def open(cls, options: Options, clock: Clock, disk: Disk, report: Callable[[str], None]) -> "Store":
        """Lock the directory, recover what is in it and be ready for writes.

        Raises StartRefused when another process holds the directory or both snapshots are damaged.
        """
        store = cls(options, clock, disk, report)
        store._journals.mkdir(parents=True, exist_ok=True)
        store._lock = lock_directory(options.data_dir)
        try:
            await store._recover()
        except BaseException:
            os.close(store._lock)
            raise
        return store

    async def close(self) -> None:
        """Write what is waiting, take a last snapshot, release the directory."""
        self._closing = True
        if self._healing is not None:
            self._healing.cancel()
        if self.offline_cause is None:
            try:
                await self.checkpoint.run()
                await self._committer.close()
            except (StorageFailed, OSError) as error:
                self.report(f"no snapshot at the end: {error}")
        self._journal.close()
        self.state.shared.pool.close()
        self._thread.shutdown()
        os.close(self._lock)

    def append(self, topic: Topic, partition: Partition, batch: Batch, data: bytes | memoryview) -> int:
        """Give a checked batch its offset and send it to the disk; `durable` tells when it is there."""
        now = self.clock.now_ms()
        active = partition.segments[-1] if partition.segments else None
        created = active.created_ms if active else now
        full = partition.active_size and partition.active_size + batch.size > topic.segment_bytes
        old = partition.active_size and now - created >= topic.segment_ms
        if partition.next_offset == partition.rolled_at or full or old or active is None:
            self._roll(partition, now)
        offset = partition.reserve(batch, now)
        placed = place(data, batch, offset)
        self.submit(Appended(topic.topic_id, partition.index, stamp(placed, now) if topic.stamps_time else placed))
        return offset
