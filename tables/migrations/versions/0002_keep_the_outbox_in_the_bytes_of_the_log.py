"""Keep the outbox in the bytes that the log takes.

Rows of the form before are dropped: they were kept for restoring a log, and hold what has been sent. Where something has not been
sent, the migration refuses to run.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UNSENT = (
    "SELECT count(*) FROM outbox JOIN fences ON fences.partition = outbox.partition WHERE outbox.last > fences.relayed"
)


def upgrade() -> None:
    """Apply."""
    _change("messages", "sealed")


def downgrade() -> None:
    """Take back."""
    _change("sealed", "messages")


def _change(old: str, new: str) -> None:
    connection = op.get_bind()
    if connection.scalar(sa.text(UNSENT)):
        raise RuntimeError(
            "the outbox holds events that the log has not acknowledged, in a form that this version does not read:"
            " start the version before once more, wait until it has sent them, and stop it with SIGTERM"
        )
    connection.execute(sa.text("DELETE FROM outbox"))
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.alter_column(old, new_column_name=new)
