"""Name the letters of records by what they hold too: on a log that was replaced another record has the same place."""

from zlib import crc32

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LETTERS = sa.table("dead_letters", *map(sa.column, ("letter_id", "source", "value")))
OF_RECORDS = sa.select(LETTERS.c.letter_id, LETTERS.c.value).where(LETTERS.c.source == "log")


def upgrade() -> None:
    """Apply."""
    connection = op.get_bind()
    for name, value in connection.execute(OF_RECORDS).all():
        _rename(name, f"{name}/{crc32(value):016x}")


def downgrade() -> None:
    """Take back. Letters of one place keep their names, all but the first."""
    connection, taken = op.get_bind(), set[str]()
    for name, _ in connection.execute(OF_RECORDS.order_by(LETTERS.c.letter_id)).all():
        before = name.rpartition("/")[0]
        if before not in taken:
            taken.add(before)
            _rename(name, before)


def _rename(name: str, to: str) -> None:
    op.get_bind().execute(sa.update(LETTERS).where(LETTERS.c.letter_id == name).values(letter_id=to))
