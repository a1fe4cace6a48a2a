"""stock_item.changed_at: when a variant's stock changed last

Revision: 0002, after: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    # Rows that are there already changed at some time before; what is published lately need not know when.
    column = sa.Column("changed_at", UTC_TIME, nullable=False, server_default="2026-01-01 00:00:00")
    op.add_column("stock_item", column)
    op.create_index("ix_stock_item_changed_at", "stock_item", ["changed_at"])


def downgrade() -> None:
    op.drop_index("ix_stock_item_changed_at", table_name="stock_item")
    op.drop_column("stock_item", "changed_at")
