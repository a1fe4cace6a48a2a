"""Refunds and disputes, and a second turn for the stock of an order whose money came late

Revision: 0005, after: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
# Roles that exist already learn what is new; a shop that changed its roles by hand changes these likewise.
GRANTS = {"orders.refund": ("owner", "manager"), "payments.view": ("owner", "manager", "analyst")}


def upgrade() -> None:
    with op.batch_alter_table("shop_order") as batch_op:
        batch_op.add_column(sa.Column("turn", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("shop_order") as batch_op:
        batch_op.alter_column("turn", existing_type=sa.Integer(), existing_nullable=False, server_default=None)
    with op.batch_alter_table("stock_entry") as batch_op:
        batch_op.add_column(sa.Column("turn", sa.Integer(), nullable=False, server_default="1"))
        batch_op.drop_constraint("uq_stock_entry_order_line_id_kind", type_="unique")
        batch_op.create_unique_constraint("uq_stock_entry_order_line_id_kind_turn", ["order_line_id", "kind", "turn"])
    with op.batch_alter_table("stock_entry") as batch_op:
        batch_op.alter_column("turn", existing_type=sa.Integer(), existing_nullable=False, server_default=None)
    _count_money()
    _create_refunds()
    _create_dispute()
    op.create_table(
        "provider_cursor",
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("seen_until", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("gateway", name="pk_provider_cursor"),
        **TABLE,
    )
    _create_comparison()
    for permission, roles in GRANTS.items():
        names = ", ".join(f"'{role}'" for role in roles)
        op.execute(
            "INSERT INTO role_permission (role_id, permission)"
            f" SELECT id, '{permission}' FROM role WHERE name IN ({names})"
            f" AND id NOT IN (SELECT role_id FROM role_permission WHERE permission = '{permission}')"
        )


def downgrade() -> None:
    op.execute("DELETE FROM role_permission WHERE permission IN ('orders.refund', 'payments.view')")
    for table in ("money_comparison", "provider_cursor", "dispute", "refund_line", "refund"):
        op.drop_table(table)
    with op.batch_alter_table("payment") as batch_op:
        batch_op.drop_constraint(op.f("ck_payment_refunded"), type_="check")
        batch_op.drop_column("refunded_minor")
        batch_op.drop_column("captured_minor")
    with op.batch_alter_table("stock_entry") as batch_op:
        batch_op.drop_constraint("uq_stock_entry_order_line_id_kind_turn", type_="unique")
        batch_op.create_unique_constraint("uq_stock_entry_order_line_id_kind", ["order_line_id", "kind"])
        batch_op.drop_column("turn")
    with op.batch_alter_table("shop_order") as batch_op:
        batch_op.drop_column("turn")


def _count_money() -> None:
    with op.batch_alter_table("payment") as batch_op:
        batch_op.add_column(sa.Column("captured_minor", BIG_ID, nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("refunded_minor", BIG_ID, nullable=False, server_default="0"))
    op.execute("UPDATE payment SET captured_minor = amount_minor WHERE status = 'succeeded'")
    with op.batch_alter_table("payment") as batch_op:
        for name in ("captured_minor", "refunded_minor"):
            batch_op.alter_column(name, existing_type=BIG_ID, existing_nullable=False, server_default=None)
        batch_op.create_check_constraint(
            op.f("ck_payment_refunded"), "refunded_minor >= 0 AND refunded_minor <= captured_minor"
        )


def _create_refunds() -> None:
    op.create_table(
        "refund",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("order_id", BIG_ID, nullable=False),
        sa.Column("payment_id", BIG_ID, nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", BIG_ID, nullable=False),
        sa.Column("shipping_minor", BIG_ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=True),
        sa.Column("refund_ref", sa.String(length=255), nullable=True),
        sa.Column("failure_reason", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("tried_at", UTC_TIME, nullable=True),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="ck_refund_amount"),
        sa.CheckConstraint("shipping_minor >= 0 AND shipping_minor <= amount_minor", name="ck_refund_shipping"),
        sa.ForeignKeyConstraint(["order_id"], ["shop_order.id"], name="fk_refund_order_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name="fk_refund_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refund"),
        sa.UniqueConstraint("gateway", "refund_ref", name="uq_refund_gateway_refund_ref"),
        sa.UniqueConstraint("idempotency_key", name="uq_refund_idempotency_key"),
        **TABLE,
    )
    op.create_index("ix_refund_order_id", "refund", ["order_id"])
    op.create_index("ix_refund_payment_id", "refund", ["payment_id"])
    op.create_index("ix_refund_status_updated_at", "refund", ["status", "updated_at"])
    op.create_table(
        "refund_line",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("refund_id", BIG_ID, nullable=False),
        sa.Column("order_line_id", BIG_ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_minor", BIG_ID, nullable=False),
        sa.CheckConstraint("quantity > 0", name="ck_refund_line_quantity"),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name="fk_refund_line_refund_id"),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name="fk_refund_line_order_line_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refund_line"),
        **TABLE,
    )
    op.create_index("ix_refund_line_refund_id", "refund_line", ["refund_id"])
    op.create_index("ix_refund_line_order_line_id", "refund_line", ["order_line_id"])


def _create_dispute() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("order_id", BIG_ID, nullable=False),
        sa.Column("payment_id", BIG_ID, nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("dispute_ref", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("amount_minor", BIG_ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("evidence_due_at", UTC_TIME, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["shop_order.id"], name="fk_dispute_order_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name="fk_dispute_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dispute"),
        sa.UniqueConstraint("gateway", "dispute_ref", name="uq_dispute_gateway_dispute_ref"),
        **TABLE,
    )
    op.create_index("ix_dispute_order_id", "dispute", ["order_id"])
    op.create_index("ix_dispute_payment_id", "dispute", ["payment_id"])
    op.create_index("ix_dispute_status", "dispute", ["status"])


def _create_comparison() -> None:
    op.create_table(
        "money_comparison",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("since", UTC_TIME, nullable=False),
        sa.Column("is_green", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_money_comparison"),
        **TABLE,
    )
    op.create_index("ix_money_comparison_created_at", "money_comparison", ["created_at"])
