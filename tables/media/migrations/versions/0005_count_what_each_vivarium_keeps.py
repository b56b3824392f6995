"""Count what each vivarium keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "storage",
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("used_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vivarium_id"),
    )
    op.execute(
        "INSERT INTO storage (vivarium_id, used_bytes) SELECT vivarium_id, SUM(size_bytes) FROM files"
        " WHERE NOT made AND state IN ('received', 'ready') GROUP BY vivarium_id"
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("limit_bytes", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_column("limit_bytes")

    op.drop_table("storage")
