"""Rollups of what was sold, and who may see them

Revision: 0010, after: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
CLUSTERED = {**TABLE, "sqlite_with_rowid": False}
GRANTS = {"insight.view": ("owner", "manager", "analyst"), "insight.edit": ("owner", "manager")}
NET = "gross_minor - discount_minor - refund_minor = net_minor"
SOLD = (
    "orders",
    "units",
    "cancelled_units",
    "returned_units",
    "gross_minor",
    "discount_minor",
    "refund_minor",
    "net_minor",
    "tax_minor",
    "refund_tax_minor",
)
ORDERS = ("cancelled_orders", "guest_orders", "shipping_minor", "refund_shipping_minor", "total_tax_minor")
CUSTOMER = ("orders", "units", "gross_minor", "discount_minor", "refund_minor", "net_minor")


def upgrade() -> None:
    op.create_index(op.f("ix_refund_created_at"), "refund", ["created_at"])
    _create_rollup("daily_sales", "day", "variant_id", SOLD)
    op.create_index(op.f("ix_daily_sales_variant_id_day"), "daily_sales", ["variant_id", "day"])
    _create_rollup("monthly_sales", "month", "variant_id", SOLD)
    _create_rollup("daily_category", "day", "category_id", SOLD)
    _create_rollup("customer_day", "day", "customer_id", CUSTOMER)
    op.create_index(op.f("ix_customer_day_customer_id_day"), "customer_day", ["customer_id", "day"])
    _create_totals()
    for permission, roles in GRANTS.items():
        names = ", ".join(f"'{role}'" for role in roles)
        op.execute(
            "INSERT INTO role_permission (role_id, permission)"
            f" SELECT id, '{permission}' FROM role WHERE name IN ({names})"
            f" AND id NOT IN (SELECT role_id FROM role_permission WHERE permission = '{permission}')"
        )


def downgrade() -> None:
    op.execute("DELETE FROM role_permission WHERE permission IN ('insight.view', 'insight.edit')")
    for table in ("insight_cursor", "buyer", "hourly_orders", "daily_totals"):
        op.drop_table(table)
    for table in ("customer_day", "daily_category", "monthly_sales", "daily_sales"):
        op.drop_table(table)
    op.drop_index(op.f("ix_refund_created_at"), "refund")


def _create_rollup(name: str, when: str, what: str, columns: tuple[str, ...]) -> None:
    op.create_table(
        name,
        sa.Column(when, sa.Date(), nullable=False),
        sa.Column(what, BIG_ID, autoincrement=False, nullable=False),
        *(sa.Column(column, BIG_ID, nullable=False) for column in columns),
        sa.CheckConstraint(NET, name=op.f(f"ck_{name}_net")),
        sa.PrimaryKeyConstraint(when, what, name=op.f(f"pk_{name}")),
        **CLUSTERED,
    )


def _create_totals() -> None:
    op.create_table(
        "daily_totals",
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(column, BIG_ID, nullable=False) for column in (*SOLD, *ORDERS)),
        sa.CheckConstraint(NET, name=op.f("ck_daily_totals_net")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_daily_totals")),
        **TABLE,
    )
    op.create_table(
        "hourly_orders",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("orders", BIG_ID, nullable=False),
        sa.Column("gross_minor", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("day", "hour", name=op.f("pk_hourly_orders")),
        **TABLE,
    )
    op.create_table(
        "buyer",
        sa.Column("customer_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("orders", BIG_ID, nullable=False),
        sa.Column("net_minor", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_buyer")),
        **TABLE,
    )
    op.create_index(op.f("ix_buyer_first_day"), "buyer", ["first_day"])
    op.create_table(
        "insight_cursor",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("position", BIG_ID, nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_insight_cursor")),
        **TABLE,
    )
