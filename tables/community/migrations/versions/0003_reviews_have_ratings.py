"""Reviews have ratings."""

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
    op.create_table(
        "ratings",
        sa.Column("rating_id", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("stars", sa.BigInteger(), nullable=False),
        sa.Column("verified", sa.BigInteger(), nullable=False),
        sa.Column("by_stars", StructJson(Any), nullable=False),
        sa.PrimaryKeyConstraint("rating_id"),
    )
    op.create_table(
        "reviewers",
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("bought", sa.Boolean(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reviewer_id"),
    )
    with op.batch_alter_table("reviewers", schema=None) as batch_op:
        batch_op.create_index("ix_reviewers_user_id", ["user_id"], unique=False)

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rating", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("verified", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index(
            "ix_posts_subject_id_kind_status_written_at", ["subject_id", "kind", "status", "written_at"], unique=False
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_index("ix_posts_subject_id_kind_status_written_at")
        batch_op.drop_column("verified")
        batch_op.drop_column("rating")

    with op.batch_alter_table("reviewers", schema=None) as batch_op:
        batch_op.drop_index("ix_reviewers_user_id")

    op.drop_table("reviewers")
    op.drop_table("ratings")
