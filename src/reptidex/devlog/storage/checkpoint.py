"""Checkpoints: make segment files durable, write a snapshot, drop the journal that it replaces."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reptidex.devlog.storage.committer import Committer
from reptidex.devlog.storage.disk import Disk
from reptidex.devlog.storage.journal import Journal
from reptidex.devlog.storage.partition import Partition
from reptidex.devlog.storage.snapshots import write_snapshot
from reptidex.devlog.storage.state import Snapshot, State


class Checkpoint:
    """Shorten the journal without stopping writes: only the start of a new journal file waits for the current frame."""

    def __init__(self, root: Path, disk: Disk, state: State, journal: Journal, committer: Committer) -> None:
        self._root = root
        self._disk = disk
        self._state = state
        self._journal = journal
        self._committer = committer
        self._lock = asyncio.Lock()

    async def run(self, thread: ThreadPoolExecutor) -> bool:
        """Take one checkpoint; False when a file could not be made durable, and its partition went offline.

        Raises StorageFailed when the journal is broken, OSError when the snapshot cannot be written. In each case
        the journal keeps everything that the last good snapshot lacks.
        """
        async with self._lock:
            taken: list[tuple[Snapshot, dict[str, Partition]]] = []

            def capture() -> None:
                if not any(p.must_reopen for topic in self._state.topics.values() for p in topic.partitions):
                    dirty = dict(self._state.shared.dirty)
                    self._state.shared.dirty.clear()
                    taken.append((self._state.snapshot(self._journal.next_frame), dirty))

            try:
                await self._committer.rotate(capture)
                if not taken or not await self._make_durable(thread, *taken[0]):
                    return False
            except BaseException:  # failed or cancelled: the next checkpoint syncs them again
                for _, dirty in taken:
                    self._state.shared.dirty.update(dirty)
                raise
            forget = self._journal.forget_before
            await asyncio.get_running_loop().run_in_executor(thread, forget, taken[0][0].next_frame)
            return True

    async def _make_durable(self, thread: ThreadPoolExecutor, snapshot: Snapshot, dirty: dict[str, Partition]) -> bool:
        loop = asyncio.get_running_loop()
        failed = await loop.run_in_executor(thread, self._sync, [Path(name) for name in dirty])
        for path, error in failed.items():
            dirty[str(path)].take_offline(f"fsync of {path.name} failed: {error}", must_reopen=True)
        if failed:
            self._state.shared.dirty.update(dirty)
        else:
            await loop.run_in_executor(thread, write_snapshot, self._root, self._disk, snapshot)
        return not failed

    def _sync(self, paths: list[Path]) -> dict[Path, OSError]:
        failed: dict[Path, OSError] = {}
        for path in paths:
            try:
                fd = os.open(path, os.O_RDWR)
            except FileNotFoundError:  # its topic or segment was deleted meanwhile
                continue
            try:
                self._disk.sync(fd)
            except OSError as error:
                failed[path] = error
            finally:
                os.close(fd)
        directories = {path.parent for path in paths}
        for directory in directories | {parent.parent for parent in directories}:
            if directory.exists():
                self._disk.sync_directory(directory)
        return failed
