"""How Alembic meets the shop's database: inside the app that `storefront db ...` made."""

from typing import Any

from alembic import context
from sqlalchemy import Connection

from storefront.core.db import EnumText, UtcDateTime, db
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
    )
    with context.begin_transaction():
        context.run_migrations()


import_models()
with db.engine.connect() as opened:
    run(opened)
    opened.commit()
