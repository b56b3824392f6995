"""Registry: marks, enclosures, origins, care, journal."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from reptidex.tables.row import StructJson, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "import_parts",
        sa.Column("part_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("rows", StructJson(Any), nullable=False),
        sa.Column("outcomes", StructJson(Any), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("part_id"),
    )
    with op.batch_alter_table("import_parts", schema=None) as batch_op:
        batch_op.create_index("ix_import_parts_import_id_part", ["import_id", "part"], unique=False)

    op.create_table(
        "imports",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("species_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.BigInteger(), nullable=False),
        sa.Column("staged", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("placeholders", sa.BigInteger(), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=True),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("import_id"),
    )
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index("ix_imports_vivarium_id_import_id", ["vivarium_id", "import_id"], unique=False)

    op.create_table(
        "changes",
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("fields", StructJson(Any), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("change_id"),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index("ix_changes_animal_id_at", ["animal_id", "at"], unique=False)

    op.create_table(
        "counters",
        sa.Column("counter_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("counter_id"),
    )
    with op.batch_alter_table("counters", schema=None) as batch_op:
        batch_op.create_index("ix_counters_vivarium_id", ["vivarium_id"], unique=False)

    op.create_table(
        "enclosures",
        sa.Column("enclosure_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("occupants", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("enclosure_id"),
    )
    with op.batch_alter_table("enclosures", schema=None) as batch_op:
        batch_op.create_index("ix_enclosures_vivarium_id_name", ["vivarium_id", "name"], unique=False)

    op.create_table(
        "marks",
        sa.Column("mark_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("removed_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mark_id"),
    )
    with op.batch_alter_table("marks", schema=None) as batch_op:
        batch_op.create_index("ix_marks_animal_id", ["animal_id"], unique=False)
        batch_op.create_index("ix_marks_kind_value", ["kind", "value"], unique=False)

    op.create_table(
        "provenances",
        sa.Column("provenance_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("price", StructJson(Any), nullable=True),
        sa.Column("source_code", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("permits", StructJson(Any), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("removed_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("provenance_id"),
    )
    with op.batch_alter_table("provenances", schema=None) as batch_op:
        batch_op.create_index("ix_provenances_animal_id_on_day", ["animal_id", "on_day"], unique=False)

    op.create_table(
        "stays",
        sa.Column("stay_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("enclosure_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("moved_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("stay_id"),
    )
    with op.batch_alter_table("stays", schema=None) as batch_op:
        batch_op.create_index("ix_stays_animal_id_since", ["animal_id", "since"], unique=False)
        batch_op.create_index("ix_stays_enclosure_id_since", ["enclosure_id", "since"], unique=False)

    op.create_table(
        "transfers",
        sa.Column("transfer_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("from_vivarium_id", sa.Text(), nullable=False),
        sa.Column("to_vivarium_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("species", sa.Text(), nullable=False),
        sa.Column("offered_by", sa.Text(), nullable=True),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("transfer_id"),
    )
    with op.batch_alter_table("transfers", schema=None) as batch_op:
        batch_op.create_index("ix_transfers_animal_id", ["animal_id"], unique=False)
        batch_op.create_index("ix_transfers_from_vivarium_id_state", ["from_vivarium_id", "state"], unique=False)
        batch_op.create_index("ix_transfers_to_vivarium_id_state", ["to_vivarium_id", "state"], unique=False)

    with op.batch_alter_table("animals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subspecies", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("phenotype", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("external_ref", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("enclosure_id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("archived_as", sa.Text(), nullable=True))
        batch_op.create_unique_constraint("uq_animals_vivarium_id_external_ref", ["vivarium_id", "external_ref"])

    # What was the one sequence of a vivarium is now the sequence of its prefix.
    op.execute(
        "INSERT INTO counters (counter_id, vivarium_id, next_number) "
        "SELECT vivarium_id || ':' || prefix || '-#', vivarium_id, next_number FROM collections"
    )
    with op.batch_alter_table("collections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("template", sa.Text(), nullable=False, server_default="{prefix}-{seq:04}"))
        batch_op.add_column(sa.Column("species_codes", StructJson(Any), nullable=False, server_default="{}"))
        batch_op.drop_column("next_number")

    with op.batch_alter_table("health_records", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entry", StructJson(Any), nullable=True))
        batch_op.add_column(sa.Column("corrected_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("removed_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("removed_because", sa.Text(), nullable=False, server_default=""))
        batch_op.alter_column("grams", existing_type=sa.BIGINT(), type_=sa.Double(), existing_nullable=True)
        batch_op.create_index("ix_health_records_vivarium_id_on_day", ["vivarium_id", "on_day"], unique=False)
    _fill_entries()
    with op.batch_alter_table("health_records", schema=None) as batch_op:
        batch_op.alter_column("entry", existing_type=StructJson(Any), nullable=False)
        batch_op.drop_column("text")


_RECORDS = sa.table(
    "health_records",
    sa.column("record_id", sa.Text()),
    sa.column("kind", sa.Text()),
    sa.column("on_day", sa.Date()),
    sa.column("grams", sa.Double()),
    sa.column("text", sa.Text()),
    sa.column("entry", StructJson(Any)),
)


def _fill_entries() -> None:
    """Write what stood in columns as an entry of its kind; a weight of nothing becomes a note."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(_RECORDS)).mappings().all():
        entry = {"kind": row["kind"], "on_day": row["on_day"].isoformat(), "text": row["text"]}
        if row["kind"] == "weight":
            entry |= {"grams": row["grams"]} if row["grams"] else {"kind": "note"}
        values = {"entry": entry, "kind": entry["kind"], "grams": entry.get("grams")}
        connection.execute(sa.update(_RECORDS).where(_RECORDS.c.record_id == row["record_id"]).values(values))


