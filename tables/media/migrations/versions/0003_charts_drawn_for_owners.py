"""Charts that were drawn as their owners see them are theirs alone, until they are drawn anew."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    files = sa.table(
        "files", sa.column("made", sa.Boolean), sa.column("name", sa.Text), sa.column("confidential", sa.Boolean)
    )
    drawn = sa.and_(files.c.made.is_(True), files.c.name == "pedigree.svg")
    op.execute(files.update().where(drawn).values(confidential=True))


def downgrade() -> None:
    """Take back: which of them were drawn before is not known, and all are drawn anew sooner or later."""
