"""Make the tables of ops."""

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
        "alerts",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("alert_id"),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index("ix_alerts_status_since", ["status", "since"], unique=False)

    op.create_table(
        "audit_records",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("causation_id", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("vivarium_id", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("audit_records", schema=None) as batch_op:
        batch_op.create_index("ix_audit_records_actor_at", ["actor", "at"], unique=False)
        batch_op.create_index("ix_audit_records_correlation_id_at", ["correlation_id", "at"], unique=False)
        batch_op.create_index("ix_audit_records_name_at", ["name", "at"], unique=False)
        batch_op.create_index("ix_audit_records_stream_place", ["stream", "place"], unique=False)
        batch_op.create_index("ix_audit_records_subject_at", ["subject", "at"], unique=False)

    op.create_table(
        "audit_seals",
        sa.Column("seal_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seal_id"),
    )
    with op.batch_alter_table("audit_seals", schema=None) as batch_op:
        batch_op.create_index("ix_audit_seals_stream_last", ["stream", "last"], unique=False)

    op.create_table(
        "audit_streams",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.BigInteger(), nullable=False),
        sa.Column("sealed_root", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("stream"),
    )
    op.create_table(
        "audit_tiles",
        sa.Column("tile_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tile_id"),
    )
    with op.batch_alter_table("audit_tiles", schema=None) as batch_op:
        batch_op.create_index("ix_audit_tiles_stream_number", ["stream", "number"], unique=False)

    op.create_table(
        "cases",
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=True),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("reasons", StructJson(Any), nullable=False),
        sa.Column("reporters", StructJson(Any), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("appealed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("subject_id"),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index("ix_cases_status_opened_at", ["status", "opened_at"], unique=False)

    op.create_table(
        "compliance_requests",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("request_id"),
    )
    with op.batch_alter_table("compliance_requests", schema=None) as batch_op:
        batch_op.create_index("ix_compliance_requests_status_due_at", ["status", "due_at"], unique=False)
        batch_op.create_index("ix_compliance_requests_user_id_asked_at", ["user_id", "asked_at"], unique=False)

    op.create_table(
        "event_counts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "health",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Column("missed_looks", sa.BigInteger(), nullable=False),
        sa.Column("dependencies", StructJson(Any), nullable=False),
        sa.PrimaryKeyConstraint("service"),
    )
    op.create_table(
        "organizations",
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vivarium_id"),
    )
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.create_index("ix_organizations_created_at", ["created_at"], unique=False)

    op.create_table(
        "people",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("seen_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id"),
    )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.create_index("ix_people_registered_at", ["registered_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_index("ix_people_registered_at")

    op.drop_table("people")
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_index("ix_organizations_created_at")

    op.drop_table("organizations")
    op.drop_table("health")
    op.drop_table("event_counts")
    with op.batch_alter_table("compliance_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_compliance_requests_user_id_asked_at")
        batch_op.drop_index("ix_compliance_requests_status_due_at")

    op.drop_table("compliance_requests")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_status_opened_at")

    op.drop_table("cases")
    with op.batch_alter_table("audit_tiles", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_tiles_stream_number")

    op.drop_table("audit_tiles")
    op.drop_table("audit_streams")
    with op.batch_alter_table("audit_seals", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_seals_stream_last")

    op.drop_table("audit_seals")
    with op.batch_alter_table("audit_records", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_records_subject_at")
        batch_op.drop_index("ix_audit_records_stream_place")
        batch_op.drop_index("ix_audit_records_name_at")
        batch_op.drop_index("ix_audit_records_correlation_id_at")
        batch_op.drop_index("ix_audit_records_actor_at")

    op.drop_table("audit_records")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index("ix_alerts_status_since")

    op.drop_table("alerts")
