"""File operations that keep their promises: full writes, synced directories, a lock; and a place to inject faults."""

import fcntl
import os
from pathlib import Path

from reptidex.devlog.errors import StartRefused

NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_TRUNC
NEW_OR_OLD = os.O_RDWR | os.O_CREAT


class Disk:
    """The system calls the log makes; tests subclass it to fail them."""

    def write(self, fd: int, data: bytes | memoryview, position: int) -> None:
        """Write all of `data` at `position`; `os.pwrite` may write less without an error."""
        view = memoryview(data)
        while view:
            written = os.pwrite(fd, view, position)
            view = view[written:]
            position += written

    def sync(self, fd: int) -> None:
        """Return once the file's bytes are on the disk."""
        os.fdatasync(fd)

    def sync_directory(self, path: Path) -> None:
        """Make names created in, renamed into or removed from `path` durable."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def free_bytes(self, path: Path) -> int:
        """Return the disk space that this process may still use."""
        stat = os.statvfs(path)
        return stat.f_bavail * stat.f_frsize

    def replace(self, path: Path, data: bytes) -> None:
        """Put `data` in the place of `path` so that a crash leaves the old or the new file, whole."""
        temporary = path.with_name(path.name + ".tmp")
        fd = os.open(temporary, NEW_FILE, 0o600)
        try:
            self.write(fd, data, 0)
            self.sync(fd)
        finally:
            os.close(fd)
        os.replace(temporary, path)
        self.sync_directory(path.parent)

    def create(self, path: Path, data: bytes) -> None:
        """Write a new file and make its bytes (not its name) durable."""
        fd = os.open(path, NEW_FILE, 0o600)
        try:
            self.write(fd, data, 0)
            self.sync(fd)
        finally:
            os.close(fd)


def lock_directory(path: Path) -> int:
    """Take the directory for this process and return the lock's descriptor.

    Raises StartRefused while another process (or another log of this one) holds it.
    """
    fd = os.open(path / "lock", NEW_OR_OLD, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(fd, 32, 0).decode(errors="replace").strip()
        os.close(fd)
        raise StartRefused(f"data directory {path} is in use by process {holder or 'unknown'}") from error
    os.ftruncate(fd, 0)
    os.pwrite(fd, str(os.getpid()).encode(), 0)
    return fd
