"""Returns at the desk: whether goods went back on sale, and once per line of a return

Revision: 0004, after: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("order_return") as batch_op:
        batch_op.add_column(sa.Column("is_restocked", sa.Boolean(), nullable=True))
    with op.batch_alter_table("stock_entry") as batch_op:
        batch_op.add_column(sa.Column("return_line_id", BIG_ID, nullable=True))
        batch_op.create_unique_constraint("uq_stock_entry_return_line_id", ["return_line_id"])


def downgrade() -> None:
    with op.batch_alter_table("stock_entry") as batch_op:
        batch_op.drop_constraint("uq_stock_entry_return_line_id", type_="unique")
        batch_op.drop_column("return_line_id")
    with op.batch_alter_table("order_return") as batch_op:
        batch_op.drop_column("is_restocked")
