"""Keep why an offer ends with its sale, and which offers stand first."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("listings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ends_as", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("featured", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.drop_index("ix_listings_status_published_at")
        batch_op.create_index(
            "ix_listings_status_featured_published_at", ["status", "featured", "published_at"], unique=False
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("listings", schema=None) as batch_op:
        batch_op.drop_index("ix_listings_status_featured_published_at")
        batch_op.create_index("ix_listings_status_published_at", ["status", "published_at"], unique=False)
        batch_op.drop_column("featured")
        batch_op.drop_column("ends_as")
