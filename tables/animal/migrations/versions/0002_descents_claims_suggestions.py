"""Descents claims suggestions."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import StructJson, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "descents",
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("sire_id", sa.Text(), nullable=True),
        sa.Column("dam_id", sa.Text(), nullable=True),
        sa.Column("sire_standing", sa.Text(), nullable=True),
        sa.Column("dam_standing", sa.Text(), nullable=True),
        sa.Column("sire_disputed_by", sa.Text(), nullable=True),
        sa.Column("dam_disputed_by", sa.Text(), nullable=True),
        sa.Column("hybrid", sa.Boolean(), nullable=False),
        sa.Column("given_inbreeding", sa.Double(), nullable=True),
        sa.Column("inbreeding", sa.Double(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("equivalents", sa.Double(), nullable=False),
        sa.Column("findings", StructJson(Any), nullable=False),
        sa.Column("linked_to", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("animal_id"),
    )
    with op.batch_alter_table("descents", schema=None) as batch_op:
        batch_op.create_index("ix_descents_dam_id", ["dam_id"], unique=False)
        batch_op.create_index("ix_descents_sire_id", ["sire_id"], unique=False)

    op.create_table(
        "lineage_entries",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=True),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    with op.batch_alter_table("lineage_entries", schema=None) as batch_op:
        batch_op.create_index("ix_lineage_entries_actor", ["actor"], unique=False)
        batch_op.create_index("ix_lineage_entries_animal_id_at", ["animal_id", "at"], unique=False)

    op.create_table(
        "lineage_rules",
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("inbreeding_limit", sa.Double(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("vivarium_id"),
    )
    op.create_table(
        "suggestions",
        sa.Column("suggestion_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=False),
        sa.Column("asks", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("from_vivarium_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("suggestion_id"),
    )
    with op.batch_alter_table("suggestions", schema=None) as batch_op:
        batch_op.create_index("ix_suggestions_actor", ["actor"], unique=False)
        batch_op.create_index("ix_suggestions_animal_id", ["animal_id"], unique=False)
        batch_op.create_index("ix_suggestions_from_vivarium_id", ["from_vivarium_id"], unique=False)
        batch_op.create_index("ix_suggestions_subject_id_state", ["subject_id", "state"], unique=False)

    # Animals that were registered before have their place too; their figures are worked out when they are next asked for.
    op.execute(
        """
        INSERT INTO descents (
            animal_id, sire_id, dam_id, sire_standing, dam_standing, hybrid, generation, equivalents, findings
        )
        SELECT animal_id, sire_id, dam_id,
            CASE WHEN sire_id IS NOT NULL THEN lineage_status END,
            CASE WHEN dam_id IS NOT NULL THEN lineage_status END,
            false, 0, 0, '[]'
        FROM animals
        """
    )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("suggestions", schema=None) as batch_op:
        batch_op.drop_index("ix_suggestions_subject_id_state")
        batch_op.drop_index("ix_suggestions_from_vivarium_id")
        batch_op.drop_index("ix_suggestions_animal_id")
        batch_op.drop_index("ix_suggestions_actor")

    op.drop_table("suggestions")
    op.drop_table("lineage_rules")
    with op.batch_alter_table("lineage_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_lineage_entries_animal_id_at")
        batch_op.drop_index("ix_lineage_entries_actor")

    op.drop_table("lineage_entries")
    with op.batch_alter_table("descents", schema=None) as batch_op:
        batch_op.drop_index("ix_descents_sire_id")
        batch_op.drop_index("ix_descents_dam_id")

    op.drop_table("descents")
