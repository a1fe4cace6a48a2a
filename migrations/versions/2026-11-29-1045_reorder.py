"""Suppliers, the terms goods are bought on, purchase orders and what arrived of them

Revision: 0021, after: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    op.create_table(
        "supplier",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=True),
        sa.Column("review_days", sa.Integer(), nullable=False),
        sa.Column("pack_size", sa.Integer(), nullable=True),
        sa.Column("minimum", sa.Integer(), nullable=True),
        sa.CheckConstraint("review_days > 0", name=op.f("ck_supplier_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("name", name=op.f("uq_supplier_name")),
        **TABLE,
    )
    _create_terms()
    _create_purchases()


def downgrade() -> None:
    for table in ("purchase_receipt", "purchase_line", "purchase_order", "buying_terms", "supplier"):
        op.drop_table(table)


def _create_terms() -> None:
    op.create_table(
        "buying_terms",
        sa.Column("variant_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("supplier_id", BIG_ID, nullable=True),
        sa.Column("lead_days", sa.Integer(), nullable=True),
        sa.Column("pack_size", sa.Integer(), nullable=True),
        sa.Column("minimum", sa.Integer(), nullable=True),
        sa.CheckConstraint("lead_days >= 0", name=op.f("ck_buying_terms_lead")),
        sa.CheckConstraint("pack_size > 0", name=op.f("ck_buying_terms_pack")),
        sa.CheckConstraint("minimum > 0", name=op.f("ck_buying_terms_minimum")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_buying_terms_supplier_id_supplier")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_buying_terms_variant_id_variant")),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_buying_terms")),
        **TABLE,
    )
    op.create_index(op.f("ix_buying_terms_supplier_id"), "buying_terms", ["supplier_id"])


def _create_purchases() -> None:
    op.create_table(
        "purchase_order",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("supplier_id", BIG_ID, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_purchase_order_supplier_id_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order")),
        sa.UniqueConstraint("key", name=op.f("uq_purchase_order_key")),
        **TABLE,
    )
    op.create_index(op.f("ix_purchase_order_status_id"), "purchase_order", ["status", "id"])
    op.create_index(op.f("ix_purchase_order_supplier_id"), "purchase_order", ["supplier_id"])
    op.create_table(
        "purchase_line",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("purchase_id", BIG_ID, nullable=False),
        sa.Column("variant_id", BIG_ID, nullable=False),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0 AND received BETWEEN 0 AND quantity", name=op.f("ck_purchase_line_received")),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase_order.id"], name=op.f("fk_purchase_line_purchase_id_purchase_order")
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_purchase_line_variant_id_variant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_line")),
        sa.UniqueConstraint("purchase_id", "variant_id", name=op.f("uq_purchase_line_purchase_id_variant_id")),
        **TABLE,
    )
    op.create_index(op.f("ix_purchase_line_variant_id"), "purchase_line", ["variant_id"])
    _create_receipts()


def _create_receipts() -> None:
    op.create_table(
        "purchase_receipt",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("purchase_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase_order.id"], name=op.f("fk_purchase_receipt_purchase_id_purchase_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_receipt")),
        sa.UniqueConstraint("key", name=op.f("uq_purchase_receipt_key")),
        **TABLE,
    )
    op.create_index(op.f("ix_purchase_receipt_purchase_id"), "purchase_receipt", ["purchase_id"])
