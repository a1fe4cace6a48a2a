"""When a purchase order was sent: until then it is a draft

Revision: 0023, after: 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("purchase_order", sa.Column("sent_at", UTC_TIME, nullable=True))
    op.execute("UPDATE purchase_order SET sent_at = created_at")


def downgrade() -> None:
    op.execute("UPDATE purchase_order SET status = 'open' WHERE status = 'draft'")
    op.drop_column("purchase_order", "sent_at")
