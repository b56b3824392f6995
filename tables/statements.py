"""The statements of one table, compiled once by SQLAlchemy for a dialect, and the way of a row to raw values and back.

Hot paths hand these to the driver as they are: SQLAlchemy's own execution costs more than the whole rest of a unit of work.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from reptidex.tables.driver import DataRefusedError, Lookup, Step, Values
from reptidex.tables.query import Query
from reptidex.tables.row import Row

Processor = Callable[[Any], Any]

SORTED_FROM = 100
NUL_IN_JSON = "\\u0000"
FLOAT8 = 701
"""PostgreSQL's type number of a double: SQLAlchemy asks for it where a column holds floats, and nowhere else."""


class Statements:
    """What can be done to one table, by raw tuples in the order of its columns."""

    def __init__(self, table: sa.Table, dialect: sa.Dialect) -> None:
        self.table, self.dialect = table, dialect
        self.names = [column.name for column in table.columns]
        self.keys = [column.name for column in table.primary_key.columns]
        types = [column.type.dialect_impl(dialect) for column in table.columns]
        self.binds = _processors([kind.bind_processor(dialect) for kind in types])
        self.results = _processors([kind.result_processor(dialect, FLOAT8) for kind in types])
        self.upsert = self._insert(replace=True)
        self.insert = self._insert(replace=False)
        key = table.c[self.keys[0]]
        many = _any_of(key, dialect)
        self.select = _compile(sa.select(table).where(many), dialect)
        self.select_locked = _compile(sa.select(table).where(many).order_by(key).with_for_update(), dialect)
        one = key == sa.bindparam(key.name, type_=key.type) if dialect.name == "sqlite" else many
        self.select_one = _compile(sa.select(table).where(one), dialect)
        self.delete = _compile(sa.delete(table).where(one), dialect)

    def _insert(self, *, replace: bool) -> str:
        insert: Any
        if self.dialect.name == "sqlite":
            insert = sqlite.insert(self.table).values({name: sa.bindparam(name) for name in self.names})
        else:
            from sqlalchemy.dialects import postgresql  # as in `StructJson`

            arrays = [
                sa.func.unnest(sa.bindparam(column.name, type_=postgresql.ARRAY(column.type)))
                for column in self.table.columns
            ]
            insert = postgresql.insert(self.table).from_select(self.names, sa.select(*arrays))
        if replace:
            rest = {name: insert.excluded[name] for name in self.names if name not in self.keys}
            if rest:
                insert = insert.on_conflict_do_update(index_elements=self.keys, set_=rest)
            else:
                insert = insert.on_conflict_do_nothing(index_elements=self.keys)
        return _compile(insert, self.dialect)

    def encode(self, values: Sequence[Any]) -> Values:
        """Turn the values of one row, in the order of the columns, into what the driver takes.

        Raises `DataRefusedError` for a moment that is out of range in UTC, and for JSON that is nested too deep.
        """
        if not self.binds:
            return tuple(values)
        row = list(values)
        try:
            for place, process in self.binds:
                row[place] = process(row[place])
        except (OverflowError, RecursionError) as problem:
            raise DataRefusedError(f"{self.table.name} takes no such value: {problem}") from problem
        return tuple(row)

    def decode(self, values: Values) -> list[Any]:
        """Turn what the driver gave into the values of one row."""
        row = list(values)
        for place, process in self.results:
            row[place] = process(row[place])
        return row

    def lookup(self, keys: Sequence[str], *, lock: bool = False) -> Lookup:
        """Ask for the rows with these keys; locked for the transaction, in order of key, where asked.

        Raises `DataRefusedError` for a key with U+0000 where the database is SQLite, whose `json_each` would cut it off there and
        find another row; PostgreSQL says so itself.
        """
        value: Any = list(keys)
        if self.dialect.name == "sqlite":
            value = msgspec.json.encode(keys).decode()
            if NUL_IN_JSON in value and any("\x00" in key for key in keys):
                raise DataRefusedError(f"{self.table.name} cannot be asked for a key with U+0000")
        return Lookup(self.select_locked if lock else self.select, (value,))

    def lookup_one(self, key: str) -> Lookup:
        """Ask for the row with this key."""
        return Lookup(self.select_one, (key if self.dialect.name == "sqlite" else [key],))

    def remove(self, keys: Sequence[str]) -> Step:
        """Delete the rows with these keys."""
        return Step(self.delete, [(key,) for key in keys])


