"""The kept forecast of each variant, and the runs that made it

Revision: 0015, after: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
NUMBERS = ("point", "low", "high", "mean", "deviation", "slope", "intercept")


def upgrade() -> None:
    op.create_table(
        "forecast_run",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("first_week", sa.Date(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("history_start", sa.Date(), nullable=False),
        sa.Column("history_weeks", sa.Integer(), nullable=False),
        sa.Column("variants", sa.Integer(), nullable=False),
        sa.Column("wape", sa.Float(), nullable=True),
        sa.Column("coverage", sa.Float(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("made_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast_run")),
        **TABLE,
    )
    op.create_table(
        "variant_forecast",
        sa.Column("variant_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("model", sa.String(20), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in NUMBERS),
        sa.Column("error", sa.Float(), nullable=True),
        sa.Column("sold", sa.Float(), nullable=True),
        sa.CheckConstraint("low >= 0 AND low <= point AND point <= high", name=op.f("ck_variant_forecast_interval")),
        sa.ForeignKeyConstraint(["run_id"], ["forecast_run.id"], name=op.f("fk_variant_forecast_run_id_forecast_run")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_variant_forecast_variant_id_variant")),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_variant_forecast")),
        **TABLE,
    )
    op.create_index(op.f("ix_variant_forecast_run_id"), "variant_forecast", ["run_id"])


def downgrade() -> None:
    op.drop_table("variant_forecast")
    op.drop_table("forecast_run")
