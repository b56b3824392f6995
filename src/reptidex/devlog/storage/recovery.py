"""Bring the log back from disk: snapshot, then the journal's frames, then a look at every segment file.

What was acknowledged is exactly what snapshot and journal say. Segment files are written only after the journal is
durable, so a batch found in one of them was acknowledged too, even if the journal has lost it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from reptidex.devlog.storage.batches import Batch, DamagedBatch, peek_batch, read_batch
from reptidex.devlog.storage.entries import Appended, Entry, Rolled, SegmentsReplaced, StartMoved
from reptidex.devlog.storage.partition import Partition
from reptidex.devlog.storage.state import State

PARTITION_ENTRIES = (Appended, Rolled, StartMoved, SegmentsReplaced)


@dataclass(slots=True)
class _Visit:
    """What the files of one partition held before anything was replayed into them."""

    short: dict[int, str] = field(default_factory=dict)
    survivors: dict[int, tuple[Batch, bytes]] = field(default_factory=dict)


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
        current = {segment.base for segment in partition.segments}
        missing = [cause for base, cause in visit.short.items() if base in current]
        if missing:
            partition.take_offline("; ".join(missing))
            return
        self._fill(partition, visit, None)
        active = partition.segments[-1]
        partition.active_size = active.size
        partition.next_offset = partition.end
        present = active.path.stat().st_size if active.path.exists() else 0
        if present > active.size:
            self._report(f"CUT {partition}: torn tail of {present - active.size} bytes in {active.path.name}")
            partition.shared.pool.drop(active.path)
            with active.path.open("r+b") as file:
                file.truncate(active.size)

    def _apply_to(self, partition: Partition, entry: Appended | Rolled | StartMoved | SegmentsReplaced) -> None:
        visit = self._visit(partition)
        try:
            if isinstance(entry, Appended):
                base = peek_batch(entry.data).base_offset
                self._fill(partition, visit, base)
                if base != partition.end:
                    lost = f"records {partition.end} to {base - 1} were acknowledged and are missing"
                    partition.take_offline(lost)
                    return
            if not partition.segments and not isinstance(entry, Rolled):
                partition.apply_roll(partition.end, self._state.clock.now_ms())
            self._state.apply(entry)
        except OSError as error:
            partition.take_offline(f"cannot be written: {error}")

    def _fill(self, partition: Partition, visit: _Visit, upto: int | None) -> None:
        while (upto is None or partition.end < upto) and (found := visit.survivors.get(partition.end)) is not None:
            _, data = found
            partition.apply_batch(data, self._state.clock.now_ms())
            self._rescued += 1

    def _visit(self, partition: Partition) -> _Visit:
        visit = self._visits.get(partition)
        if visit is None:
            visit = self._visits[partition] = _Visit()
            for segment in partition.segments:
                present = segment.path.stat().st_size if segment.path.exists() else -1
                if present < segment.size:
                    held = "is gone" if present < 0 else f"holds {present}"
                    visit.short[segment.base] = (
                        f"{segment.path.name} {held} of {segment.size} acknowledged bytes "
                        f"(records {segment.base} to {segment.end - 1})"
                    )
            self._survivors(partition, visit)
        return visit

    def _survivors(self, partition: Partition, visit: _Visit) -> None:
        known = {segment.path.name for segment in partition.segments}
        if partition.segments:
            active = partition.segments[-1]
            if active.path.exists() and active.path.stat().st_size > active.size:
                with active.path.open("rb") as file:
                    file.seek(active.size)
                    _collect(file.read(), visit.survivors)
        if partition.directory.exists():
            for path in sorted(partition.directory.glob(f"{partition.index}.*.log")):
                base = int(path.name.split(".")[1])
                if path.name not in known and base >= partition.end:
                    _collect(path.read_bytes(), visit.survivors)


def _collect(data: bytes, into: dict[int, tuple[Batch, bytes]]) -> None:
    position = 0
    while position < len(data):
        try:
            batch = read_batch(data, position)
        except DamagedBatch:
            return
        into[batch.base_offset] = (batch, data[position : position + batch.size])
        position += batch.size


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
