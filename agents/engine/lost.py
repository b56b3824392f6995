"""What a service has said and the log lacks, since it has lost it or never got it: the outboxes hold it, and it is sent again.

Readers that had it drop it by its number; those that had not hear it now.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from reptidex.tables.outbox import batch, numbers_since, oldest_since, outbox
from reptidex.tables.statements import Statements
from reptidex.tables.store import Store

LOOKED_BACK = timedelta(days=6)
"""The log forgets commands and samples after seven days: what was said before that is not looked for."""


class Held:
    """What the outboxes of a service hold, and whether it is seen on the log."""

    def __init__(self, rows: Mapping[int, list[tuple[int, int]]], since: datetime | None) -> None:
        self.since = since
        """When the oldest of it was said; None where there is none."""
        self._rows = rows
        self._seen = {place: bytearray(each[-1][1] - each[0][0] + 1) for place, each in rows.items()}

    @classmethod
    async def of(cls, store: Store, now: datetime) -> "Held":
        """Look into the outboxes of a service. Raises `UnavailableError`."""
        session, dialect, since = await store.session(), store.database.dialect, now - LOOKED_BACK
        found, oldest = await session.fetch([numbers_since(dialect, since), oldest_since(dialect, since)])
        rows: dict[int, list[tuple[int, int]]] = {}
        for place, first, last in found:
            rows.setdefault(place, []).append((first, last))
        decode = Statements(outbox, dialect).decode
        return cls(rows, batch(decode(tuple(oldest[0]))).created if rows else None)

    def saw(self, place: int, number: int) -> None:
        """Hear that a record of an outbox stands on the log."""
        if (seen := self._seen.get(place)) is not None and 0 <= (at := number - self._rows[place][0][0]) < len(seen):
            seen[at] = 1

    def lost(self) -> dict[int, tuple[int, int]]:
        """Return, by partition number, where the first batch begins of which the log lacks something, and how much it lacks."""
        found: dict[int, tuple[int, int]] = {}
        for place, rows in self._rows.items():
            seen, base = self._seen[place], rows[0][0]
            lacks = [(first, seen.count(0, first - base, last - base + 1)) for first, last in rows]
            if count := sum(each for _, each in lacks):
                found[place] = (next(first for first, each in lacks if each), count)
        return found
