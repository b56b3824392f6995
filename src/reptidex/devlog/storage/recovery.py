"""Bring the log back from disk: snapshot, then the journal's frames, then a look at every segment file.

What was acknowledged is exactly what snapshot and journal say. Segment files are written only after the journal is
durable, so a batch found in one of them was acknowledged too, even if the journal has lost it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from reptidex.devlog.errors import StartRefused
from reptidex.devlog.storage.batches import DamagedBatch, peek_batch, read_batch
from reptidex.devlog.storage.entries import Appended, Entry, Rolled, SegmentsReplaced, StartMoved
from reptidex.devlog.storage.journal import journal_files, read_journal
from reptidex.devlog.storage.partition import Partition
from reptidex.devlog.storage.snapshots import read_snapshot, write_snapshot
from reptidex.devlog.storage.state import State

PARTITION_ENTRIES = (Appended, Rolled, StartMoved, SegmentsReplaced)


@dataclass(slots=True)
class _Visit:
    """What the files of one partition held before anything was replayed into them."""

    gone: dict[Path, str] = field(default_factory=dict)
    tails: list[bytes] = field(default_factory=list)
    known_size: int = 0
    _survivors: dict[int, bytes] | None = None

    @property
    def size(self) -> int:
        """Return the bytes that the files held in all."""
        return self.known_size + sum(map(len, self.tails))

    def survivor(self, offset: int) -> bytes | None:
        """Return the whole batch at this offset that lies behind what the snapshot knows, if there is one."""
        if self._survivors is None:
            self._survivors = {}
            for tail in self.tails:
                _collect(tail, self._survivors)
        return self._survivors.get(offset)


class Replay:
    """Apply journal entries to a restored state, checking each partition's files on the way."""

    def __init__(self, state: State, report: Callable[[str], None]) -> None:
        self._state = state
        self._report = report
        self._visits: dict[Partition, _Visit] = {}
        self._rescued = 0

    def apply(self, entries: Iterable[Entry]) -> None:
        """Replay the entries of one frame."""
        for entry in entries:
            if isinstance(entry, PARTITION_ENTRIES):
                partition = self._state.partition_by_id(entry.topic_id, entry.partition)
                if partition is not None and partition.offline is None:
                    self._apply_to(partition, entry)
            else:
                self._state.apply(entry)

    def finish(self) -> int:
        """Check all partitions, keep rescued batches, cut torn tails; returns how many batches the journal had lost."""
        for topic in self._state.topics.values():
            for partition in topic.partitions:
                self.finish_partition(partition)
        return self._rescued

    def finish_partition(self, partition: Partition) -> None:
        """Do for one partition what `finish` does for all."""
        if not partition.segments or partition.offline is not None:
            return
        visit = self._visit(partition)
        if partition.offline is not None:
            return
        missing = [visit.gone[segment.path] for segment in partition.segments if segment.path in visit.gone]
        if missing:
            partition.take_offline("; ".join(missing))
            return
        if sum(segment.size for segment in partition.segments) < visit.size:
            self._fill(partition, visit, None)
        try:
            partition.flush()
        except OSError as error:  # the journal keeps it until there is room again; the others go on
            partition.take_offline(f"cannot be written: {error}", must_reopen=True)
            return
        active = partition.segments[-1]
        partition.settle()
        present = active.path.stat().st_size if active.path.exists() else 0
        if present > active.size:
            self._report(f"CUT {partition}: torn tail of {present - active.size} bytes in {active.path.name}")
            partition.shared.pool.drop(active.name)
            with active.path.open("r+b") as file:
                file.truncate(active.size)

    def _apply_to(self, partition: Partition, entry: Appended | Rolled | StartMoved | SegmentsReplaced) -> None:
        visit = self._visit(partition)
        if partition.offline is not None:
            return
        try:
            if isinstance(entry, Appended):
                base = peek_batch(entry.data).base_offset
                if base > partition.end:
                    self._fill(partition, visit, base)
                if base != partition.end:
                    lost = f"records {partition.end} to {base - 1} were acknowledged and are missing"
                    partition.take_offline(lost)
                    return
                if not partition.segments:
                    partition.apply_roll(base, self._state.clock.now_ms())
            self._state.apply(entry)
        except OSError as error:
            partition.take_offline(f"cannot be written: {error}", must_reopen=True)

    def _fill(self, partition: Partition, visit: _Visit, upto: int | None) -> None:
        while (upto is None or partition.end < upto) and (data := visit.survivor(partition.end)) is not None:
            partition.apply_batch(data, self._state.clock.now_ms())
            self._rescued += 1

    def _visit(self, partition: Partition) -> _Visit:
        visit = self._visits.get(partition)
        if visit is None:
            visit = self._visits[partition] = _Visit()
            for segment in partition.segments:
                present = segment.path.stat().st_size if segment.path.exists() else None
                records = f"{segment.size} acknowledged bytes (records {segment.base} to {segment.end - 1})"
                if present is None and segment.size:
                    # Retention or compaction may have removed it: the journal will tell.
                    visit.gone[segment.path] = f"{segment.path.name} is gone with {records}"
                elif present is not None and present < segment.size:
                    partition.take_offline(f"{segment.path.name} holds {present} of {records}")
            visit.known_size = sum(segment.size for segment in partition.segments)
            self._tails(partition, visit)
        return visit

    def _tails(self, partition: Partition, visit: _Visit) -> None:
        known = {segment.path.name for segment in partition.segments}
        if partition.segments:
            active = partition.segments[-1]
            if active.path.exists() and active.path.stat().st_size > active.size:
                with active.path.open("rb") as file:
                    file.seek(active.size)
                    visit.tails.append(file.read())
        if partition.directory.exists():
            for path in sorted(partition.directory.glob(f"{partition.index}.*.log")):
                base = int(path.name.split(".")[1])
                if path.name not in known and base >= partition.end:
                    visit.tails.append(path.read_bytes())


