"""A segment file as a thread reads it: whole, and compared with its checksum."""

from dataclasses import dataclass
from pathlib import Path

from crc32c import crc32c

from reptidex.devlog.storage.entries import SegmentFile
from reptidex.devlog.storage.segment import DamagedSegment, locate


@dataclass(slots=True, frozen=True)
class Source:
    """The first `known.size` bytes of a file; it may grow meanwhile."""

    path: Path
    known: SegmentFile

    def read(self) -> bytes:
        """Return the bytes; raises DamagedSegment, or FileNotFoundError when the segment was deleted meanwhile."""
        with self.path.open("rb") as file:
            data = file.read(self.known.size)
        if crc32c(data) != self.known.crc:
            raise DamagedSegment(f"{self.path.name} is damaged: {locate(data)}")
        return data
