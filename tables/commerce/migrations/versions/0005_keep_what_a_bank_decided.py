"""Keep what a bank decided."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import StructJson

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("sales", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bank_dispute", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("verdict", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("contested", StructJson(Any), nullable=True))
    # What had a provider's name was a bank's; once paid back, the name is that of the refund.
    op.execute("UPDATE sales SET bank_dispute = reference WHERE disputed AND money = 'captured'")


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("sales", schema=None) as batch_op:
        batch_op.drop_column("contested")
        batch_op.drop_column("verdict")
        batch_op.drop_column("bank_dispute")
