"""Migrations run up, down and up again on every database, and leave exactly what the models say."""

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, downgrade, upgrade
from sqlalchemy import Column, Connection, MetaData, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from storefront import make_core
from storefront.accounts.service import ensure_roles
from storefront.core.assets import asset_folder
from storefront.core.db import db
from storefront.tables import import_models
from tests.fixtures.servers import fresh_database
from tests.fixtures.shop import make_settings, on_every_database


@on_every_database
def test_migrations_run_up_down_and_up_and_match_the_models(
    database_kind: str, tmp_path: Path, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import_models()
    with fresh_database(database_kind, tmp_path) as url:
        app = make_core(make_settings(tmp_path, url, redis_url))
        Migrate(app, db, directory=str(asset_folder("migrations")))
        with app.app_context():
            upgrade()
            assert _drift(app) == []
            downgrade(revision="base")
            assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
            upgrade(revision="0002")
            # Whoever makes the first member of staff with new code on an old database: roles know today's permissions.
            ensure_roles()
            db.session.remove()
            upgrade()
            assert _drift(app) == []
            db.engine.dispose()


@on_every_database
def test_a_shop_with_a_row_in_every_table_is_brought_up_to_date(
    database_kind: str, tmp_path: Path, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with fresh_database(database_kind, tmp_path) as url:
        app = make_core(make_settings(tmp_path, url, redis_url))
        folder = str(asset_folder("migrations"))
        Migrate(app, db, directory=folder)
        revisions = [each.revision for each in ScriptDirectory(folder).walk_revisions()][::-1]
        with app.app_context():
            rows: dict[str, int] = {}
            for revision in revisions:
                upgrade(revision=revision)
                kept = _count()
                assert all(kept[table] >= count for table, count in rows.items() if table in kept), revision
                _fill()
                rows = _count()
            empty = {table for table, count in rows.items() if not count}
            assert empty == UNFILLED
            assert _drift(app) == []
            db.engine.dispose()


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])  # MariaDB has no transactions for tables.
def test_a_step_that_fails_half_way_leaves_nothing(
    database_kind: str, tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError("the machine stops here")

    with fresh_database(database_kind, tmp_path) as url:
        app = make_core(make_settings(tmp_path, url, redis_url))
        Migrate(app, db, directory=str(asset_folder("migrations")))
        with app.app_context():
            upgrade(revision="0023")
            monkeypatch.setattr("alembic.op.execute", fail)
            with pytest.raises(OSError, match="stops here"):
                upgrade(revision="0024")
            assert "seasons" not in {column["name"] for column in inspect(db.engine).get_columns("forecast_run")}
            monkeypatch.undo()
            upgrade(revision="0024")
            db.engine.dispose()


MADE_UP: dict[type, Any] = {
    int: 1,
    bool: True,
    float: 1.0,
    Decimal: 1,
    bytes: b"x",
    datetime: datetime(2026, 11, 1, 12),
    date: date(2026, 11, 1),
}
# It closes after it opens, which 1 and 1 do not.
UNFILLED = {"packing_day"}


def _count() -> dict[str, int]:
    with db.engine.connect() as connection:
        tables = [table for table in inspect(connection).get_table_names() if table != "alembic_version"]
        return {
            table: connection.scalar(
                select(func.count()).select_from(text(connection.dialect.identifier_preparer.quote(table)))
            )
            for table in tables
        }


def _fill() -> None:
    """A made-up row in every table that is empty; what a CHECK refuses stays empty."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="READ COMMITTED")
        metadata = MetaData()
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            if connection.scalar(select(func.count()).select_from(table)) or table.name == "alembic_version":
                continue
            made = {column.name: _value(connection, column) for column in table.columns}
            for money in (0, 1):
                values = {name: money if name.endswith("_minor") else value for name, value in made.items()}
                with suppress(DBAPIError), connection.begin_nested():
                    connection.execute(table.insert().values(values))
                    break
        connection.commit()


def _value(connection: Connection, column: Column[Any]) -> Any:
    """Whatever fits: the key of a row that is there, 1, a short word, a day."""
    for key in column.foreign_keys:
        return connection.scalar(select(func.min(key.column)))
    kind, length = column.type.python_type, getattr(column.type, "length", None)
    if kind is str:
        # MariaDB keeps JSON as a text without a length, and looks whether it is JSON.
        return column.name[:length] if length else "{}"
    return MADE_UP.get(kind, {})


def _drift(app: Flask) -> list[object]:
    with db.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), db.metadata))
