"""stock_request: who wants to hear when a variant is back

Revision: 0003, after: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "stock_request",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("variant_id", BIG_ID, nullable=False),
        sa.Column("open_variant_id", BIG_ID, nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=True),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("told_at", UTC_TIME, nullable=True),
        sa.Column("sent_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_stock_request_user_id"),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name="fk_stock_request_variant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_request"),
        sa.UniqueConstraint("email", "open_variant_id", name="uq_stock_request_email_open_variant_id"),
        sa.UniqueConstraint("token", name="uq_stock_request_token"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    waiting = ["open_variant_id", "created_at"]
    op.create_index("ix_stock_request_open_variant_id_created_at", "stock_request", waiting)
    op.create_index("ix_stock_request_user_id", "stock_request", ["user_id"])
    op.create_index("ix_stock_request_variant_id", "stock_request", ["variant_id"])


def downgrade() -> None:
    op.drop_table("stock_request")
