"""The address book

Revision: 0013, after: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
TEXTS = {"label": 60, "name": 120, "phone": 40, "line1": 160, "line2": 160, "city": 120, "region": 120}
TEXTS |= {"postcode": 20, "country": 2}


def upgrade() -> None:
    op.create_table(
        "saved_address",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("default_of", BIG_ID, nullable=True),
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in TEXTS.items()),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("removed_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_saved_address_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_address")),
        sa.UniqueConstraint("default_of", name=op.f("uq_saved_address_default_of")),
        **TABLE,
    )
    op.create_index(op.f("ix_saved_address_user_id"), "saved_address", ["user_id"])
    op.create_index(op.f("ix_saved_address_removed_at"), "saved_address", ["removed_at"])


def downgrade() -> None:
    op.drop_table("saved_address")
