"""Animals, holds, breeding."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import StructJson, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "accesses",
        sa.Column("access_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("seen_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("access_id"),
    )
    with op.batch_alter_table("accesses", schema=None) as batch_op:
        batch_op.create_index("ix_accesses_user_id", ["user_id"], unique=False)
        batch_op.create_index("ix_accesses_vivarium_id", ["vivarium_id"], unique=False)

    op.create_table(
        "animals",
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("species_id", sa.Text(), nullable=False),
        sa.Column("species", sa.Text(), nullable=False),
        sa.Column("morphs", StructJson(Any), nullable=False),
        sa.Column("genotype", StructJson(Any), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("birth_precision", sa.Text(), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("placeholder", sa.Boolean(), nullable=False),
        sa.Column("sire_id", sa.Text(), nullable=True),
        sa.Column("dam_id", sa.Text(), nullable=True),
        sa.Column("clutch_id", sa.Text(), nullable=True),
        sa.Column("breeder_vivarium_id", sa.Text(), nullable=True),
        sa.Column("lineage_status", sa.Text(), nullable=False),
        sa.Column("photos", StructJson(Any), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("animal_id"),
        sa.UniqueConstraint("vivarium_id", "code", name="uq_animals_vivarium_id_code"),
    )
    with op.batch_alter_table("animals", schema=None) as batch_op:
        batch_op.create_index("ix_animals_clutch_id", ["clutch_id"], unique=False)
        batch_op.create_index("ix_animals_dam_id", ["dam_id"], unique=False)
        batch_op.create_index("ix_animals_sire_id", ["sire_id"], unique=False)
        batch_op.create_index("ix_animals_species_id", ["species_id"], unique=False)
        batch_op.create_index("ix_animals_vivarium_id_animal_id", ["vivarium_id", "animal_id"], unique=False)

    op.create_table(
        "clutches",
        sa.Column("clutch_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("pairing_id", sa.Text(), nullable=True),
        sa.Column("dam_id", sa.Text(), nullable=False),
        sa.Column("candidate_sire_ids", StructJson(Any), nullable=False),
        sa.Column("species_id", sa.Text(), nullable=False),
        sa.Column("species", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("laid_on", sa.Date(), nullable=False),
        sa.Column("laid", sa.BigInteger(), nullable=False),
        sa.Column("fertile", sa.BigInteger(), nullable=False),
        sa.Column("slugs", sa.BigInteger(), nullable=False),
        sa.Column("due_from", sa.Date(), nullable=True),
        sa.Column("due_until", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("hatched", sa.BigInteger(), nullable=False),
        sa.Column("dead_in_egg", sa.BigInteger(), nullable=False),
        sa.Column("hatched_on", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("clutch_id"),
    )
    with op.batch_alter_table("clutches", schema=None) as batch_op:
        batch_op.create_index("ix_clutches_dam_id", ["dam_id"], unique=False)
        batch_op.create_index("ix_clutches_pairing_id", ["pairing_id"], unique=False)
        batch_op.create_index("ix_clutches_vivarium_id_clutch_id", ["vivarium_id", "clutch_id"], unique=False)

    op.create_table(
        "collections",
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("prefix_chosen", sa.Boolean(), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("vivarium_id"),
    )
    op.create_table(
        "health_records",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
    )
    with op.batch_alter_table("health_records", schema=None) as batch_op:
        batch_op.create_index("ix_health_records_animal_id_on_day", ["animal_id", "on_day"], unique=False)

    op.create_table(
        "holds",
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hold_id"),
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index("ix_holds_animal_id", ["animal_id"], unique=False)

    op.create_table(
        "ownerships",
        sa.Column("ownership_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("ownership_id"),
    )
    with op.batch_alter_table("ownerships", schema=None) as batch_op:
        batch_op.create_index("ix_ownerships_animal_id_number", ["animal_id", "number"], unique=False)
        batch_op.create_index("ix_ownerships_vivarium_id", ["vivarium_id"], unique=False)

    op.create_table(
        "pairings",
        sa.Column("pairing_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("dam_id", sa.Text(), nullable=False),
        sa.Column("candidate_sire_ids", StructJson(Any), nullable=False),
        sa.Column("species_id", sa.Text(), nullable=False),
        sa.Column("season", sa.Text(), nullable=False),
        sa.Column("paired_on", sa.Date(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("outcomes", StructJson(Any), nullable=False),
        sa.Column("egg_loss", StructJson(Any), nullable=False),
        sa.Column("warnings", StructJson(Any), nullable=False),
        sa.Column("notes", StructJson(Any), nullable=False),
        sa.Column("predicted_inbreeding", StructJson(Any), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pairing_id"),
    )
    with op.batch_alter_table("pairings", schema=None) as batch_op:
        batch_op.create_index("ix_pairings_dam_id", ["dam_id"], unique=False)
        batch_op.create_index("ix_pairings_vivarium_id_pairing_id", ["vivarium_id", "pairing_id"], unique=False)

    op.create_table(
        "taxa",
        sa.Column("taxon_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("taxon_id"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("taxa")
    with op.batch_alter_table("pairings", schema=None) as batch_op:
        batch_op.drop_index("ix_pairings_vivarium_id_pairing_id")
        batch_op.drop_index("ix_pairings_dam_id")

    op.drop_table("pairings")
    with op.batch_alter_table("ownerships", schema=None) as batch_op:
        batch_op.drop_index("ix_ownerships_vivarium_id")
        batch_op.drop_index("ix_ownerships_animal_id_number")

    op.drop_table("ownerships")
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.drop_index("ix_holds_animal_id")

    op.drop_table("holds")
    with op.batch_alter_table("health_records", schema=None) as batch_op:
        batch_op.drop_index("ix_health_records_animal_id_on_day")

    op.drop_table("health_records")
    op.drop_table("collections")
    with op.batch_alter_table("clutches", schema=None) as batch_op:
        batch_op.drop_index("ix_clutches_vivarium_id_clutch_id")
        batch_op.drop_index("ix_clutches_pairing_id")
        batch_op.drop_index("ix_clutches_dam_id")

    op.drop_table("clutches")
    with op.batch_alter_table("animals", schema=None) as batch_op:
        batch_op.drop_index("ix_animals_vivarium_id_animal_id")
        batch_op.drop_index("ix_animals_species_id")
        batch_op.drop_index("ix_animals_sire_id")
        batch_op.drop_index("ix_animals_dam_id")
        batch_op.drop_index("ix_animals_clutch_id")

    op.drop_table("animals")
    with op.batch_alter_table("accesses", schema=None) as batch_op:
        batch_op.drop_index("ix_accesses_vivarium_id")
        batch_op.drop_index("ix_accesses_user_id")

    op.drop_table("accesses")
