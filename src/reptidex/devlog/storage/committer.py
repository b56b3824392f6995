"""Group commit: everything that arrives while one fdatasync runs goes into the next frame."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from reptidex.devlog.errors import StorageFailed
from reptidex.devlog.storage.entries import Entry, encode
from reptidex.devlog.storage.journal import Journal


class NotApplied(OSError):
    """Entries are durable and could not be applied: what is in memory is not what is on the disk."""


class Group:
    """The entries of one frame; `done` is set when they are durable, or fails with StorageFailed."""

    __slots__ = ("done", "encoded", "entries", "size")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.done: asyncio.Future[None] = loop.create_future()
        # A failure nobody waits for (acks=0) is reported by the store itself.
        self.done.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.entries: list[Entry] = []
        self.encoded: list[bytes] = []
        self.size = 0


class Committer:
    """Write groups to the journal one after the other, then apply them.

    `apply` runs on the event loop after the frame is durable. After the first failed write nothing is written any
    more: `failed` is called once, and a new committer must be made from what is on the disk.
    """

    def __init__(
        self, journal: Journal, apply: Callable[[list[Entry]], None], failed: Callable[[OSError], None]
    ) -> None:
        self._journal = journal
        self._apply = apply
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "devlog-journal")
        self._work = asyncio.Event()
        self._group = self._writing = Group(self._loop)
        self._rotations: list[tuple[asyncio.Future[None], Callable[[], None]]] = []
        self._closing = False
        self._broken = False
        self._task = asyncio.create_task(self._run(), name="devlog-committer")
        self._task.add_done_callback(self._ended)
        self.inflight = 0

    def add(self, entry: Entry) -> "asyncio.Future[None]":
        """Put the entry into the open group and return the future of that group.

        Raises StorageFailed when the journal is broken or closed.
        """
        if self._broken or self._closing:
            raise StorageFailed("the journal takes no writes")
        group = self._group
        data = encode(entry)
        group.entries.append(entry)
        group.encoded.append(data)
        group.size += len(data)
        self.inflight += len(data)
        self._work.set()
        return group.done

    def newest(self) -> "asyncio.Future[None]":
        """Return a future that is done once everything added so far is durable."""
        if not self._group.entries and not self._broken:
            self._work.set()
        return self._group.done

    async def rotate(self, capture: Callable[[], None]) -> None:
        """Start a new journal file between two groups, and call `capture` at that very point.

        When the caller is cancelled before that point, `capture` is not called. Raises OSError where no file can be
        started (the journal goes on in the old one), StorageFailed when the journal is broken.
        """
        if self._broken or self._closing:
            raise StorageFailed("the journal takes no writes")
        done: asyncio.Future[None] = self._loop.create_future()
        self._rotations.append((done, capture))
        self._work.set()
        await done

    async def close(self) -> None:
        """Write what is waiting, then stop."""
        self._closing = True
        self._work.set()
        await self._task
        self._thread.shutdown()

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            group = self._writing = self._group
            self._group = Group(self._loop)
            try:
                if group.entries:
                    await self._loop.run_in_executor(self._thread, self._journal.append, group.encoded)
            except OSError as error:
                self._break(group, error)
                return
            self.inflight -= group.size
            self._apply(group.entries)
            group.done.set_result(None)
            if self._rotations:
                await self._rotate()
            if self._closing and not self._group.entries:
                return

    async def _rotate(self) -> None:
        refused: OSError | None = None
        try:
            await self._loop.run_in_executor(self._thread, self._journal.start_file)
        except OSError as error:
            refused = error
        for rotated, capture in self._rotations:
            if rotated.cancelled():  # who gave up must not have captured anything
                continue
            if refused is not None:
                rotated.set_exception(refused)
                continue
            capture()
            rotated.set_result(None)
        self._rotations.clear()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            # A mistake of ours in applying entries: what is on the disk is right, memory may not be.
            self._break(self._writing, NotApplied(f"journal entries could not be applied: {error!r}"))

    def _break(self, group: Group, error: OSError) -> None:
        self._broken = True
        for lost in (group.done, self._group.done, *(rotated for rotated, _ in self._rotations)):
            if not lost.done():
                lost.set_exception(StorageFailed(f"not durable: {error}"))
        self._rotations.clear()
        self.inflight = 0
        self._thread.shutdown(wait=False)
        self._failed(error)
