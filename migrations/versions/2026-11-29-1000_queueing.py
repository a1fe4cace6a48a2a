"""How long jobs wait and take, when parcels are packed, and by when an order was promised to be sent

Revision: 0017, after: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
COUNTS = ("jobs", "gaps", "turns", "idles")
SECONDS = ("service_sum", "service_squares", "wait_sum", "gap_sum", "gap_squares", "turn_sum", "idle_sum")


def upgrade() -> None:
    with op.batch_alter_table("outbox_job") as batch_op:
        batch_op.add_column(sa.Column("ready_at", UTC_TIME, nullable=True))
        batch_op.add_column(sa.Column("begun_at", UTC_TIME, nullable=True))
    with op.batch_alter_table("shop_order") as batch_op:
        batch_op.add_column(sa.Column("ship_by", sa.Date(), nullable=True))
    op.create_table(
        "job_hour",
        sa.Column("hour", UTC_TIME, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        *(sa.Column(name, sa.Double(), nullable=False) for name in SECONDS),
        sa.Column("waits", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "name", name=op.f("pk_job_hour")),
        **TABLE,
    )
    op.create_table(
        "packing_day",
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("packers", sa.Integer(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.Column("cutoff_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_packing_day_weekday")),
        sa.CheckConstraint("packers > 0", name=op.f("ck_packing_day_packers")),
        sa.CheckConstraint("opens_minute >= 0 AND opens_minute < cutoff_minute", name=op.f("ck_packing_day_opens")),
        sa.CheckConstraint(
            "cutoff_minute <= closes_minute AND closes_minute <= 1440", name=op.f("ck_packing_day_closes")
        ),
        sa.PrimaryKeyConstraint("weekday", name=op.f("pk_packing_day")),
        **TABLE,
    )
    op.create_table(
        "packing_holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_packing_holiday")),
        **TABLE,
    )
    _create_plan()


def _create_plan() -> None:
    op.create_table(
        "packing_plan",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("handling_days", sa.Integer(), nullable=False),
        sa.Column("parcel_minutes", sa.Integer(), nullable=True),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("parcel_seconds", sa.Double(), nullable=True),
        sa.Column("parcel_scv", sa.Double(), nullable=True),
        sa.CheckConstraint("handling_days BETWEEN 0 AND 60", name=op.f("ck_packing_plan_handling_days")),
        sa.CheckConstraint("parcel_minutes IS NULL OR parcel_minutes > 0", name=op.f("ck_packing_plan_parcel_minutes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packing_plan")),
        **TABLE,
    )


def downgrade() -> None:
    for table in ("packing_plan", "packing_holiday", "packing_day", "job_hour"):
        op.drop_table(table)
    with op.batch_alter_table("shop_order") as batch_op:
        batch_op.drop_column("ship_by")
    with op.batch_alter_table("outbox_job") as batch_op:
        batch_op.drop_column("begun_at")
        batch_op.drop_column("ready_at")
