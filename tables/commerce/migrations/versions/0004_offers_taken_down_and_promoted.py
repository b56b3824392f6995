"""Keep why an offer ends with its sale, which offers stand first, and what they are found by."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FOUND_BY = ("title", "species", "morph_text")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("listings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ends_as", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("featured", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("search_text", sa.Text(), nullable=False, server_default=""))
        batch_op.drop_index("ix_listings_status_published_at")
        batch_op.create_index(
            "ix_listings_status_featured_published_at", ["status", "featured", "published_at"], unique=False
        )
    listings = sa.table("listings", *(sa.column(name) for name in ("listing_id", "search_text", *FOUND_BY)))
    connection = op.get_bind()
    for key, *texts in connection.execute(
        sa.select(listings.c.listing_id, *(listings.c[name] for name in FOUND_BY))
    ).all():
        text = "\n".join(texts).casefold()
        connection.execute(listings.update().where(listings.c.listing_id == key).values(search_text=text))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("listings", schema=None) as batch_op:
        batch_op.drop_index("ix_listings_status_featured_published_at")
        batch_op.create_index("ix_listings_status_published_at", ["status", "published_at"], unique=False)
        batch_op.drop_column("search_text")
        batch_op.drop_column("featured")
        batch_op.drop_column("ends_as")
