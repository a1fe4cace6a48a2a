"""Money that is held until the goods are sent, payments on the shop's own page, and customers the provider knows

Revision: 0007, after: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
FLAGS = ("is_held", "is_embedded")


def upgrade() -> None:
    with op.batch_alter_table("payment") as batch_op:
        for name in FLAGS:
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("customer_ref", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("client_secret", sa.String(length=500), nullable=True))
    with op.batch_alter_table("payment") as batch_op:
        for name in FLAGS:
            batch_op.alter_column(name, existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    op.create_table(
        "provider_customer",
        sa.Column("user_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("customer_ref", sa.String(length=255), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_provider_customer_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "gateway", name=op.f("pk_provider_customer")),
        sa.UniqueConstraint("gateway", "customer_ref", name=op.f("uq_provider_customer_gateway_customer_ref")),
        **TABLE,
    )


def downgrade() -> None:
    op.drop_table("provider_customer")
    with op.batch_alter_table("payment") as batch_op:
        for name in ("client_secret", "customer_ref", *FLAGS):
            batch_op.drop_column(name)
