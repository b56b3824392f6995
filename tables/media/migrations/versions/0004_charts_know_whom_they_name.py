"""Charts know whom they name, certificates what they prove; what moderators took down is known.

Charts that were drawn before know of nobody (depth 0), and are drawn anew when somebody reads them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import StructJson

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "moderated", sa.Column("moderated_id", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("moderated_id")
    )
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.add_column(sa.Column("depth", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("shows", StructJson(Any), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("names_owner", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("renders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("depth", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("paper", StructJson(Any), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("renders", schema=None) as batch_op:
        batch_op.drop_column("paper")
        batch_op.drop_column("depth")

    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_column("names_owner")
        batch_op.drop_column("shows")
        batch_op.drop_column("depth")

    op.drop_table("moderated")
