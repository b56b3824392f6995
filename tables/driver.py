"""What the two databases have in common: statements in, rows out, one transaction at a time.

A `Session` is one connection. It takes whole scripts (several statements at once), because every call costs a round trip:
a hop to SQLite's thread, or to PostgreSQL over the wire.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from reptidex.errors import ReptidexError

Values = tuple[Any, ...]

UNMIGRATED = " (the schema is older than the code: `reptidex migrate`)"
"""What is added to an error about a table or a column that is not there."""


class DataRefusedError(ReptidexError):
    """The database refuses what was written: a constraint, a value out of range. The same write fails again."""

    status = 409
    title = "The data contradict what is stored"

    @property
    def told(self) -> str:
        """Nothing of tables and columns: the database's own words are for the log and the dead letter."""
        return "the database does not take these data"


class LostRaceError(ReptidexError):
    """A guarded write hit fewer rows than it must: somebody else changed them in between."""

    retriable = True
    status = 503
    title = "Somebody else was faster"

    def __init__(self, sql: str, expected: int, hit: int) -> None:
        super().__init__(f"{hit} rows were hit where {expected} are guarded: {sql}")
        self.sql, self.expected, self.hit = sql, expected, hit


class Lookup(NamedTuple):
    """One SELECT with its parameters as the driver takes them."""

    sql: str
    values: Values = ()


class Step(NamedTuple):
    """One statement of a transaction, for all of `rows` at once. `hits` says how many rows it must change, if that matters."""

    sql: str
    rows: Sequence[Values]
    hits: int | None = None


class Session(Protocol):
    """One connection, with at most one transaction open.

    Every method raises `UnavailableError` where the database cannot be reached, is full or too busy, and `DataRefusedError`
    where it refuses the data. After either the transaction is rolled back.
    """

    @property
    def open(self) -> bool:
        """Whether a transaction is open."""

    @property
    def alive(self) -> bool:
        """Whether the connection still stands, as far as this side knows."""

    async def fetch(self, lookups: Sequence[Lookup], *, begin: bool = False) -> list[list[Values]]:
        """Return the rows of each look-up; within the open transaction, or in one begun here for row locks."""

    async def write(self, steps: Sequence[Step], lookups: Sequence[Lookup] = ()) -> list[list[Values]]:
        """Run statements in the open transaction (begun here if none is), then the look-ups."""

    async def commit(self, steps: Sequence[Step]) -> None:
        """Run statements and commit, all or nothing. Raises `LostRaceError` for a guarded step that hit too few rows."""

    async def rollback(self) -> None:
        """Undo the open transaction, if there is one."""

    async def close(self) -> None:
        """Give the connection up."""
