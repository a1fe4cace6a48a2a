"""Cohorts, payments by day, steps to an order, what is bought together, and letters about sales

Revision: 0012, after: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
CLUSTERED = {**TABLE, "sqlite_with_rowid": False}


def upgrade() -> None:
    op.create_index(op.f("ix_payment_created_at"), "payment", ["created_at"])
    op.create_table(
        "cohort_month",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("first_month", sa.Date(), nullable=False),
        *(sa.Column(name, BIG_ID, nullable=False) for name in ("buyers", "orders", "net_minor")),
        sa.PrimaryKeyConstraint("month", "first_month", name=op.f("pk_cohort_month")),
        **CLUSTERED,
    )
    op.create_table(
        "daily_payments",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        *(
            sa.Column(name, BIG_ID, nullable=False)
            for name in ("attempts", "amount_minor", "captured_minor", "refunded_minor")
        ),
        sa.PrimaryKeyConstraint("day", "gateway", "status", name=op.f("pk_daily_payments")),
        **TABLE,
    )
    op.create_table(
        "funnel_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("count", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("day", "step", name=op.f("pk_funnel_count")),
        **TABLE,
    )
    op.create_table(
        "product_pair",
        sa.Column("product_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("other_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("together", BIG_ID, nullable=False),
        sa.Column("lift_ppm", BIG_ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "other_id", name=op.f("pk_product_pair")),
        **CLUSTERED,
    )
    op.create_index(op.f("ix_product_pair_product_id_place"), "product_pair", ["product_id", "place"])
    _create_letters()


def downgrade() -> None:
    for table in ("report_mail", "report_recipient", "product_pair", "funnel_count", "daily_payments", "cohort_month"):
        op.drop_table(table)
    op.drop_index(op.f("ix_payment_created_at"), "payment")


def _create_letters() -> None:
    op.create_table(
        "report_recipient",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("stopped_at", UTC_TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_recipient")),
        sa.UniqueConstraint("email", "kind", name=op.f("uq_report_recipient_email_kind")),
        sa.UniqueConstraint("token", name=op.f("uq_report_recipient_token")),
        **TABLE,
    )
    op.create_table(
        "report_mail",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("sent_at", UTC_TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_mail")),
        sa.UniqueConstraint("kind", "first_day", "email", name=op.f("uq_report_mail_kind_first_day_email")),
        **TABLE,
    )
    op.create_index(op.f("ix_report_mail_created_at"), "report_mail", ["created_at"])
