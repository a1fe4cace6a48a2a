"""What each week of a forecast is times its level, by category

Revision: 0024, after: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("forecast_run", sa.Column("seasons", sa.JSON(), nullable=True))
    op.execute("UPDATE forecast_run SET seasons = '{}'")
    with op.batch_alter_table("forecast_run") as table:
        table.alter_column("seasons", existing_type=sa.JSON(), nullable=False)


def downgrade() -> None:
    op.drop_column("forecast_run", "seasons")
