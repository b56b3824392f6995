"""The journal: one sequence of checksummed frames, one frame per group commit, one fdatasync per frame.

Every change becomes durable here first; segment files follow, and may be rebuilt from here until a snapshot
says they are on the disk. A frame is valid whole or not at all, so a transaction's end is atomic.
"""

import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from crc32c import crc32c

from reptidex.devlog.storage.disk import NEW_OR_OLD, Disk
from reptidex.devlog.storage.entries import Entry, decode_all

_MAGIC = b"RdxJ"
_HEADER = struct.Struct(">4sQII")
_NAME = re.compile(r"(\d{16})\.journal")


class Journal:
    """Append frames to the newest journal file of a directory."""

    def __init__(self, directory: Path, disk: Disk, next_frame: int) -> None:
        self._directory = directory
        self._disk = disk
        self.next_frame = next_frame
        self._fd = -1
        self.size = 0
        self.entries = 0
        self.path: Path | None = None

    def start_file(self) -> None:
        """Open a new, empty file for the frames from `next_frame` on; its name is durable on return.

        Raises OSError where there can be none; the journal then goes on in the file that it has.
        """
        path = self._directory / f"{self.next_frame:016d}.journal"
        if path == self.path and not self.size and self._fd >= 0:
            return  # nothing was written since the last one
        fd = os.open(path, NEW_OR_OLD | os.O_TRUNC, 0o600)
        try:
            self._disk.sync_directory(self._directory)
        except OSError:
            os.close(fd)
            path.unlink(missing_ok=True)
            raise
        self.close()
        self._fd, self.path = fd, path
        self.size = self.entries = 0

    def append(self, entries: list[bytes]) -> None:
        """Write one frame and sync it; raises OSError, after which the file must not be written again."""
        payload = b"".join(entries)
        crc = crc32c(payload, crc32c(struct.pack(">QI", self.next_frame, len(payload))))
        frame = _HEADER.pack(_MAGIC, self.next_frame, len(payload), crc) + payload
        self._disk.write(self._fd, frame, self.size)
        self._disk.sync(self._fd)
        self.size += len(frame)
        self.entries += len(entries)
        self.next_frame += 1

    def cut(self) -> None:
        """Drop what a failed append may have left behind the last good frame."""
        if self.path is not None and self.path.exists():
            fd = os.open(self.path, os.O_RDWR)
            try:
                os.ftruncate(fd, self.size)
                self._disk.sync(fd)
            finally:
                os.close(fd)

    def forget_before(self, frame: int) -> None:
        """Delete the files whose frames are all below `frame`."""
        files = journal_files(self._directory)
        for (first, path), (following, _) in pairwise(files):
            if first < frame and following <= frame:
                path.unlink()

    def close(self) -> None:
        """Close the file; frames already appended stay."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


@dataclass(slots=True)
class Reading:
    """What reading the journal back gave: entries by frame, the next frame number, and what was wrong."""

    frames: list[list[Entry]] = field(default_factory=list)
    next_frame: int = 1
    damage: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)


def journal_files(directory: Path) -> list[tuple[int, Path]]:
    """Return (first frame, path) of each journal file, oldest first."""
    found = ((_NAME.fullmatch(path.name), path) for path in directory.iterdir())
    return sorted((int(match[1]), path) for match, path in found if match)


def read_journal(directory: Path, first_frame: int) -> Reading:
    """Read the frames from `first_frame` on.

    An invalid end is a torn write, never acknowledged: reported in `torn`. An invalid frame before a valid one, or a
    missing frame number, is damage: reported in `damage`, and reading goes on behind it.
    """
    reading = Reading(next_frame=first_frame)
    for _, path in journal_files(directory):
        data = path.read_bytes()
        for frame, payload in _frames(data, path.name, reading):
            if frame < reading.next_frame:
                continue
            if frame > reading.next_frame:
                reading.damage.append(f"journal {path.name}: frames {reading.next_frame} to {frame - 1} are missing")
            reading.frames.append(decode_all(payload))
            reading.next_frame = frame + 1
    return reading


def _frames(data: bytes, name: str, reading: Reading) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        valid = _frame_at(data, position)
        if valid is not None:
            frame, payload, position = valid
            yield frame, payload
            continue
        following = position
        while (following := data.find(_MAGIC, following + 1)) >= 0:
            if _frame_at(data, following) is not None:
                break
        if following < 0:
            reading.torn.append(f"journal {name}: torn tail of {len(data) - position} bytes at {position}")
            return
        reading.damage.append(f"journal {name}: damaged between bytes {position} and {following}")
        position = following


def _frame_at(data: bytes, position: int) -> tuple[int, bytes, int] | None:
    if len(data) - position < _HEADER.size:
        return None
    magic, frame, length, crc = _HEADER.unpack_from(data, position)
    start = position + _HEADER.size
    if magic != _MAGIC or len(data) - start < length:
        return None
    payload = data[start : start + length]
    if crc32c(payload, crc32c(struct.pack(">QI", frame, length))) != crc:
        return None
    return frame, payload, start + length
