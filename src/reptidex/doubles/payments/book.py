"""What the payment double remembers: one SQLite file (or memory), written in one transaction per request."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

SCHEMA = """
create table if not exists counters (name text primary key, value integer not null);
create table if not exists things (
  kind text not null, id text not null, place integer not null, body text not null, primary key (kind, id));
create table if not exists answers (
  provider text not null, key text not null, fingerprint text not null, status integer not null, body text not null,
  primary key (provider, key));
create table if not exists entries (
  seq integer primary key, posting integer not null, at real not null, provider text not null, act text not null,
  order_ref text not null, transaction_ref text not null, reference text not null,
  account text not null, amount integer not null, currency text not null);
create index if not exists entries_by_order on entries (order_ref);
create table if not exists deliveries (
  id integer primary key, provider text not null, event text not null, body text not null, due real not null,
  attempt integer not null default 0, drops integer not null default 0, forged integer not null default 0,
  state text not null default 'waiting', statuses text not null default '');
create index if not exists deliveries_due on deliveries (state, due);
"""

Thing = dict[str, Any]


class Book:
    """Objects by kind and id, counters, and a transaction around what belongs together.

    Ids are drawn from the seed and a counter, so that the same requests in the same order get the same ids.
    """

    def __init__(self, path: Path | None, *, seed: int, clock: Callable[[], float]) -> None:
        self.database = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self.database.execute("pragma journal_mode = wal")
        self.database.execute("pragma synchronous = normal")
        self.database.executescript(SCHEMA)
        self.seed = seed
        self._clock, self._ahead = clock, 0.0

    def now(self) -> float:
        """Return the double's time: the clock's, plus what it was advanced by."""
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the double's time on, so that retries and delays of hours come due at once."""
        self._ahead += seconds

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is written inside, or nothing."""
        self.database.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.database.execute("rollback")
            raise
        self.database.execute("commit")

    def count(self, name: str) -> int:
        """Return the next number of a counter, from 1."""
        row = self.database.execute(
            "insert into counters values (?, 1) on conflict do update set value = value + 1 returning value", (name,)
        ).fetchone()
        return int(row[0])

    def fresh(self, prefix: str, length: int = 24) -> str:
        """Return a new id that starts with `prefix`."""
        drawn = hashlib.sha256(f"{self.seed}/{prefix}/{self.count(prefix)}".encode()).hexdigest()
        return prefix + drawn[:length]

    def put(self, kind: str, thing: Thing) -> Thing:
        """Write an object whole, under its `id`; it keeps its place among its kind."""
        body = msgspec.json.encode(thing).decode()
        place = self.count(f"place of {kind}")
        self.database.execute(
            "insert into things values (?, ?, ?, ?) on conflict do update set body = excluded.body",
            (kind, thing["id"], place, body),
        )
        return thing

    def get(self, kind: str, key: str) -> Thing | None:
        """Return an object, or None."""
        row = self.database.execute("select body from things where kind = ? and id = ?", (kind, key)).fetchone()
        return None if row is None else msgspec.json.decode(row[0])

    def newest(self, kind: str) -> Iterator[Thing]:
        """Return all objects of a kind, newest first."""
        for row in self.database.execute("select body from things where kind = ? order by place desc", (kind,)):
            yield msgspec.json.decode(row[0])

    def close(self) -> None:
        """Close the database."""
        self.database.close()
