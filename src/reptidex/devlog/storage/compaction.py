"""Compaction: keep the newest record of each key, segment by segment (https://kafka.apache.org/documentation/#compaction).

Only sealed segments below the last stable offset are read; each result is a new file that replaces its sources in one
journal entry. Records of aborted transactions go, transaction markers stay. A tombstone goes
`delete.retention.ms` after it was written.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from crc32c import crc32c

from reptidex.devlog.storage.batches import Batch, place, read_batch, walk
from reptidex.devlog.storage.catalog import Topic
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.entries import SegmentFile
from reptidex.devlog.storage.partition import Partition
from reptidex.devlog.storage.records import UnreadableRecords, records_of
from reptidex.devlog.storage.segment import Segment
from reptidex.devlog.storage.source import Source

_CODEC_BITS = 0x07


@dataclass(slots=True, frozen=True)
class Job:
    """What to compact, captured on the event loop so that a thread can work on it."""

    sources: list[Source]
    aborted: list[tuple[int, int, int]]
    tombstones_before_ms: int
    largest: int


@dataclass(slots=True, frozen=True)
class Replacement:
    """A new segment for the place of old ones; `data` is its content."""

    old: list[int]
    new: SegmentFile
    data: bytes


def sealed(topic: Topic, partition: Partition, now_ms: int) -> list[Segment]:
    """Return the segments that may be compacted: decided, old enough, not the one being written."""
    lag = now_ms - int(topic.setting("min.compaction.lag.ms"))
    found = []
    for segment in partition.segments[:-1]:
        if segment.end > partition.last_stable or segment.max_timestamp > lag:
            break
        found.append(segment)
    return found


def due(topic: Topic, partition: Partition, segments: list[Segment], now_ms: int) -> bool:
    """Tell whether enough of the sealed bytes were never compacted, or wait for too long."""
    dirty = [segment for segment in segments if segment.base >= partition.compacted_to]
    if not dirty:
        return False
    total = sum(segment.size for segment in segments) or 1
    share = sum(segment.size for segment in dirty) / total
    waited = now_ms - min(segment.created_ms for segment in dirty)
    return share >= float(topic.setting("min.cleanable.dirty.ratio")) or waited > int(
        topic.setting("max.compaction.lag.ms")
    )


def job_for(topic: Topic, partition: Partition, segments: list[Segment], now_ms: int) -> Job:
    """Capture what a thread needs to compact these segments."""
    return Job(
        [Source(segment.path, segment.describe()) for segment in segments],
        partition.transactions.snapshot()[1],
        now_ms - int(topic.setting("delete.retention.ms")),
        topic.segment_bytes,
    )


def compact(job: Job) -> list[Replacement]:
    """Return the new segments; raises DamagedSegment. Sources that would not change are left out."""
    newest: dict[bytes | None, int] = {}
    for source in job.sources:
        for batch, data in _batches(source):
            if not batch.is_control and not _aborted(batch, job):
                with suppress(UnreadableRecords):  # it stays as it is
                    newest.update([(record.key, record.offset) for record in records_of(data)])
    replacements = []
    for group in _groups(job):
        out: list[bytes] = []
        changed = len(group) > 1
        for source in group:
            for batch, data in _batches(source):
                kept = _cleaned(batch, data, newest, job, source.known.created_ms)
                changed |= kept is not data
                if kept is not None:
                    out.append(kept)
        if changed:
            replacements.append(_replacement(group, out))
    return replacements


def store(partition: Partition, replacement: Replacement, disk: Disk) -> None:
    """Make the new file durable under its name; it counts only once the journal says so. Leaves nothing on OSError."""
    path = partition.segment_path(replacement.new.base, replacement.new.generation)
    try:
        disk.create(path, replacement.data)
        disk.sync_directory(path.parent)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _batches(source: Source) -> list[tuple[Batch, bytes]]:
    data = source.read()
    return [(batch, data[position : position + batch.size]) for position, batch in walk(data)]


def _groups(job: Job) -> list[list[Source]]:
    groups: list[list[Source]] = []
    room = 0
    for source in job.sources:
        if not groups or source.known.size > room:
            groups.append([])
            room = job.largest
        groups[-1].append(source)
        room -= source.known.size
    return groups


def _aborted(batch: Batch, job: Job) -> bool:
    return batch.is_transactional and any(
        producer == batch.producer_id and first <= batch.base_offset <= last for producer, first, last in job.aborted
    )


def _cleaned(batch: Batch, data: bytes, newest: dict[bytes | None, int], job: Job, written_ms: int) -> bytes | None:
    if batch.is_control:
        return data
    if _aborted(batch, job):
        return None
    try:
        records = list(records_of(data))
    except UnreadableRecords:
        return data
    kept = [
        record
        for record in records
        if record.key is None
        or (
            newest[record.key] == record.offset
            and (record.value is not None or max(record.timestamp, written_ms) >= job.tombstones_before_ms)
        )
    ]
    if len(kept) == len(records):
        return data
    return _rebuilt(batch, kept) if kept else None


def _rebuilt(batch: Batch, records: list[Any]) -> bytes:
    from aiokafka.record.default_records import DefaultRecordBatchBuilder  # see records.py

    builder = DefaultRecordBatchBuilder(
        2,
        batch.attributes & _CODEC_BITS,
        batch.is_transactional,
        batch.producer_id,
        batch.producer_epoch,
        batch.base_sequence,
        1 << 30,
    )
    for record in records:
        builder.append(
            record.offset - batch.base_offset, record.timestamp, record.key, record.value, list(record.headers)
        )
    data = bytes(builder.build())
    return place(data, read_batch(data), batch.base_offset)


def _replacement(group: list[Source], out: list[bytes]) -> Replacement:
    data = b"".join(out)
    latest = max((read_batch(part).max_timestamp for part in out), default=-1)
    first, last = group[0].known, group[-1].known
    generation = max(source.known.generation for source in group) + 1
    new = SegmentFile(first.base, generation, len(data), last.end, crc32c(data), latest, last.created_ms)
    return Replacement([source.known.base for source in group], new, data)
