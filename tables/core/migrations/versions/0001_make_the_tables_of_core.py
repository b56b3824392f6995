"""Make the tables of core."""

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
        "addresses",
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash"),
    )
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.create_index("ix_addresses_user_id", ["user_id"], unique=False)

    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", StructJson(Any), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key_id"),
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.create_index("ix_api_keys_user_id_key_id", ["user_id", "key_id"], unique=False)
        batch_op.create_index("ix_api_keys_vivarium_id_key_id", ["vivarium_id", "key_id"], unique=False)

    op.create_table(
        "event_counts",
        sa.Column("count_id", sa.Text(), nullable=False),
        sa.Column("minute", UtcDateTime(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("count_id"),
    )
    with op.batch_alter_table("event_counts", schema=None) as batch_op:
        batch_op.create_index("ix_event_counts_minute_name", ["minute", "name"], unique=False)
        batch_op.create_index("ix_event_counts_name_minute", ["name", "minute"], unique=False)

    op.create_table(
        "features",
        sa.Column("feature_key", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("rollout", sa.Double(), nullable=False),
        sa.Column("plans", StructJson(Any), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("feature_key"),
    )
    op.create_table(
        "grants",
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("scopes", StructJson(Any), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash"),
    )
    op.create_table(
        "identities",
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("identity"),
    )
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.create_index("ix_identities_user_id", ["user_id"], unique=False)

    op.create_table(
        "invoices",
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("lines", StructJson(Any), nullable=False),
        sa.Column("total", StructJson(Any), nullable=False),
        sa.Column("tax", StructJson(Any), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("paid_at", UtcDateTime(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_reference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("invoice_id"),
    )
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.create_index("ix_invoices_order_id", ["order_id"], unique=False)
        batch_op.create_index("ix_invoices_vivarium_id_invoice_id", ["vivarium_id", "invoice_id"], unique=False)

    op.create_table(
        "memberships",
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("membership_id"),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index("ix_memberships_user_id_membership_id", ["user_id", "membership_id"], unique=False)
        batch_op.create_index(
            "ix_memberships_vivarium_id_membership_id", ["vivarium_id", "membership_id"], unique=False
        )

    op.create_table(
        "payments",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("amount", StructJson(Any), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("buyer_user_id", sa.Text(), nullable=False),
        sa.Column("buyer_vivarium_id", sa.Text(), nullable=False),
        sa.Column("seller_vivarium_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("action_url", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("captured_at", UtcDateTime(), nullable=True),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("refund_reason", sa.Text(), nullable=False),
        sa.Column("refund_reference", sa.Text(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("refund_tries", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("payment_id"),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_buyer_vivarium_id_payment_id", ["buyer_vivarium_id", "payment_id"], unique=False
        )
        batch_op.create_index("ix_payments_order_id_payment_id", ["order_id", "payment_id"], unique=False)
        batch_op.create_index("ix_payments_provider_reference", ["provider", "reference"], unique=False)

    op.create_table(
        "profiles",
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("bio", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("website", sa.Text(), nullable=False),
        sa.Column("avatar_file_id", sa.Text(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("profile_id"),
    )
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.create_index("ix_profiles_slug", ["slug"], unique=False)

    op.create_table(
        "provider_events",
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_key"),
    )
    with op.batch_alter_table("provider_events", schema=None) as batch_op:
        batch_op.create_index("ix_provider_events_order_id", ["order_id"], unique=False)

    op.create_table(
        "samples",
        sa.Column("sample_id", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("labels", StructJson(Any), nullable=False),
        sa.Column("sampled_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sample_id"),
    )
    with op.batch_alter_table("samples", schema=None) as batch_op:
        batch_op.create_index("ix_samples_service_name_sampled_at", ["service", "name", "sampled_at"], unique=False)

    op.create_table(
        "service_health",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("dependencies", StructJson(Any), nullable=False),
        sa.Column("seen_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("service"),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("ip_prefix", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("idle_until", UtcDateTime(), nullable=False),
        sa.Column("rotation", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index("ix_sessions_revoked_at", ["revoked_at"], unique=False)
        batch_op.create_index("ix_sessions_user_id_session_id", ["user_id", "session_id"], unique=False)

    op.create_table(
        "settings",
        sa.Column("config_key", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("config_key"),
    )
    with op.batch_alter_table("settings", schema=None) as batch_op:
        batch_op.create_index("ix_settings_scope_config_key", ["scope", "config_key"], unique=False)

    op.create_table(
        "spent_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("spent_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    with op.batch_alter_table("spent_tokens", schema=None) as batch_op:
        batch_op.create_index("ix_spent_tokens_session_id", ["session_id"], unique=False)

    op.create_table(
        "subscriptions",
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("period_end", UtcDateTime(), nullable=True),
        sa.Column("next_plan", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("provider_reference", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("open_invoice_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("vivarium_id"),
    )
    op.create_table(
        "users",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("password_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("personal_vivarium_id", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("confirm_generation", sa.BigInteger(), nullable=False),
        sa.Column("confirm_sent_at", UtcDateTime(), nullable=False),
        sa.Column("reset_generation", sa.BigInteger(), nullable=False),
        sa.Column("reset_asked_at", UtcDateTime(), nullable=True),
        sa.Column("reset_open", sa.Boolean(), nullable=False),
        sa.Column("mfa_on", sa.Boolean(), nullable=False),
        sa.Column("mfa_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mfa_step", sa.BigInteger(), nullable=False),
        sa.Column("recovery_hashes", StructJson(Any), nullable=False),
        sa.PrimaryKeyConstraint("user_id"),
        sa.UniqueConstraint("address_hash", name="uq_users_address_hash"),
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index("ix_users_status_user_id", ["status", "user_id"], unique=False)

    op.create_table(
        "vivariums",
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("vivarium_id"),
    )
    with op.batch_alter_table("vivariums", schema=None) as batch_op:
        batch_op.create_index("ix_vivariums_owner_id_vivarium_id", ["owner_id", "vivarium_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("vivariums", schema=None) as batch_op:
        batch_op.drop_index("ix_vivariums_owner_id_vivarium_id")

    op.drop_table("vivariums")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index("ix_users_status_user_id")

    op.drop_table("users")
    op.drop_table("subscriptions")
    with op.batch_alter_table("spent_tokens", schema=None) as batch_op:
        batch_op.drop_index("ix_spent_tokens_session_id")

    op.drop_table("spent_tokens")
    with op.batch_alter_table("settings", schema=None) as batch_op:
        batch_op.drop_index("ix_settings_scope_config_key")

    op.drop_table("settings")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index("ix_sessions_user_id_session_id")
        batch_op.drop_index("ix_sessions_revoked_at")

    op.drop_table("sessions")
    op.drop_table("service_health")
    with op.batch_alter_table("samples", schema=None) as batch_op:
        batch_op.drop_index("ix_samples_service_name_sampled_at")

    op.drop_table("samples")
    with op.batch_alter_table("provider_events", schema=None) as batch_op:
        batch_op.drop_index("ix_provider_events_order_id")

    op.drop_table("provider_events")
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.drop_index("ix_profiles_slug")

    op.drop_table("profiles")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index("ix_payments_provider_reference")
        batch_op.drop_index("ix_payments_order_id_payment_id")
        batch_op.drop_index("ix_payments_buyer_vivarium_id_payment_id")

    op.drop_table("payments")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index("ix_memberships_vivarium_id_membership_id")
        batch_op.drop_index("ix_memberships_user_id_membership_id")

    op.drop_table("memberships")
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.drop_index("ix_invoices_vivarium_id_invoice_id")
        batch_op.drop_index("ix_invoices_order_id")

    op.drop_table("invoices")
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.drop_index("ix_identities_user_id")

    op.drop_table("identities")
    op.drop_table("grants")
    op.drop_table("features")
    with op.batch_alter_table("event_counts", schema=None) as batch_op:
        batch_op.drop_index("ix_event_counts_name_minute")
        batch_op.drop_index("ix_event_counts_minute_name")

    op.drop_table("event_counts")
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.drop_index("ix_api_keys_vivarium_id_key_id")
        batch_op.drop_index("ix_api_keys_user_id_key_id")

    op.drop_table("api_keys")
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.drop_index("ix_addresses_user_id")

    op.drop_table("addresses")
