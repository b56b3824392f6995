"""Dearer offers and versions of statuses."""

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("inventory", schema=None) as batch_op:
        batch_op.add_column(sa.Column("status_version", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE inventory SET status_version = record_version")

    with op.batch_alter_table("listings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dearer_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("listings", schema=None) as batch_op:
        batch_op.drop_column("dearer_at")

    with op.batch_alter_table("inventory", schema=None) as batch_op:
        batch_op.drop_column("status_version")
