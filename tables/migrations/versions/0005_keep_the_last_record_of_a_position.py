"""Keep by what the last record before a position is known again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("positions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("witness", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("positions", schema=None) as batch_op:
        batch_op.drop_column("witness")
