"""How much of the disk is left: looked up now and then, and counted in between."""

from collections.abc import Callable
from pathlib import Path

from reptidex.devlog.clock import Clock
from reptidex.devlog.storage.disk import Disk

LOOK_INTERVAL = 0.05
COPIES = 2
"""A record is written twice until the next checkpoint: to the journal and to its segment."""
BLOCK = 4096
"""What a file takes at least."""


class Space:
    """Tell the free bytes of a directory's disk, those that are spoken for already taken off.

    The disk is asked every 50 ms at most, and a fast writer fills many megabytes between two looks: so what was taken
    since the last look is counted, not only what is still on its way.
    """

    def __init__(self, directory: Path, disk: Disk, clock: Clock, floor: int, report: Callable[[str], None]) -> None:
        self._directory = directory
        self._disk = disk
        self._clock = clock
        self._floor = floor
        self._report = report
        self._looked = float("-inf")
        self._free = 0
        self._taken = 0
        self._low = False

    def take(self, size: int) -> None:
        """Count bytes that will be, or have just been, written."""
        self._taken += size

    def left(self, inflight: int) -> int:
        """Return the bytes that may still be used; `inflight` are those of the journal that wait for the disk."""
        now = self._clock.monotonic()
        if now - self._looked >= LOOK_INTERVAL:
            self._looked = now
            self._free = self._disk.free_bytes(self._directory)
            # The disk does not know yet of what is on its way; of all else it does.
            self._taken = COPIES * inflight
            low = self._free < self._floor
            if low != self._low:
                self._report(f"{'LOW' if low else 'ENOUGH'} DISK SPACE: {self._free} bytes free")
            self._low = low
        return self._free - self._taken

    @property
    def scarce(self) -> bool:
        """Tell whether there was little more than the floor when it was last looked: time to shorten the journal."""
        return self._looked > float("-inf") and self._free < 2 * self._floor
