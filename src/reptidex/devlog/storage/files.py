"""A bounded pool of open segment files: hundreds of partitions must not use up the descriptors."""

import os
from collections import OrderedDict
from pathlib import Path

from reptidex.devlog.storage.disk import NEW_OR_OLD


class FilePool:
    """Open files on first use, close the one unused for longest when there are more than `capacity`."""

    def __init__(self, capacity: int = 512) -> None:
        self._capacity = capacity
        self._open: OrderedDict[Path, int] = OrderedDict()

    def descriptor(self, path: Path) -> int:
        """Return a descriptor for reading and writing, valid until the next call; creates the file if needed."""
        fd = self._open.get(path)
        if fd is not None:
            self._open.move_to_end(path)
            return fd
        try:
            fd = os.open(path, NEW_OR_OLD, 0o600)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, NEW_OR_OLD, 0o600)
        self._open[path] = fd
        if len(self._open) > self._capacity:
            _, oldest = self._open.popitem(last=False)
            os.close(oldest)
        return fd

    def drop(self, path: Path) -> None:
        """Close the file if it is open."""
        fd = self._open.pop(path, None)
        if fd is not None:
            os.close(fd)

    def close(self) -> None:
        """Close all files."""
        while self._open:
            os.close(self._open.popitem()[1])
