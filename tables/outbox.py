"""The outbox: what a unit of work has to say, stored with the state that caused it.

One row holds everything that one unit says on account of one partition number, in the bytes that the log takes. The relay sends
it from memory; rows are read only by the next owner of the partition, and are pruned by age. Until then they say, to people, what
was said when; to `reptidex restored`, how old the database is.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from reptidex.tables.driver import Lookup
from reptidex.tables.row import METADATA, UtcDateTime
from reptidex.tables.statements import compile_select

KEPT = timedelta(days=15)

outbox = sa.Table(
    "outbox",
    METADATA.setdefault("engine", sa.MetaData()),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("last", sa.BigInteger, primary_key=True),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)


class Sealed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Records of one topic-partition, encoded as one record batch of the Kafka protocol (format version 2)."""

    topic: str
    partition: int
    count: int
    records: bytes


class Batch(msgspec.Struct, frozen=True):
    """What one unit says on account of one partition number: the records `first` to `last` of that outbox."""

    partition: int
    first: int
    last: int
    created: datetime
    sealed: list[Sealed]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Sealed])


def values(batch: Batch) -> tuple[Any, ...]:
    """Return the columns of a batch, in their order."""
    return (batch.partition, batch.last, batch.first, batch.created, _encoder.encode(batch.sealed))


def batch(row: list[Any]) -> Batch:
    """Read a batch back from its columns."""
    partition, last, first, created, sealed = row
    return Batch(partition, first, last, created, _decoder.decode(sealed))


def unsent_sql(dialect: sa.Dialect) -> str:
    """Return the look-up of what an outbox holds beyond a number, oldest first."""
    mark = ("$1::int", "$2::bigint") if dialect.name == "postgresql" else ("?", "?")
    columns = "partition, last, first, created, sealed"
    return f"SELECT {columns} FROM outbox WHERE partition = {mark[0]} AND last > {mark[1]} ORDER BY last"


def unsent(dialect: sa.Dialect, partition: int, relayed: int) -> Lookup:
    """Ask for what the log may not have seen yet."""
    return Lookup(unsent_sql(dialect), (partition, relayed))


def numbers_since(dialect: sa.Dialect, since: datetime) -> Lookup:
    """Ask which numbers the batches of a time have, in their order: partition, first, last."""
    wanted = sa.select(outbox.c.partition, outbox.c.first, outbox.c.last).where(outbox.c.created >= since)
    return compile_select(wanted.order_by(outbox.c.last), dialect)


def oldest_since(dialect: sa.Dialect, since: datetime) -> Lookup:
    """Ask for the oldest batch of a time."""
    return compile_select(
        sa.select(outbox).where(outbox.c.created >= since).order_by(outbox.c.created).limit(1), dialect
    )
