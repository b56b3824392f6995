"""Which rows of a service tell of a person: declared once a service, given to the person, and held against what erasure leaves.

A table is either `held` or `left_out` with the reason (`tests/contract/services/test_personal.py`).
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from reptidex.tables.query import Query, select
from reptidex.tables.row import Row

CALLED = ("{}", "user:{}")
"""How a column names a person: by their id, or as an actor."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one table that are a person's own data."""

    row: type[Row]
    by: tuple[str, ...]
    """Columns, of which any names the person."""
    called: tuple[str, ...] = CALLED
    withheld: tuple[str, ...] = ()
    """Columns that are not given out: secrets, seals and hashes, and what would tell of somebody else."""
    beside: tuple[str, ...] = ()
    """Columns that name somebody else, and are given out: ids that the person knows from elsewhere."""
    trimmed: Callable[[Any, str], Any] | None = None
    """Takes out of a row what is not this person's."""
    stays: str = ""
    """What is left of such a row once the person is erased, and what for; empty where no row names them any more."""

    @property
    def table(self) -> str:
        """The name of the table."""
        return str(self.row.sql.name)

    def of(self, user_id: str) -> Query[Any]:
        """Ask for the person's rows."""
        names = [form.format(user_id) for form in self.called]
        return select(self.row, sa.or_(*(self.row.c[column].in_(names) for column in self.by)))

    def shown(self, row: Any, user_id: str) -> dict[str, Any]:
        """Return what the person is given of a row."""
        own = self.trimmed(row, user_id) if self.trimmed is not None else row
        return {name: value for name, value in msgspec.structs.asdict(own).items() if name not in self.withheld}


class Personal(msgspec.Struct, frozen=True, kw_only=True):
    """What a service holds of a person."""

    held: tuple[Held, ...]
    left_out: Mapping[type[Row], str]
    """The other tables, each with the reason why nothing of it is given out here."""
    elsewhere: Mapping[str, str] = {}
    """By path: what a person may fetch besides, as a member of a vivarium."""


NOBODYS = "tells of no person"
OF_VIVARIUM = "a vivarium's, for all of its members; who wrote it stands there as an id alone"
"""A person may have left the vivarium, whose records are not theirs to take along."""
