"""Questions to a service's database, written once and asked by views and agents alike."""

from typing import Generic, TypeVar

import msgspec
from sqlalchemy.sql.elements import ColumnElement

from reptidex.tables.row import Row

R = TypeVar("R", bound=Row)


class Query(msgspec.Struct, Generic[R], frozen=True):
    """Rows of one table under conditions that all must hold.

    `order` are column names, `-` in front for descending; the key is always appended, so that paging by cursor is exact.
    """

    row: type[R]
    where: tuple[ColumnElement[bool], ...] = ()
    order: tuple[str, ...] = ()
    limit: int | None = None


def select(
    row: type[R], *where: ColumnElement[bool], order: tuple[str, ...] = (), limit: int | None = None
) -> Query[R]:
    """Ask for the rows of a table under conditions."""
    return Query(row, where, order, limit)
