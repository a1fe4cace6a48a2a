"""Gift cards that are bought, and refunds that go to credit

Revision: 0011, after: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
TARGET = "fk_refund_credit_account_id_credit_account"


def upgrade() -> None:
    op.create_table(
        "card_sale",
        sa.Column("order_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("giver", sa.String(length=120), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["shop_order.id"], name=op.f("fk_card_sale_order_id_shop_order")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["credit_account.id"], name=op.f("fk_card_sale_account_id_credit_account")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_card_sale")),
        sa.UniqueConstraint("account_id", name=op.f("uq_card_sale_account_id")),
        **TABLE,
    )
    with op.batch_alter_table("refund") as batch_op:
        batch_op.add_column(sa.Column("credit_account_id", BIG_ID, nullable=True))
        batch_op.create_foreign_key(op.f(TARGET), "credit_account", ["credit_account_id"], ["id"])
        batch_op.create_index(op.f("ix_refund_credit_account_id"), ["credit_account_id"])


def downgrade() -> None:
    with op.batch_alter_table("refund") as batch_op:
        batch_op.drop_constraint(op.f(TARGET), type_="foreignkey")
        batch_op.drop_index(op.f("ix_refund_credit_account_id"))
        batch_op.drop_column("credit_account_id")
    op.drop_table("card_sale")
