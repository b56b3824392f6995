"""How far each topic-partition has been worked off, and who may write: the positions and the fences.

A fence row stands for one partition number of the whole platform. Its `epoch` is raised by each worker that takes the
partition over, its `touched` by each worker that writes a row which hashes to a partition that it does not own. Every commit
updates the fences of its partitions under the condition that both are as it knows them, so a zombie's commit hits no row.
"""

from typing import Any

import msgspec
import sqlalchemy as sa

from reptidex.tables.row import METADATA

_metadata = METADATA.setdefault("engine", sa.MetaData())

positions = sa.Table(
    "positions",
    _metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("next_offset", sa.BigInteger, nullable=False),
    sa.Column("marks", sa.Text, nullable=False),
    sa.Column("witness", sa.Text),
)

fences = sa.Table(
    "fences",
    _metadata,
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("touched", sa.BigInteger, nullable=False),
    sa.Column("stamp", sa.BigInteger, nullable=False),
    sa.Column("sent", sa.BigInteger, nullable=False),
    sa.Column("relayed", sa.BigInteger, nullable=False),
)

TopicPartition = tuple[str, int]


class Witness(msgspec.Struct, frozen=True, array_like=True):
    """A record that was handled, as it is known again: it tells whether the log is still the one that was read."""

    offset: int
    """Says nothing of a position that is not just behind it: an older version of the code moved that on."""
    time: int
    """Its timestamp, in milliseconds since 1970."""
    digest: int
    """The CRC-32 of its key and value."""


class Position(msgspec.Struct):
    """Where the next unit goes on in one topic-partition."""

    next_offset: int
    marks: dict[str, int]
    """Per outbox that wrote here (`<service>:<partition>`) the number of the last record seen: repeats are dropped by it."""
    witness: Witness | None = None
    """The last record handled; None where it cannot be known again."""


class Fence(msgspec.Struct):
    """What this worker knows of a partition that it owns."""

    partition: int
    epoch: int
    touched: int = 0
    stamp: int = 0
    """The number of the last unit committed: tells whether a commit whose answer was lost went through."""
    sent: int = 0
    """The number of the last record put into this partition's outbox."""
    relayed: int = 0
    """The number of the last record of the outbox that the log has acknowledged."""


GUARD = sa.text(
    "UPDATE fences SET stamp = :stamp, sent = :sent, relayed = :relayed"
    " WHERE partition = :partition AND epoch = :epoch AND touched = :touched"
)
GUARD_MANY = (
    "UPDATE fences AS f SET stamp = g.stamp, sent = g.sent, relayed = g.relayed"
    " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[], $5::bigint[], $6::bigint[])"
    " AS g(stamp, sent, relayed, partition, epoch, touched)"
    " WHERE f.partition = g.partition AND f.epoch = g.epoch AND f.touched = g.touched"
)


def guard_sql(dialect: sa.Dialect) -> str:
    """Return the guarded update: parameters stamp, sent, relayed, partition, epoch, touched."""
    return GUARD_MANY if dialect.name == "postgresql" else str(GUARD.compile(dialect=dialect))


def guard_values(fence: Fence, stamp: int) -> tuple[Any, ...]:
    """Return the parameters of the guarded update."""
    return (stamp, fence.sent, fence.relayed, fence.partition, fence.epoch, fence.touched)


def take_over_sql(dialect: sa.Dialect) -> str:
    """Return the statement that raises a partition's epoch, or begins with epoch 1; its parameter is the partition.

    The stamp begins anew with it: one of the predecessor's would tell that a commit of ours went through which did not.
    """
    source = "SELECT unnest($1::int[])" if dialect.name == "postgresql" else "SELECT ?"
    return (
        f"INSERT INTO fences (partition, epoch, touched, stamp, sent, relayed) SELECT p, 1, 0, 0, 0, 0 FROM ({source} AS p)"
        " AS taken WHERE true ON CONFLICT (partition) DO UPDATE SET epoch = fences.epoch + 1, stamp = 0"
    )


def touch_sql(dialect: sa.Dialect) -> str:
    """Return the statement that tells the owner of a partition that a row of its was written; its parameter is the partition."""
    where = "= ANY ($1::int[])" if dialect.name == "postgresql" else "= ?"
    return f"UPDATE fences SET touched = touched + 1 WHERE partition {where}"
