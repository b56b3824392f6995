"""One file of a partition: consecutive record batches, a checksum over all its bytes, an index by offset."""

import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path

from crc32c import crc32c

from reptidex.devlog.storage.batches import HEADER, Batch, DamagedBatch, peek_batch, walk
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.entries import SegmentFile
from reptidex.devlog.storage.files import FilePool


class DamagedSegment(Exception):
    """The file does not hold the bytes that were acknowledged; the message says what differs."""


class Segment:
    """Records [base, end) of a partition.

    The index (last offset and position of each batch) is built, and the checksum compared, on the first read.
    """

    def __init__(self, path: Path, base: int, created_ms: int, generation: int = 0) -> None:
        self.path = path
        self.name = str(path)
        self.base = base
        self.created_ms = created_ms
        self.generation = generation
        self.size = 0
        self.end = base
        self.crc = 0
        self.max_timestamp = -1
        self._unwritten: list[bytes] = []
        self._read = False
        self._lasts: array[int] | None = array("q")
        self._positions: array[int] = array("q")

    @classmethod
    def described(cls, path: Path, known: SegmentFile) -> "Segment":
        """Return the segment that `known` describes, its index not yet built."""
        segment = cls(path, known.base, known.created_ms, known.generation)
        segment.size, segment.end, segment.crc = known.size, known.end, known.crc
        segment.max_timestamp = known.max_timestamp
        if known.size:
            segment._lasts = None
        return segment

    def describe(self) -> SegmentFile:
        """Return what a snapshot must know to verify this file later."""
        return SegmentFile(
            self.base, self.generation, self.size, self.end, self.crc, self.max_timestamp, self.created_ms
        )

    def append(self, data: bytes, batch: Batch) -> None:
        """Add one placed batch at the end; `flush` writes it."""
        self._unwritten.append(data)
        if self._lasts is not None:
            self._lasts.append(batch.last_offset)
            self._positions.append(self.size)
        self.crc = crc32c(data, self.crc)
        self.size += len(data)
        self.end = batch.last_offset + 1
        self.max_timestamp = max(self.max_timestamp, batch.max_timestamp)

    def flush(self, pool: FilePool, disk: Disk) -> None:
        """Write what was added (to the page cache; a checkpoint makes it durable)."""
        if self._unwritten:
            data = b"".join(self._unwritten)
            disk.write(pool.descriptor(self.name), data, self.size - len(data))
            self._unwritten.clear()

    def read(self, offset: int, limit_offset: int, max_bytes: int, pool: FilePool) -> bytes:
        """Return whole batches from the one that holds `offset`, below `limit_offset`, about `max_bytes`, at least one."""
        lasts = self._index(pool)
        first = bisect_left(lasts, offset)
        # Limits fall on batch borders, so a batch lies below the limit as soon as its last record does.
        stop = len(lasts) if limit_offset >= self.end else bisect_left(lasts, limit_offset)
        if first >= stop:
            return b""
        begin = self._positions[first]
        fitting = len(lasts) if self.size <= begin + max_bytes else bisect_right(self._positions, begin + max_bytes) - 1
        after = min(max(fitting, first + 1), stop)
        finish = self._positions[after] if after < len(lasts) else self.size
        return os.pread(pool.descriptor(self.name), finish - begin, begin)

    def batches(self, pool: FilePool) -> Iterator[tuple[Batch, bytes]]:
        """Yield each batch with its bytes; raises DamagedSegment."""
        self._index(pool)
        for position in list(self._positions):
            fd = pool.descriptor(self.name)
            batch = Batch._make(HEADER.unpack(os.pread(fd, HEADER.size, position)))
            yield batch, os.pread(fd, batch.size, position)

    @property
    def verified(self) -> bool:
        """Tell whether the file was compared with its checksum, or written, by this process."""
        return self._lasts is not None

    def cool(self) -> None:
        """Give the index's memory back if nobody has read the segment since the last call."""
        if not self._read and self.size:
            self._lasts, self._positions = None, array("q")
        self._read = False

    def _index(self, pool: FilePool) -> "array[int]":
        self._read = True
        if self._lasts is not None:
            return self._lasts
        data = os.pread(pool.descriptor(self.name), self.size, 0)
        if len(data) < self.size:
            raise DamagedSegment(f"{self.path.name} has {len(data)} of {self.size} acknowledged bytes")
        if crc32c(data) != self.crc:
            raise DamagedSegment(f"{self.path.name} is damaged: {locate(data)}")
        lasts, positions, position = array("q"), array("q"), 0
        while position < len(data):
            batch = peek_batch(data, position)
            lasts.append(batch.last_offset)
            positions.append(position)
            position += batch.size
        self._lasts, self._positions = lasts, positions
        return lasts


def locate(data: bytes) -> str:
    """Return what is wrong with a segment whose checksum does not match."""
    try:
        for _ in walk(data):
            pass
    except DamagedBatch as damage:
        return str(damage)
    return "its batches are whole but are not the ones that were acknowledged"
