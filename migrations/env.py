"""How Alembic meets the shop's database: inside the app that `storefront db ...` made."""

from typing import Any

from alembic import context
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from storefront.core.db import READ_COMMITTED, EnumText, UtcDateTime, db
from storefront.tables import import_models

UTC_TIME = 'sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")'


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    """Write the shop's own column types as plain ones, so that a migration never imports the shop."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen.imports.add("from sqlalchemy.dialects import mysql")
        return UTC_TIME
    if kind == "type" and isinstance(item, EnumText):
        return f"sa.String(length={item.impl.length})"
    return False


def run(connection: Connection) -> None:
    """Migrate over one connection, each revision in a transaction where the database has them for tables."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        transaction_per_migration=True,
        on_version_apply=check_references,
    )
    with context.begin_transaction():
        context.run_migrations()


def check_references(ctx: MigrationContext, **_step: Any) -> None:
    """On SQLite, which does not look at references meanwhile: nothing refers to what is gone, or the step is undone."""
    if ctx.dialect.name == "sqlite" and ctx.connection is not None:
        lost = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if lost:
            reason = ValueError(f"rows without what they refer to (table, row, referred table, reference): {lost[:10]}")
            raise IntegrityError("PRAGMA foreign_key_check", {}, reason)


def migrate(connection: Connection) -> None:
    """As each kind of database wants it.

    PostgreSQL: in transactions, which the shop's own connections do without. SQLite: a table is changed by writing it
    anew and dropping the old one, and that is refused while references to its rows are looked at.
    """
    if connection.dialect.name == "postgresql":
        connection = connection.execution_options(isolation_level=READ_COMMITTED)
    if connection.dialect.name != "sqlite":
        run(connection)
        connection.commit()
        return
    plain: Any = connection.connection.driver_connection
    plain.execute("PRAGMA foreign_keys=OFF")
    try:
        run(connection)
        connection.commit()
    finally:
        connection.rollback()
        plain.execute("PRAGMA foreign_keys=ON")


import_models()
with db.engine.connect() as opened:
    migrate(opened)