class RowStatements(Statements):
    """The statements of a row class."""

    def __init__(self, row: type[Row], dialect: sa.Dialect) -> None:
        super().__init__(row.sql, dialect)
        self.row = row
        # Where only the key is unique, the order of writing is all the same.
        kinds = (sa.UniqueConstraint, sa.ForeignKeyConstraint)
        bound = [each for each in row.sql.constraints if isinstance(each, kinds)]
        self._any_order = not bound and not any(index.unique for index in row.sql.indexes)
        self.build: Callable[[Values], Row] = _builder(row, self.names, dict(self.results))
        """Turns what the driver gave into a row."""

    def values(self, row: Row) -> Values:
        """Turn a row into what the driver takes."""
        return self.encode(msgspec.structs.astuple(row))

    def write(self, rows: Sequence[Row], *, new: bool = False) -> Step:
        """Insert or replace rows; with `new` they must not be there yet.

        Many rows are written in the order of their keys, where that can make no difference but to speed: in any other order each
        row touches another page of the tree (it takes SQLite more than twice as long, measured).
        """
        if self._any_order and len(rows) >= SORTED_FROM:
            rows = sorted(rows, key=self.row.key_of)
        plain = map(msgspec.structs.astuple, rows)
        return Step(self.insert if new else self.upsert, list(map(self.encode, plain) if self.binds else plain))


def _builder(row: type[Row], names: Sequence[str], results: Mapping[int, Processor]) -> Callable[[Values], Row]:
    """Return what makes a row of a tuple: its call written out, which takes a tenth of one with a dictionary (measured)."""
    given = [f"{name}=p{at}(v[{at}])" if at in results else f"{name}=v[{at}]" for at, name in enumerate(names)]
    scope: dict[str, Any] = {"row": row, **{f"p{at}": process for at, process in results.items()}}
    made: Callable[[Values], Row] = eval(f"lambda v: row({', '.join(given)})", scope)
    return made


def compile_query(query: Query[Any], dialect: sa.Dialect, *, lock: bool = False) -> Lookup:
    """Compile a query to the SQL and the raw parameters of the driver."""
    statement = sa.select(query.row.sql).where(*query.where).order_by(*ordering(query))
    if query.limit is not None:
        statement = statement.limit(query.limit)
    return compile_select(statement.with_for_update() if lock else statement, dialect)


def ordering(query: Query[Any]) -> list[Any]:
    """Return the ORDER BY of a query: its columns, and the key last so that the order is total."""
    columns: list[Any] = []
    for name in query.order:
        column = query.row.sql.c[name.removeprefix("-")]
        # SQLite and PostgreSQL differ in where they put NULL, so it is said.
        if column.nullable:
            columns.append(column.desc().nulls_last() if name.startswith("-") else column.asc().nulls_first())
        else:
            columns.append(column.desc() if name.startswith("-") else column.asc())
    key = query.row.key_field
    if key not in {name.removeprefix("-") for name in query.order}:
        columns.append(query.row.sql.c[key].asc())
    return columns


def compile_select(statement: sa.Select[Any], dialect: sa.Dialect) -> Lookup:
    """Compile a SELECT to the SQL and the raw parameters of the driver; lists in IN are written out."""
    return Lookup(*_expanded(statement, dialect))


def compile_delete(statement: sa.Delete, dialect: sa.Dialect) -> Step:
    """Compile a DELETE to a step of a transaction."""
    sql, values = _expanded(statement, dialect)
    # A step of PostgreSQL takes arrays of its rows' values, which a condition does not: what is few is written out.
    if dialect.name == "postgresql":
        return Step(str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})), [()])
    return Step(sql, [values])


def _expanded(statement: Any, dialect: sa.Dialect) -> tuple[str, Values]:
    compiled: Any = statement.compile(dialect=dialect)
    state = compiled.construct_expanded_state()
    values = []
    for name in state.positiontup or ():
        process, value = state.processors.get(name), state.parameters[name]
        if process is None and name in compiled.binds:
            process = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        values.append(process(value) if process else value)
    return state.statement, tuple(values)


def _any_of(key: sa.Column[Any], dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """One parameter for any number of keys, so that the database prepares the statement once."""
    if dialect.name == "sqlite":
        each = sa.func.json_each(sa.bindparam("keys", type_=sa.Text)).table_valued("value")
        return key.in_(sa.select(each.c.value))
    from sqlalchemy.dialects import postgresql

    return key == sa.any_(sa.bindparam("keys", type_=postgresql.ARRAY(key.type)))


def _compile(statement: Any, dialect: sa.Dialect) -> str:
    return str(statement.compile(dialect=dialect))


def _processors(processors: Sequence[Processor | None]) -> list[tuple[int, Processor]]:
    return [(place, process) for place, process in enumerate(processors) if process is not None]
