"""Keep what was taken and given back."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import StructJson

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken", StructJson(Any), nullable=True))
        batch_op.add_column(sa.Column("given_back", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_column("given_back")
        batch_op.drop_column("taken")
