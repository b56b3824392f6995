"""Count attempts."""

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "attempts",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("whole_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("attempts")
