"""Rows: frozen structs with a SQLAlchemy table beside them, columns taken from the annotations.

    @stored("animals", key="animal_id", indexes=(("vivarium_id", "animal_id"),))
    class Animal(Row, frozen=True, kw_only=True):
        animal_id: str
        vivarium_id: str
        born: datetime | None = None
        genotype: dict[str, str] = {}

`Animal.sql` is the `sqlalchemy.Table`, `Animal.c` its columns. A row is changed by `unit.put(replace(row, name="Kiwi"))`,
never in place, so that undoing one event's work is a matter of remembering the old struct.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

METADATA: dict[str, sa.MetaData] = {}
"""The tables of each service, by its short name; the engine's own tables stand under `engine`."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC: `timestamptz` on PostgreSQL, sortable RFC 3339 text of fixed width on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.String())
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        """Return the way of a value into the database; None where the driver takes it as it is."""
        return _utc_text if dialect.name == "sqlite" else None

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> Any:
        """Return the way of a value out of the database; None where the driver gives it as it should be."""
        return _utc_moment if dialect.name == "sqlite" else None


def _utc_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def _utc_moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


class StructJson(sa.types.TypeDecorator[Any]):
    """A nested value as JSON (`jsonb` on PostgreSQL), read back into the annotated type."""

    impl = sa.JSON
    cache_ok = False

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql  # 2 MB that a worker on SQLite does without

            return dialect.type_descriptor(postgresql.JSONB())
        return dialect.type_descriptor(sa.JSON())

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        """Return the way of a value into the database: JSON text, and None as NULL."""
        return _json_text

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> Any:
        """Return the way of JSON text out of the database."""
        decoder = msgspec.json.Decoder(self.kind, strict=False)
        return lambda value: None if value is None else decoder.decode(value)


_encoder = msgspec.json.Encoder()


def _json_text(value: Any) -> str | None:
    return None if value is None else _encoder.encode(value).decode()


_SCALARS: dict[type, Any] = {
    str: sa.Text,
    int: sa.BigInteger,
    float: sa.Double,
    bool: sa.Boolean,
    bytes: sa.LargeBinary,
    datetime: UtcDateTime,
    date: sa.Date,
}


def _column(name: str, hint: Any, primary: bool) -> sa.Column[Any]:
    nullable = False
    if get_origin(hint) in (Union, UnionType):
        members = [member for member in get_args(hint) if member is not NoneType]
        nullable = len(members) < len(get_args(hint))
        if len(members) == 1:
            hint = members[0]
    kind = _SCALARS.get(hint)
    if kind is None and get_origin(hint) is not None and all(isinstance(arg, str) for arg in get_args(hint)):
        kind = sa.Text  # Literal["a", "b"]
    return sa.Column(name, kind() if kind else StructJson(hint), primary_key=primary, nullable=nullable)


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row. A subclass is tied to its table by the decorator `stored`."""

    sql: ClassVar[sa.Table]
    c: ClassVar[Any]
    """The columns, for queries: `Animal.c.vivarium_id == vivarium_id`."""
    key_field: ClassVar[str]
    key_of: ClassVar[Any]
    """Reads the primary key off a row; the same as `row.key`, at a fraction of its cost."""

    @property
    def key(self) -> str:
        """The value of the primary key."""
        value: str = getattr(self, self.key_field)
        return value

    @classmethod
    def called(cls) -> str:
        """Return what people call such a thing, by its key: `transaction` for the row with a `transaction_id`."""
        return cls.key_field.removesuffix("_id").replace("_", " ")


R = TypeVar("R", bound=Row)
Names = tuple[str, ...]


def _service_of(cls: type) -> str:
    """`reptidex.tables.animal.models` is of `animal`; what stands in no service's folder is the engine's."""
    parts = cls.__module__.split(".")
    place = parts[parts.index("tables") + 1 : -1] if "tables" in parts else []
    return place[0] if place else "engine"


def stored(
    table: str, *, key: str, indexes: tuple[Names, ...] = (), unique: tuple[Names, ...] = (), service: str = ""
) -> Callable[[type[R]], type[R]]:
    """Tie a row class to a table: `key` is its primary key (one text column), the rest its indexes by column names."""

    def decorate(cls: type[R]) -> type[R]:
        hints = get_type_hints(cls)
        columns = [_column(name, hints[name], name == key) for name in cls.__struct_fields__]
        extras: list[Any] = [sa.Index(f"ix_{table}_{'_'.join(names)}", *names) for names in indexes]
        extras += [sa.UniqueConstraint(*names, name=f"uq_{table}_{'_'.join(names)}") for names in unique]
        metadata = METADATA.setdefault(service or _service_of(cls), sa.MetaData())
        cls.sql = sa.Table(table, metadata, *columns, *extras)
        cls.c, cls.key_field, cls.key_of = cls.sql.c, key, attrgetter(key)
        return cls

    return decorate


Condition = ColumnElement[bool]
