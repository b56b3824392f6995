"""A disk that remembers what would be left if the power failed right now."""

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

from reptidex.devlog.storage.disk import Disk


@dataclass(slots=True)
class Image:
    """The files left by a power failure, and how many records had been acknowledged before it."""

    files: dict[Path, bytes]
    acknowledged: int

    def restore(self, directory: Path) -> None:
        """Write the files into an empty directory."""
        for path, data in self.files.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


@dataclass(slots=True)
class _File:
    """A file by its inode: what it held when it was last synced. The descriptor keeps the inode from being reused."""

    descriptor: int
    synced: bytes = b""


@dataclass(slots=True)
class PowerLossDisk(Disk):
    """Take an image after every sync.

    Bytes that were not synced are lost, or half of them survive; names whose directory was not synced are lost, and
    deleted files come back.
    """

    root: Path
    chance: random.Random
    acknowledged: int = 0
    images: list[Image] = field(default_factory=list)
    _files: dict[int, _File] = field(default_factory=dict)
    _names: dict[Path, int] = field(default_factory=dict)
    _directories: set[Path] = field(default_factory=set)

    def sync(self, fd: int) -> None:
        """Sync for good, and remember the bytes."""
        self._image()
        Disk.sync(self, fd)
        known = self._file(fd)
        known.synced = os.pread(fd, os.fstat(fd).st_size, 0)
        self._image()

    def sync_directory(self, path: Path) -> None:
        """Sync for good, and remember the names."""
        self._image()
        Disk.sync_directory(self, path)
        present = {entry.relative_to(self.root): entry.stat().st_ino for entry in path.iterdir() if entry.is_file()}
        here = path.relative_to(self.root)
        self._names = {name: inode for name, inode in self._names.items() if name.parent != here} | present
        self._directories |= {entry.relative_to(self.root) for entry in path.iterdir() if entry.is_dir()}
        self._image()

    def close(self) -> None:
        """Let the inodes go."""
        for file in self._files.values():
            os.close(file.descriptor)

    def _file(self, fd: int) -> _File:
        inode = os.fstat(fd).st_ino
        if inode not in self._files:
            self._files[inode] = _File(os.dup(fd))
        return self._files[inode]

    def _image(self) -> None:
        files = {}
        for name, inode in self._names.items():
            if all(parent in self._directories for parent in list(name.parents)[:-1]):
                files[name] = self._surviving(inode)
        self.images.append(Image(files, self.acknowledged))

    def _surviving(self, inode: int) -> bytes:
        file = self._files.get(inode)
        if file is None:
            return b""
        present = os.pread(file.descriptor, os.fstat(file.descriptor).st_size, 0)
        lost = present[len(file.synced) :]
        return file.synced + lost[: self.chance.choice([0, 0, len(lost) // 2])]
