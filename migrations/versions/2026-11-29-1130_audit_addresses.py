"""Addresses in the audit log can be forgotten: the chain covers a digest of them

Revision: 0022, after: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("audit_row") as batch_op:
        batch_op.add_column(sa.Column("address_salt", sa.String(length=32), server_default="", nullable=False))
        batch_op.add_column(sa.Column("address_digest", sa.String(length=64), server_default="", nullable=False))


def downgrade() -> None:
    # Rows that were written meanwhile do not hold any more in a log without these columns.
    with op.batch_alter_table("audit_row") as batch_op:
        batch_op.drop_column("address_digest")
        batch_op.drop_column("address_salt")
