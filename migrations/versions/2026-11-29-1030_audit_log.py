"""The audit log with the end of its chain, and who may see people, change them, and read the log

Revision: 0019, after: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
GRANTS = {"people.view": ("owner", "manager"), "people.edit": ("owner",), "audit.view": ("owner",)}


def upgrade() -> None:
    op.create_table(
        "audit_row",
        sa.Column("id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_row")),
        **TABLE,
    )
    with op.batch_alter_table("audit_row") as batch_op:
        batch_op.create_index(op.f("ix_audit_row_at"), ["at"])
        for name in ("actor", "action", "subject"):
            batch_op.create_index(op.f(f"ix_audit_row_{name}_id"), [name, "id"])
    op.create_table(
        "audit_head",
        sa.Column("id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("count", BIG_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
        **TABLE,
    )
    for permission, roles in GRANTS.items():
        names = ", ".join(f"'{name}'" for name in roles)
        op.execute(
            "INSERT INTO role_permission (role_id, permission) "
            f"SELECT id, '{permission}' FROM role WHERE name IN ({names})"
            f" AND id NOT IN (SELECT role_id FROM role_permission WHERE permission = '{permission}')"
        )


def downgrade() -> None:
    names = ", ".join(f"'{name}'" for name in GRANTS)
    op.execute(f"DELETE FROM role_permission WHERE permission IN ({names})")
    op.execute("DELETE FROM mail_proof WHERE kind = 'invite'")
    op.drop_table("audit_head")
    op.drop_table("audit_row")
