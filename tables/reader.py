"""Look-ups in a service's own database, for views."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, cast

import msgspec
import sqlalchemy as sa

from reptidex.domain.storable import fault_of
from reptidex.errors import InvalidError, NotFoundError
from reptidex.tables.database import Database
from reptidex.tables.query import Query
from reptidex.tables.row import Row
from reptidex.tables.statements import compile_query, compile_select

R = TypeVar("R", bound=Row)

LARGEST_PAGE = 200


class Paging(Protocol):
    """Where a page begins and how long it is."""

    @property
    def cursor(self) -> str | None:
        """The cursor of the page before."""

    @property
    def limit(self) -> int:
        """How many rows at most."""


class Reader:
    """Look-ups; any worker can answer any key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, row: type[R], key: str) -> R | None:
        """Return the row with this key, or None."""
        statements, glance = self._database.statements(row), self._database.glance
        lookup = statements.lookup_one(key)
        values = glance.rows(lookup) if glance is not None else None
        if values is None:
            async with self._database.reading() as session:
                [values] = await session.fetch([lookup])
        return cast(R, statements.build(tuple(values[0]))) if values else None

    async def need(self, row: type[R], key: str) -> R:
        """Return the row with this key. Raises `NotFoundError`."""
        found = await self.get(row, key)
        if found is None:
            raise NotFoundError(row.called(), key)
        return found

    async def find(self, query: Query[R]) -> list[R]:
        """Return the rows that a query finds."""
        lookup = compile_query(query, self._database.dialect)
        build = self._database.statements(query.row).build
        async with self._database.reading() as session:
            [values] = await session.fetch([lookup])
        return [cast(R, build(tuple(each))) for each in values]

    async def page(self, query: Query[R], paging: Paging) -> tuple[list[R], str | None]:
        """Return one page of rows and the cursor of the next.

        Rows that come or go between two pages shift nothing: the cursor holds the last row's place in the order.
        Raises `InvalidError` for a cursor that is not ours.
        """
        limit = max(1, min(paging.limit, LARGEST_PAGE))
        order = _order(query)
        where = (*query.where, _after(query.row, order, paging.cursor)) if paging.cursor else query.where
        found = await self.find(msgspec.structs.replace(query, where=where, limit=limit + 1))
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        place = [getattr(last, name.removeprefix("-")) for name in order]
        raw = msgspec.json.encode([list(order), place])
        return found[:limit], base64.urlsafe_b64encode(raw).decode().rstrip("=")

    async def count(self, query: Query[R]) -> int:
        """Return how many rows a query finds, without regard to its limit."""
        statement = sa.select(sa.func.count()).select_from(query.row.sql).where(*query.where)
        async with self._database.reading() as session:
            [[values]] = await session.fetch([compile_select(statement, self._database.dialect)])
        return int(values[0])

    async def tally(self, columns: Sequence[Any], where: Sequence[sa.ColumnElement[bool]]) -> list[tuple[Any, ...]]:
        """Return how many rows there are for each combination of some columns: the columns, then the count."""
        statement = sa.select(*columns, sa.func.count()).where(*where).group_by(*columns)
        async with self._database.reading() as session:
            [values] = await session.fetch([compile_select(statement, self._database.dialect)])
        return [tuple(each) for each in values]


def _order(query: Query[Any]) -> tuple[str, ...]:
    named = {name.removeprefix("-") for name in query.order}
    return query.order if query.row.key_field in named else (*query.order, query.row.key_field)


def _after(row: type[Row], order: Sequence[str], cursor: str) -> sa.ColumnElement[bool]:
    """Return the condition "behind this place": the first column decides, then the next where it is equal."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        stated, place = msgspec.json.decode(raw, type=tuple[list[str], list[Any]])
        if stated != list(order) or len(place) != len(order):
            raise ValueError("another order")
        hints = {field.name: field.type for field in msgspec.structs.fields(row)}
        values = [msgspec.convert(each, hints[name.removeprefix("-")]) for each, name in zip(place, order, strict=True)]
        if any(map(fault_of, values)):
            raise ValueError("no row has such a place")
    except (ValueError, binascii.Error, msgspec.MsgspecError) as problem:
        raise InvalidError("this cursor does not belong to this list", "/cursor") from problem
    alternatives: list[sa.ColumnElement[bool]] = []
    equal: list[sa.ColumnElement[bool]] = []
    for name, value in zip(order, values, strict=True):
        column = row.sql.c[name.removeprefix("-")]
        alternatives.append(sa.and_(*equal, _behind(column, value, descending=name.startswith("-"))))
        equal.append(column.is_(None) if value is None else column == value)
    return sa.or_(*alternatives)


def _behind(column: sa.Column[Any], value: Any, *, descending: bool) -> sa.ColumnElement[bool]:
    # NULL stands at one end of the order: first going up, last going down (`ordering` says so to both databases).
    if descending:
        return sa.false() if value is None else sa.or_(column < value, column.is_(None))
    return column.is_not(None) if value is None else column > value
