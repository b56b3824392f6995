"""Add breeding seasons and the edits of the catalogue."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import StructJson, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "breeding_notes",
        sa.Column("note_id", sa.Text(), nullable=False),
        sa.Column("pairing_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("sire_id", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("note_id"),
    )
    with op.batch_alter_table("breeding_notes", schema=None) as batch_op:
        batch_op.create_index("ix_breeding_notes_pairing_id_on_day", ["pairing_id", "on_day"], unique=False)
        batch_op.create_index("ix_breeding_notes_vivarium_id_on_day", ["vivarium_id", "on_day"], unique=False)

    op.create_table(
        "calendar_feeds",
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("feed_id"),
    )
    with op.batch_alter_table("calendar_feeds", schema=None) as batch_op:
        batch_op.create_index("ix_calendar_feeds_vivarium_id", ["vivarium_id"], unique=False)

    op.create_table(
        "seasons",
        sa.Column("season_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("clutches_wanted", sa.BigInteger(), nullable=True),
        sa.Column("hatchlings_wanted", sa.BigInteger(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("season_id"),
        sa.UniqueConstraint("vivarium_id", "name", name="uq_seasons_vivarium_id_name"),
    )
    with op.batch_alter_table("seasons", schema=None) as batch_op:
        batch_op.create_index("ix_seasons_vivarium_id_from_on", ["vivarium_id", "from_on"], unique=False)

    op.create_table(
        "taxon_edits",
        sa.Column("edit_id", sa.Text(), nullable=False),
        sa.Column("species_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("edit_id"),
    )
    with op.batch_alter_table("taxon_edits", schema=None) as batch_op:
        batch_op.create_index("ix_taxon_edits_species_id", ["species_id"], unique=False)

    op.create_table(
        "taxon_proposals",
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("species_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id"),
    )
    with op.batch_alter_table("taxon_proposals", schema=None) as batch_op:
        batch_op.create_index("ix_taxon_proposals_species_id", ["species_id"], unique=False)
        batch_op.create_index("ix_taxon_proposals_status_proposal_id", ["status", "proposal_id"], unique=False)

    op.create_table(
        "taxon_revisions",
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.Column("species_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("proposal_id", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("revision_id"),
    )
    with op.batch_alter_table("taxon_revisions", schema=None) as batch_op:
        batch_op.create_index("ix_taxon_revisions_at", ["at"], unique=False)
        batch_op.create_index("ix_taxon_revisions_species_id_number", ["species_id", "number"], unique=False)

    with op.batch_alter_table("clutches", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fertile_counted", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("due_told", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("incubation", StructJson(Any), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("candlings", StructJson(Any), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("first_hatched_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("dam_genotype", StructJson(Any), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("sire_genotypes", StructJson(Any), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("updated_at", UtcDateTime(), nullable=True))

    with op.batch_alter_table("pairings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("season_id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("status", sa.Text(), nullable=False, server_default="active"))
        batch_op.add_column(sa.Column("ended_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("remark", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("updated_at", UtcDateTime(), nullable=True))
        batch_op.create_index("ix_pairings_season_id", ["season_id"], unique=False)

    with op.batch_alter_table("taxa", schema=None) as batch_op:
        batch_op.add_column(sa.Column("facts", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("taxa", schema=None) as batch_op:
        batch_op.drop_column("facts")

    with op.batch_alter_table("pairings", schema=None) as batch_op:
        batch_op.drop_index("ix_pairings_season_id")
        batch_op.drop_column("updated_at")
        batch_op.drop_column("remark")
        batch_op.drop_column("ended_on")
        batch_op.drop_column("status")
        batch_op.drop_column("season_id")

    with op.batch_alter_table("clutches", schema=None) as batch_op:
        batch_op.drop_column("updated_at")
        batch_op.drop_column("sire_genotypes")
        batch_op.drop_column("dam_genotype")
        batch_op.drop_column("first_hatched_on")
        batch_op.drop_column("candlings")
        batch_op.drop_column("incubation")
        batch_op.drop_column("due_told")
        batch_op.drop_column("fertile_counted")

    with op.batch_alter_table("taxon_revisions", schema=None) as batch_op:
        batch_op.drop_index("ix_taxon_revisions_species_id_number")
        batch_op.drop_index("ix_taxon_revisions_at")

    op.drop_table("taxon_revisions")
    with op.batch_alter_table("taxon_proposals", schema=None) as batch_op:
        batch_op.drop_index("ix_taxon_proposals_status_proposal_id")
        batch_op.drop_index("ix_taxon_proposals_species_id")

    op.drop_table("taxon_proposals")
    with op.batch_alter_table("taxon_edits", schema=None) as batch_op:
        batch_op.drop_index("ix_taxon_edits_species_id")

    op.drop_table("taxon_edits")
    with op.batch_alter_table("seasons", schema=None) as batch_op:
        batch_op.drop_index("ix_seasons_vivarium_id_from_on")

    op.drop_table("seasons")
    with op.batch_alter_table("calendar_feeds", schema=None) as batch_op:
        batch_op.drop_index("ix_calendar_feeds_vivarium_id")

    op.drop_table("calendar_feeds")
    with op.batch_alter_table("breeding_notes", schema=None) as batch_op:
        batch_op.drop_index("ix_breeding_notes_vivarium_id_on_day")
        batch_op.drop_index("ix_breeding_notes_pairing_id_on_day")

    op.drop_table("breeding_notes")
