"""Keep what was paid back."""

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
    with op.batch_alter_table("sales", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paid_back", StructJson(Any), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("sales", schema=None) as batch_op:
        batch_op.drop_column("paid_back")