def _take_entries_apart() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_RECORDS)).mappings().all():
        values = {"text": row["entry"].get("text", "")}
        connection.execute(sa.update(_RECORDS).where(_RECORDS.c.record_id == row["record_id"]).values(values))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_index("ix_imports_vivarium_id_import_id")

    op.drop_table("imports")
    with op.batch_alter_table("import_parts", schema=None) as batch_op:
        batch_op.drop_index("ix_import_parts_import_id_part")

    op.drop_table("import_parts")
    with op.batch_alter_table("health_records", schema=None) as batch_op:
        batch_op.add_column(sa.Column("text", sa.TEXT(), nullable=False, server_default=""))
    _take_entries_apart()
    with op.batch_alter_table("health_records", schema=None) as batch_op:
        batch_op.drop_index("ix_health_records_vivarium_id_on_day")
        batch_op.alter_column("grams", existing_type=sa.Double(), type_=sa.BIGINT(), existing_nullable=True)
        batch_op.drop_column("removed_because")
        batch_op.drop_column("removed_at")
        batch_op.drop_column("corrected_at")
        batch_op.drop_column("entry")

    with op.batch_alter_table("collections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_number", sa.BIGINT(), nullable=False, server_default="1"))
        batch_op.drop_column("species_codes")
        batch_op.drop_column("template")

    with op.batch_alter_table("animals", schema=None) as batch_op:
        batch_op.drop_constraint("uq_animals_vivarium_id_external_ref", type_="unique")
        batch_op.drop_column("archived_as")
        batch_op.drop_column("enclosure_id")
        batch_op.drop_column("external_ref")
        batch_op.drop_column("phenotype")
        batch_op.drop_column("subspecies")

    with op.batch_alter_table("transfers", schema=None) as batch_op:
        batch_op.drop_index("ix_transfers_to_vivarium_id_state")
        batch_op.drop_index("ix_transfers_from_vivarium_id_state")
        batch_op.drop_index("ix_transfers_animal_id")

    op.drop_table("transfers")
    with op.batch_alter_table("stays", schema=None) as batch_op:
        batch_op.drop_index("ix_stays_enclosure_id_since")
        batch_op.drop_index("ix_stays_animal_id_since")

    op.drop_table("stays")
    with op.batch_alter_table("provenances", schema=None) as batch_op:
        batch_op.drop_index("ix_provenances_animal_id_on_day")

    op.drop_table("provenances")
    with op.batch_alter_table("marks", schema=None) as batch_op:
        batch_op.drop_index("ix_marks_kind_value")
        batch_op.drop_index("ix_marks_animal_id")

    op.drop_table("marks")
    with op.batch_alter_table("enclosures", schema=None) as batch_op:
        batch_op.drop_index("ix_enclosures_vivarium_id_name")

    op.drop_table("enclosures")
    with op.batch_alter_table("counters", schema=None) as batch_op:
        batch_op.drop_index("ix_counters_vivarium_id")

    op.drop_table("counters")
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_index("ix_changes_animal_id_at")

    op.drop_table("changes")
