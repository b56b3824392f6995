"""SQLite's journal is moved into the file while nobody waits for it."""

import sqlite3
from pathlib import Path

from reptidex.tables.checkpointing import Checkpointing
from reptidex.testing import eventually


async def test_what_is_committed_gets_into_the_file_without_the_writers_doing(tmp_path: Path) -> None:
    path = tmp_path / "animal.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.execute("CREATE TABLE notes (text)")
    writer.executemany("INSERT INTO notes VALUES (?)", [("x" * 1000,)] * 1000)
    small = path.stat().st_size

    checkpointing = Checkpointing(str(path), every_s=0.01)
    try:
        await eventually(lambda: path.stat().st_size > small + 1_000_000)
        writer.execute("DELETE FROM notes")  # it keeps nobody from writing
    finally:
        checkpointing.close()
        writer.close()


async def test_a_file_that_is_no_database_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "late.db"
    path.write_bytes(b"not a database, " * 100)
    checkpointing = Checkpointing(str(path), every_s=0.01)
    path.unlink()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.execute("CREATE TABLE notes (text)")
    try:
        await eventually(lambda: path.stat().st_size > 0)
    finally:
        checkpointing.close()
        writer.close()
