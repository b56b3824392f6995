"""A partition: its segments, what is durable of it, and what is on its way to the disk."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from reptidex.devlog.storage.arrivals import Arrivals
from reptidex.devlog.storage.batches import Batch, is_commit, peek_batch
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.entries import SegmentFile
from reptidex.devlog.storage.files import FilePool
from reptidex.devlog.storage.producers import Producer, ProducerTable
from reptidex.devlog.storage.segment import DamagedSegment, Segment
from reptidex.devlog.storage.transactions import TransactionIndex


class PartitionState(msgspec.Struct, frozen=True, array_like=True):
    """A partition in a snapshot."""

    index: int
    start: int
    end: int
    segments: list[SegmentFile]
    producers: dict[int, Producer]
    open_transactions: dict[int, int]
    aborted: list[tuple[int, int, int]]


@dataclass(slots=True)
class Shared:
    """What all partitions of a log use together; `dirty` are the files written since the last checkpoint."""

    pool: FilePool
    disk: Disk
    report: Callable[[str], None]
    dirty: dict[str, "Partition"] = field(default_factory=dict)
    arrivals: "Arrivals[Partition]" = field(default_factory=Arrivals)


class Pulse:
    """How often anything changed in the partitions of one topic; its identity stands for the topic."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Partition:
    """Serve reads up to `end` (the durable high watermark) and hand out offsets from `next_offset`.

    `offline` holds the cause while the partition is out of service; its records are then neither read nor written.
    `must_reopen` is set when the journal holds records of it that the segment files may lack.
    """

    def __init__(self, topic_id: int, topic: str, index: int, directory: Path, shared: Shared, pulse: Pulse) -> None:
        self.pulse = pulse
        self.topic_id = topic_id
        self.topic = topic
        self.index = index
        self.directory = directory
        self.shared = shared
        self.start = 0
        self.end = 0
        self.next_offset = 0
        self.offline: str | None = None
        self.segments: list[Segment] = []
        self.producers = ProducerTable()
        self.transactions = TransactionIndex()
        self.must_reopen = False
        self.compacted_to = 0
        # Size and age of the segment that the next batch goes to, counting what is still on its way.
        self.active_size = 0
        self.active_created: int | None = None
        self.empty_answer: dict[int, bytes] = {}

    def __str__(self) -> str:
        return f"{self.topic}-{self.index}"

    @property
    def last_stable(self) -> int:
        """Return the offset below which every transaction is decided."""
        return self.transactions.last_stable(self.end)

    def restore(self, state: PartitionState) -> None:
        """Take over what a snapshot says."""
        self.start, self.end, self.next_offset = state.start, state.end, state.end
        self.segments = [Segment.described(self._path(known.base, known.generation), known) for known in state.segments]
        self._follow_active()
        self.producers = ProducerTable(dict(state.producers))
        self.transactions = TransactionIndex(dict(state.open_transactions), list(state.aborted))

    def describe(self, oldest_producer_ms: int) -> PartitionState:
        """Return the state for a snapshot."""
        opened, aborted = self.transactions.snapshot()
        segments = [segment.describe() for segment in self.segments]
        producers = self.producers.snapshot(oldest_producer_ms)
        return PartitionState(self.index, self.start, self.end, segments, producers, opened, aborted)

    def apply_roll(self, base: int, created_ms: int) -> None:
        """Open a new segment at `base`; raises OSError when the one before cannot be written."""
        self.flush()
        self.segments.append(Segment(self._path(base, 0), base, created_ms))

    def apply_batch(self, data: bytes, now_ms: int) -> None:
        """Add a durable batch to the newest segment; it can be read after `flush`."""
        batch = peek_batch(data)
        active = self.segments[-1]
        active.append(data, batch)
        self.shared.dirty[active.name] = self
        self.end = batch.last_offset + 1
        self.next_offset = max(self.next_offset, self.end)
        self._changed()
        if batch.is_control:
            self.transactions.ended(batch.producer_id, batch.base_offset, is_commit(data))
            self.producers.fence(batch.producer_id, batch.producer_epoch, now_ms)
        elif batch.producer_id >= 0:
            if batch.is_transactional:
                self.transactions.began(batch.producer_id, batch.base_offset)
            self.producers.commit(batch, now_ms)

    def flush(self) -> None:
        """Write the batches added since the last call to their file; raises OSError."""
        if self.segments:
            self.segments[-1].flush(self.shared.pool, self.shared.disk)

    def apply_start(self, offset: int) -> None:
        """Forget the records below `offset`, and the files that hold nothing else."""
        self.start = max(self.start, offset)
        self.transactions.forget_below(self.start)
        self._changed()
        while len(self.segments) > 1 and self.segments[0].end <= self.start:
            self._remove(self.segments.pop(0))

    def apply_replacement(self, old: list[int], new: SegmentFile) -> None:
        """Put a compacted file in the place of sealed segments."""
        gone = [segment for segment in self.segments[:-1] if segment.base in old]
        if not gone:
            return
        at = self.segments.index(gone[0])
        self.segments[at : at + len(gone)] = [Segment.described(self._path(new.base, new.generation), new)]
        for segment in gone:
            self._remove(segment)

    def read(self, offset: int, max_bytes: int, limit: int) -> bytes:
        """Return whole batches from `offset` on and below `limit`; empty when there are none.

        A damaged segment takes the partition offline.
        """
        at = max(bisect_right(self.segments, offset, key=lambda segment: segment.base) - 1, 0)
        try:
            for segment in self.segments[at:]:
                data = segment.read(offset, limit, max_bytes, self.shared.pool)
                if data:
                    return data
        except (DamagedSegment, OSError) as error:
            self.take_offline(str(error))
        return b""

    def take_offline(self, cause: str, must_reopen: bool = False) -> None:
        """Stop serving the partition and say why, once."""
        self.must_reopen |= must_reopen
        if self.offline is None:
            self.offline = cause
            self.shared.report(f"OFFLINE {self}: {cause}")
        self._changed()
        self.shared.arrivals.announce([self])

    def segment_path(self, base: int, generation: int) -> Path:
        """Return where a segment of this partition lies."""
        return self._path(base, generation)

    def reserve_roll(self, now_ms: int) -> int:
        """Let the next batch open a new segment; returns its base offset."""
        self.active_size, self.active_created = 0, now_ms
        return self.next_offset

    def settle(self) -> None:
        """Forget reservations: what is durable is all there is (after recovery)."""
        self.next_offset = self.end
        self._follow_active()

    def reserve(self, batch: Batch, now_ms: int) -> int:
        """Give the batch its offset; it becomes visible when `apply_batch` gets it."""
        offset = self.next_offset
        self.next_offset = offset + batch.last_delta + 1
        self.active_size += batch.size
        if batch.producer_id >= 0 and not batch.is_control:
            self.producers.reserve(batch, offset, now_ms)
        return offset

    def _changed(self) -> None:
        self.empty_answer.clear()
        self.pulse.count += 1

    def _follow_active(self) -> None:
        self.active_size = self.segments[-1].size if self.segments else 0
        self.active_created = self.segments[-1].created_ms if self.segments else None

    def _path(self, base: int, generation: int) -> Path:
        return self.directory / f"{self.index}.{base:020d}.{generation}.log"

    def _remove(self, segment: Segment) -> None:
        self.shared.pool.drop(segment.name)
        self.shared.dirty.pop(segment.name, None)
        segment.path.unlink(missing_ok=True)
