"""Migrations run up, down and up again on every database, and leave exactly what the models say."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import Migrate, downgrade, upgrade
from sqlalchemy import inspect

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


def _drift(app: Flask) -> list[object]:
    with db.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), db.metadata))
