"""The second factor of staff, and codes on paper for it

Revision: 0016, after: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    with op.batch_alter_table("user_account") as batch_op:
        batch_op.add_column(sa.Column("factor_salt", sa.String(length=43), nullable=True))
        batch_op.add_column(sa.Column("factor_confirmed_at", UTC_TIME, nullable=True))
        batch_op.add_column(sa.Column("factor_step", BIG_ID, nullable=False, server_default="0"))
    with op.batch_alter_table("user_account") as batch_op:
        batch_op.alter_column("factor_step", existing_type=BIG_ID, existing_nullable=False, server_default=None)
    op.create_table(
        "recovery_code",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("user_id", "digest", name=op.f("uq_recovery_code_user_id_digest")),
        **TABLE,
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    with op.batch_alter_table("user_account") as batch_op:
        for name in ("factor_step", "factor_confirmed_at", "factor_salt"):
            batch_op.drop_column(name)