def _collect(data: bytes, into: dict[int, bytes]) -> None:
    position = 0
    while position < len(data):
        try:
            batch = read_batch(data, position)
        except DamagedBatch:
            return
        into[batch.base_offset] = data[position : position + batch.size]
        position += batch.size


def recover(state: State, root: Path, journals: Path, report: Callable[[str], None]) -> tuple[int, bool]:
    """Fill an empty state from disk; returns the next frame number and whether a checkpoint should follow soon."""
    snapshot = read_snapshot(root, report)
    if snapshot is not None:
        state.restore(snapshot)
    elif any(first > 1 for first, _ in journal_files(journals)[:1]):
        raise StartRefused(f"{root} has a journal but no snapshot: restore snapshot.a or snapshot.b")
    else:
        write_snapshot(root, state.shared.disk, state.snapshot(1))  # from now on the cluster keeps its id
    reading = read_journal(journals, snapshot.next_frame if snapshot is not None else 1)
    for line in reading.damage:
        report(f"DAMAGED {line}")
    for line in reading.torn:
        report(f"CUT {line}")
    replay = Replay(state, report)
    for frame in reading.frames:
        replay.apply(frame)
    rescued = replay.finish()
    if rescued:
        report(f"RESCUED {rescued} acknowledged batches that the journal had lost from their segment files")
    if reading.damage or rescued:
        report("DAMAGED journal: committed offsets and transactions may be older than what was acknowledged")
    else:
        remove_orphans(state)
    return reading.next_frame, snapshot is None or bool(reading.frames or reading.torn)


def reopen_partition(
    state: State, failed: Partition, root: Path, journals: Path, report: Callable[[str], None]
) -> Partition | None:
    """Rebuild one partition from snapshot and journal and put it in the place of the failed one.

    The bytes since the last snapshot are written anew, so the next sync covers pages that a failed one dropped.
    Call it while no frame is being written. Returns None when the topic is gone.
    """
    topic = state.by_id.get(failed.topic_id)
    if topic is None:
        return None
    snapshot = read_snapshot(root, report)
    fresh = Partition(failed.topic_id, failed.topic, failed.index, failed.directory, failed.shared, failed.pulse)
    for segment in failed.segments:
        failed.shared.pool.drop(segment.name)
    for known in snapshot.topics if snapshot is not None else ():
        if known.topic_id == failed.topic_id:
            for described in known.partitions:
                if described.index == failed.index:
                    fresh.restore(described)
    topic.partitions[failed.index] = fresh
    failed.offline, failed.must_reopen = failed.offline or "reopened", False
    replay = Replay(state, report)
    for frame in read_journal(journals, snapshot.next_frame if snapshot is not None else 1).frames:
        replay.apply(
            entry
            for entry in frame
            if isinstance(entry, PARTITION_ENTRIES)
            and (entry.topic_id, entry.partition) == (failed.topic_id, failed.index)
        )
    replay.finish_partition(fresh)
    fresh.pulse.count += 1
    return fresh


def remove_orphans(state: State) -> None:
    """Delete files and directories that belong to no topic any more (left by a crash in the middle of a deletion)."""
    wanted = {topic.directory.name: topic for topic in state.topics.values()}
    for directory in _listing(state.root):
        topic = wanted.get(directory.name)
        keep = (
            {segment.path.name for partition in topic.partitions for segment in partition.segments} if topic else set()
        )
        offline = {str(partition.index) for partition in topic.partitions if partition.offline} if topic else set()
        for path in _listing(directory):
            if path.name not in keep and path.name.split(".")[0] not in offline:
                path.unlink()
        if topic is None:
            directory.rmdir()


def _listing(directory: Path) -> list[Path]:
    return sorted(directory.iterdir()) if directory.exists() else []
