"""The inbox: ids of records that came from outside the platform's own outboxes, so that a repeat is dropped."""

from datetime import timedelta

import sqlalchemy as sa

from reptidex.tables.row import METADATA, UtcDateTime

KEPT = timedelta(days=15)

inbox = sa.Table(
    "inbox",
    METADATA.setdefault("engine", sa.MetaData()),
    sa.Column("message", sa.Text, primary_key=True),
    sa.Column("seen", UtcDateTime, nullable=False, index=True),
)


def inbox_key(source: str, message_id: str) -> str:
    """Return the key of a message: CloudEvents are told apart by source and id together."""
    return f"{source} {message_id}"
