"""Keep what was said before a restore."""

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "said_before",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("restored_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
    )
    with op.batch_alter_table("said_before", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_said_before_restored_at"), ["restored_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("said_before", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_said_before_restored_at"))

    op.drop_table("said_before")
