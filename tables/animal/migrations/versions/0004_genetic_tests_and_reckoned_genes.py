"""Genetic tests and reckoned genes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import StructJson, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "genetic_tests",
        sa.Column("test_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("laboratory", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("tested_on", sa.Date(), nullable=False),
        sa.Column("results", StructJson(Any), nullable=False),
        sa.Column("document_file_id", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("test_id"),
    )
    with op.batch_alter_table("genetic_tests", schema=None) as batch_op:
        batch_op.create_index("ix_genetic_tests_animal_id_tested_on", ["animal_id", "tested_on"], unique=False)

    op.create_table(
        "reckoned_genes",
        sa.Column("reckoned_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("locus", sa.Text(), nullable=False),
        sa.Column("stated", StructJson(Any), nullable=True),
        sa.Column("gene", StructJson(Any), nullable=False),
        sa.PrimaryKeyConstraint("reckoned_id"),
    )
    with op.batch_alter_table("reckoned_genes", schema=None) as batch_op:
        batch_op.create_index("ix_reckoned_genes_animal_id", ["animal_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("reckoned_genes", schema=None) as batch_op:
        batch_op.drop_index("ix_reckoned_genes_animal_id")

    op.drop_table("reckoned_genes")
    with op.batch_alter_table("genetic_tests", schema=None) as batch_op:
        batch_op.drop_index("ix_genetic_tests_animal_id_tested_on")

    op.drop_table("genetic_tests")
