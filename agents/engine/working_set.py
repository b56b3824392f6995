"""The working set: rows in memory across units, what a unit changed, and how to undo one message's work.

Rows are frozen, so the old row is all there is to remember for undoing. Memory is bounded by two generations: what a
generation's time did not touch goes with it, which is close to "least recently used" at a fraction of its cost.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from reptidex.tables.row import Row
from reptidex.tables.store import RowKey
from reptidex.tables.versions import VersionRow

CAPACITY = 20_000


class Missing:
    """Stands for a row of which we do not know whether it is there."""


MISSING: Final = Missing()

Known = Row | None | Missing
Rows = dict[type[Row], dict[str, Row | None]]


class WorkingSet:
    """Rows by class and key; None is a row known to be absent."""

    def __init__(self, capacity: int = CAPACITY, transient: frozenset[type[Row]] = frozenset()) -> None:
        self._capacity, self._transient = capacity, transient
        self._young: Rows = defaultdict(dict)
        self._old: Rows = defaultdict(dict)
        self.dirty: Rows = defaultdict(dict)
        self._flushed: dict[RowKey, Row | None] = {}
        self._bases: dict[RowKey, Row | None] = {}
        self._borrowed: set[RowKey] = set()
        self._settled: list[Rows] = []
        """What units wrote that have been committed since this one began."""
        self._undo: list[tuple[type[Row], str, Known, Known]] = []

    def peek(self, cls: type[Row], key: str) -> Known:
        """Return what is known of a row."""
        row: Known = self._young[cls].get(key, MISSING)
        if row is MISSING:
            row = self._old[cls].pop(key, MISSING)
            if row is not MISSING:
                self._young[cls][key] = cast(Row | None, row)
        return row

    def remember(self, cls: type[Row], key: str, row: Row | None) -> None:
        """Take note of a row as the database has it."""
        self._young[cls][key] = row

    def borrow(self, cls: type[Row], keys: Iterable[str]) -> None:
        """Forget these rows after the unit: their keys are another worker's."""
        self._borrowed.update((cls, key) for key in keys)

    def known(self, cls: type[Row]) -> dict[str, Row | None]:
        """Return what of a class has been used lately: most of what `peek` would find, without a call for each key."""
        return self._young[cls]

    def unknown(self, cls: type[Row], keys: Iterable[str | None]) -> list[str]:
        """Return those of some keys of which nothing is known, each once; None is no key."""
        missing: set[Any] = set(keys).difference(self._young[cls])
        missing.discard(None)
        if old := self._old[cls]:
            return [key for key in missing if key not in old or self.peek(cls, key) is MISSING]
        return list(missing)

    def remember_all(self, cls: type[Row], keys: Iterable[str], rows: Mapping[str, Row]) -> None:
        """Take note of what the database has under some keys: these rows, and nothing where there is none."""
        young = self._young[cls]
        young.update(dict.fromkeys(keys))
        young.update(rows)

    def put(self, row: Row) -> None:
        """Write a row."""
        cls = type(row)
        self.write(cls, cls.key_of(row), row)

    def delete(self, cls: type[Row], key: str) -> None:
        """Delete a row, if it is there."""
        self.write(cls, key, None)

    def write(self, cls: type[Row], key: str, row: Row | None) -> None:
        """Write a row, or its absence."""
        young, dirty = self._young[cls], self.dirty[cls]
        before: Known = young.get(key, MISSING)
        if before is MISSING:
            before = self._old[cls].pop(key, MISSING)
        # Taken out first, so that the order of the dirty rows is that of their last writes.
        self._undo.append((cls, key, before, dirty.pop(key, MISSING)))
        young[key] = dirty[key] = row

    def next_version(self, subject: str) -> int | None:
        """Count an aggregate's version up and return it; None where its row is not in memory."""
        young = self._young[VersionRow]
        known: Any = young.get(subject, MISSING)
        if known is MISSING:
            known = self.peek(VersionRow, subject)
            if known is MISSING:
                return None
        version: int = known.version + 1 if known is not None else 1
        # What `write` does, without a call: every event that is published comes by here.
        dirty = self.dirty[VersionRow]
        self._undo.append((VersionRow, subject, known, dirty.pop(subject, MISSING)))
        young[subject] = dirty[subject] = VersionRow(subject=subject, version=version)
        return version

    def mark(self) -> None:
        """Begin a message: what was written before cannot be undone any more."""
        if self._undo:
            self._undo.clear()

    def undo(self) -> None:
        """Take back what was written since the mark."""
        for cls, key, before, dirty_before in reversed(self._undo):
            dirty = self.dirty[cls]
            dirty.pop(key, None)
            if (cls, key) in self._flushed:
                base = self._bases.get((cls, key)) if isinstance(before, Missing) else before
                self._young[cls][key] = dirty[key] = base
                continue
            if not isinstance(dirty_before, Missing):
                dirty[key] = dirty_before
            if isinstance(before, Missing):
                self._young[cls].pop(key, None)
            else:
                self._young[cls][key] = before
        self._undo.clear()

    def blind(self) -> dict[type[Row], list[str]]:
        """Return what this message wrote without having read it: its old state must be known before it goes to the database."""
        unread: dict[type[Row], list[str]] = {}
        for cls, key, before, dirty_before in self._undo:
            fresh = isinstance(before, Missing) and isinstance(dirty_before, Missing)
            if fresh and (cls, key) not in self._bases:
                unread.setdefault(cls, []).append(key)
        return unread

    def base(self, cls: type[Row], key: str, row: Row | None) -> None:
        """Take note of what a blind write replaces."""
        self._bases[cls, key] = row

    def flush(self) -> Rows:
        """Hand over what is dirty to be written into the open transaction now."""
        rows = {cls: dict(changed) for cls, changed in self.dirty.items() if changed}
        for cls, changed in rows.items():
            self._flushed.update(((cls, key), row) for key, row in changed.items())
            self.dirty[cls].clear()
        return rows

    def written(self) -> Rows:
        """Return all that this unit has written, what has been flushed included."""
        if not self._flushed:
            return self.dirty
        rows: Rows = defaultdict(dict)
        for (cls, key), row in self._flushed.items():
            rows[cls][key] = row
        for cls, changed in self.dirty.items():
            rows[cls].update(changed)
        return rows

    def rows(self, cls: type[Row]) -> dict[str, Row]:
        """Return the rows of a class that are in memory and there."""
        known = self._old[cls] | self._young[cls]
        return {key: row for key, row in known.items() if row is not None}

    def hand_over(self) -> Rows:
        """End a unit: return all that it has written, and be ready for the next while this one is being committed.

        What was written stays in memory as the next unit's base. Should the commit fail, `drop` forgets both units' work.
        """
        written = self.written()
        self._settled.clear()
        for cls in self._transient:
            # What the unit only read goes, and what the unit before wrote; its own is known until it is committed.
            self._young[cls] = dict(written.get(cls, {}))
            self._old[cls].clear()
        for cls, key in self._borrowed:
            self._young[cls].pop(key, None)
        self._forget_unit()
        if sum(map(len, self._young.values())) > self._capacity // 2:
            self._old, self._young = self._young, defaultdict(dict)
        return written

    def settle(self, written: Rows) -> None:
        """Hear that what a unit has written is in the database. It stays known to the unit that is at work meanwhile."""
        self._settled.append(written)

    def begin(self) -> None:
        """Begin a unit: of what those before it have written and committed, forget what nobody needs twice."""
        for written in self._settled:
            for cls in self._transient:
                for generation in (self._young, self._old):
                    rows = generation[cls]
                    for key, row in written.get(cls, {}).items():
                        if rows.get(key, MISSING) is row:
                            del rows[key]
        self._settled.clear()

    def drop(self) -> None:
        """Forget everything: after a rollback, and when partitions come or go."""
        self._young.clear()
        self._old.clear()
        self._settled.clear()
        self._forget_unit()

    def _forget_unit(self) -> None:
        self.dirty = defaultdict(dict)
        self._flushed.clear()
        self._bases.clear()
        self._borrowed.clear()
        self._undo.clear()

    def __len__(self) -> int:
        generations: list[Any] = [*self._young.values(), *self._old.values()]
        return sum(map(len, generations))
