"""Note lowered roles."""

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "lowered_roles",
        sa.Column("lowered_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("lowered_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("lowered_id"),
    )
    with op.batch_alter_table("lowered_roles", schema=None) as batch_op:
        batch_op.create_index("ix_lowered_roles_lowered_at", ["lowered_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("lowered_roles", schema=None) as batch_op:
        batch_op.drop_index("ix_lowered_roles_lowered_at")

    op.drop_table("lowered_roles")
