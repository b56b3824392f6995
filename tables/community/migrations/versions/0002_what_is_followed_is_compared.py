"""What is followed is found however it was written: morphs without regard to case and blanks."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FOLLOWS = sa.table(
    "follows",
    *(sa.column(name, sa.Text) for name in ("follow_id", "user_id", "target_kind", "target_id", "target_key")),
)


def _key(kind: str, target_id: str) -> str:
    if kind != "morph":
        return target_id.lower()
    return " ".join(unicodedata.normalize("NFKC", target_id).casefold().split())


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.add_column(sa.Column("target_key", sa.Text(), nullable=False, server_default=""))
        batch_op.drop_index(batch_op.f("ix_follows_target_kind_target_id"))
        batch_op.create_index("ix_follows_target_kind_target_key", ["target_kind", "target_key"], unique=False)
    connection, columns, kept = op.get_bind(), FOLLOWS.c, {}
    found = sa.select(columns.follow_id, columns.user_id, columns.target_kind, columns.target_id)
    for old, user_id, kind, target_id in connection.execute(found.order_by(columns.follow_id)).all():
        key = _key(kind, target_id)
        new = f"{user_id}:{kind}:{key}"
        if new in kept:  # one person, one morph, written in two ways
            connection.execute(FOLLOWS.delete().where(columns.follow_id == old))
        else:
            kept[new] = (old, key)
    for new, (old, key) in kept.items():
        connection.execute(FOLLOWS.update().where(columns.follow_id == old).values(follow_id=new, target_key=key))


def downgrade() -> None:
    """Take back; the keys stay as they are compared."""
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.drop_index("ix_follows_target_kind_target_key")
        batch_op.create_index(
            batch_op.f("ix_follows_target_kind_target_id"), ["target_kind", "target_id"], unique=False
        )
        batch_op.drop_column("target_key")
