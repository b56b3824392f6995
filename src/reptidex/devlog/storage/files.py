"""A bounded pool of open segment files: hundreds of partitions must not use up the descriptors."""

import os
import resource
from collections import OrderedDict
from pathlib import Path

from reptidex.devlog.storage.disk import NEW_OR_OLD

LARGEST = 8192


class FilePool:
    """Open files on first use, close the one unused for longest when there are more than `capacity`."""

    def __init__(self, capacity: int | None = None) -> None:
        self._capacity = capacity or _affordable()
        self._open: OrderedDict[str, int] = OrderedDict()

    def descriptor(self, path: str) -> int:
        """Return a descriptor for reading and writing, valid until the next call; creates the file if needed."""
        fd = self._open.get(path)
        if fd is not None:
            self._open.move_to_end(path)
            return fd
        try:
            fd = os.open(path, NEW_OR_OLD, 0o600)
        except FileNotFoundError:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, NEW_OR_OLD, 0o600)
        self._open[path] = fd
        if len(self._open) > self._capacity:
            _, oldest = self._open.popitem(last=False)
            os.close(oldest)
        return fd

    def drop(self, path: str) -> None:
        """Close the file if it is open."""
        fd = self._open.pop(path, None)
        if fd is not None:
            os.close(fd)

    def close(self) -> None:
        """Close all files."""
        while self._open:
            os.close(self._open.popitem()[1])


def _affordable() -> int:
    """Raise the process's limit of descriptors as far as it may, and leave half of them to connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = LARGEST if hard == resource.RLIM_INFINITY else min(hard, LARGEST)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted) // 2
