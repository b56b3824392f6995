"""Make the tables of commerce."""

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
        "inquiries",
        sa.Column("inquiry_id", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("buyer_vivarium_id", sa.Text(), nullable=False),
        sa.Column("buyer_user_id", sa.Text(), nullable=False),
        sa.Column("seller_vivarium_id", sa.Text(), nullable=False),
        sa.Column("seller_user_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("notes", StructJson(Any), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("inquiry_id"),
    )
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.create_index("ix_inquiries_buyer_user_id", ["buyer_user_id"], unique=False)
        batch_op.create_index(
            "ix_inquiries_buyer_vivarium_id_updated_at", ["buyer_vivarium_id", "updated_at"], unique=False
        )
        batch_op.create_index("ix_inquiries_listing_id_state", ["listing_id", "state"], unique=False)
        batch_op.create_index("ix_inquiries_seller_user_id", ["seller_user_id"], unique=False)
        batch_op.create_index(
            "ix_inquiries_seller_vivarium_id_state_updated_at",
            ["seller_vivarium_id", "state", "updated_at"],
            unique=False,
        )

    op.create_table(
        "inventory",
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("species_id", sa.Text(), nullable=False),
        sa.Column("species", sa.Text(), nullable=False),
        sa.Column("morphs", StructJson(Any), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("animal_status", sa.Text(), nullable=False),
        sa.Column("lineage_status", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("reserved_until", UtcDateTime(), nullable=True),
        sa.Column("record_version", sa.BigInteger(), nullable=False),
        sa.Column("owner_version", sa.BigInteger(), nullable=False),
        sa.Column("lineage_version", sa.BigInteger(), nullable=False),
        sa.Column("transfer_version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("animal_id"),
    )
    with op.batch_alter_table("inventory", schema=None) as batch_op:
        batch_op.create_index("ix_inventory_vivarium_id_animal_id", ["vivarium_id", "animal_id"], unique=False)

    op.create_table(
        "listings",
        sa.Column("listing_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("contact_user_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("species_id", sa.Text(), nullable=False),
        sa.Column("species", sa.Text(), nullable=False),
        sa.Column("venomous", sa.Boolean(), nullable=False),
        sa.Column("morphs", StructJson(Any), nullable=False),
        sa.Column("morph_text", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("lineage_status", sa.Text(), nullable=False),
        sa.Column("welfare", StructJson(Any), nullable=False),
        sa.Column("promoted", sa.Text(), nullable=False),
        sa.Column("featured_until", UtcDateTime(), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("inquiries", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("listing_id"),
    )
    with op.batch_alter_table("listings", schema=None) as batch_op:
        batch_op.create_index("ix_listings_animal_id", ["animal_id"], unique=False)
        batch_op.create_index("ix_listings_status_published_at", ["status", "published_at"], unique=False)
        batch_op.create_index("ix_listings_status_species_price", ["status", "species", "price"], unique=False)
        batch_op.create_index("ix_listings_vivarium_id_status", ["vivarium_id", "status"], unique=False)

    op.create_table(
        "members",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("seen_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("member_id"),
    )
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.create_index("ix_members_user_id", ["user_id"], unique=False)
        batch_op.create_index("ix_members_vivarium_id_user_id", ["vivarium_id", "user_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("inquiry_id", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("buyer_vivarium_id", sa.Text(), nullable=False),
        sa.Column("buyer_user_id", sa.Text(), nullable=False),
        sa.Column("seller_vivarium_id", sa.Text(), nullable=False),
        sa.Column("seller_user_id", sa.Text(), nullable=False),
        sa.Column("lines", StructJson(Any), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("policy", StructJson(Any), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("pay_by", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("order_id"),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orders_buyer_vivarium_id_created_at", ["buyer_vivarium_id", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_orders_seller_vivarium_id_created_at", ["seller_vivarium_id", "created_at"], unique=False
        )
        batch_op.create_index("ix_orders_status_created_at", ["status", "created_at"], unique=False)

    op.create_table(
        "policies",
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("refund_days", sa.BigInteger(), nullable=False),
        sa.Column("live_arrival", sa.Boolean(), nullable=False),
        sa.Column("health_guarantee_days", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("vivarium_id"),
    )
    op.create_table(
        "promotions",
        sa.Column("promotion_id", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.Text(), nullable=False),
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("promotion_id"),
    )
    with op.batch_alter_table("promotions", schema=None) as batch_op:
        batch_op.create_index("ix_promotions_listing_id_starts_at", ["listing_id", "starts_at"], unique=False)

    op.create_table(
        "sales",
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("animal_id", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.Text(), nullable=False),
        sa.Column("buyer_vivarium_id", sa.Text(), nullable=False),
        sa.Column("buyer_user_id", sa.Text(), nullable=False),
        sa.Column("seller_vivarium_id", sa.Text(), nullable=False),
        sa.Column("seller_user_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("reserved_until", UtcDateTime(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("hold", sa.Text(), nullable=False),
        sa.Column("money", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("dispute", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id"),
    )
    with op.batch_alter_table("sales", schema=None) as batch_op:
        batch_op.create_index("ix_sales_animal_id_step", ["animal_id", "step"], unique=False)
        batch_op.create_index("ix_sales_buyer_user_id_step", ["buyer_user_id", "step"], unique=False)
        batch_op.create_index("ix_sales_buyer_vivarium_id_step", ["buyer_vivarium_id", "step"], unique=False)
        batch_op.create_index("ix_sales_order_id", ["order_id"], unique=False)
        batch_op.create_index("ix_sales_seller_user_id_step", ["seller_user_id", "step"], unique=False)
        batch_op.create_index("ix_sales_seller_vivarium_id_step", ["seller_vivarium_id", "step"], unique=False)

    op.create_table(
        "standings",
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("seen_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("vivarium_id", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("max_listings", sa.BigInteger(), nullable=True),
        sa.Column("promotion", sa.Boolean(), nullable=False),
        sa.Column("seen_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vivarium_id"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("subscriptions")
    op.drop_table("standings")
    with op.batch_alter_table("sales", schema=None) as batch_op:
        batch_op.drop_index("ix_sales_seller_vivarium_id_step")
        batch_op.drop_index("ix_sales_seller_user_id_step")
        batch_op.drop_index("ix_sales_order_id")
        batch_op.drop_index("ix_sales_buyer_vivarium_id_step")
        batch_op.drop_index("ix_sales_buyer_user_id_step")
        batch_op.drop_index("ix_sales_animal_id_step")

    op.drop_table("sales")
    with op.batch_alter_table("promotions", schema=None) as batch_op:
        batch_op.drop_index("ix_promotions_listing_id_starts_at")

    op.drop_table("promotions")
    op.drop_table("policies")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_status_created_at")
        batch_op.drop_index("ix_orders_seller_vivarium_id_created_at")
        batch_op.drop_index("ix_orders_buyer_vivarium_id_created_at")

    op.drop_table("orders")
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.drop_index("ix_members_vivarium_id_user_id")
        batch_op.drop_index("ix_members_user_id")

    op.drop_table("members")
    with op.batch_alter_table("listings", schema=None) as batch_op:
        batch_op.drop_index("ix_listings_vivarium_id_status")
        batch_op.drop_index("ix_listings_status_species_price")
        batch_op.drop_index("ix_listings_status_published_at")
        batch_op.drop_index("ix_listings_animal_id")

    op.drop_table("listings")
    with op.batch_alter_table("inventory", schema=None) as batch_op:
        batch_op.drop_index("ix_inventory_vivarium_id_animal_id")

    op.drop_table("inventory")
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.drop_index("ix_inquiries_seller_vivarium_id_state_updated_at")
        batch_op.drop_index("ix_inquiries_seller_user_id")
        batch_op.drop_index("ix_inquiries_listing_id_state")
        batch_op.drop_index("ix_inquiries_buyer_vivarium_id_updated_at")
        batch_op.drop_index("ix_inquiries_buyer_user_id")

    op.drop_table("inquiries")
