"""Copies of an SQLite shop: whole, of one moment, and made before anything is changed that cannot be changed back."""

import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import Migrate, upgrade
from sqlalchemy.exc import OperationalError

from storefront import make_core
from storefront.config import Settings
from storefront.core import clock
from storefront.core.assets import asset_folder
from storefront.core.db import db
from storefront.run.backup import copy_before_migration, make_backup
from storefront.run.checks import CannotStart
from storefront.run.doctor.machines import BACKUP_FILE
from storefront.run.prepare import prepare_database
from storefront.run.revisions import find_revisions
from tests.fixtures.factories import make_order
from tests.fixtures.shop import make_settings
from tests.run.shop_process import COMMAND, shop_environment

ROLES = "SELECT count(*) FROM role"
NOTE = "INSERT INTO role (name) VALUES ('written-later')"


@pytest.fixture
def old_shop(tmp_path: Path, redis_url: str) -> Iterator[tuple[Flask, Settings]]:
    """A shop in a file whose tables are one version behind, with a row in it."""
    settings = make_settings(tmp_path, f"sqlite:///{tmp_path / 'shop.sqlite3'}", redis_url)
    app = make_core(settings)
    Migrate(app, db, directory=str(asset_folder("migrations")))
    with app.app_context():
        upgrade(revision="0023")
        db.session.remove()
        db.engine.dispose()
    ask(tmp_path / "shop.sqlite3", NOTE)
    yield app, settings
    with app.app_context():
        db.engine.dispose()


def ask(file: Path, statement: str) -> int:
    """The first number of the answer, on a connection of its own."""
    connection = sqlite3.connect(file)
    with connection:
        row = connection.execute(statement).fetchone()
    connection.close()
    return int(row[0]) if row else 0


def unpack(archive: Path, folder: Path) -> Path:
    folder.mkdir()
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


@pytest.mark.usefixtures("context")
def test_a_backup_is_the_shop_at_one_moment_while_somebody_writes(app: Flask, tmp_path: Path) -> None:
    settings: Settings = app.config["SETTINGS"]
    make_order()
    (settings.data_dir / "media" / "ab").mkdir(parents=True, exist_ok=True)
    (settings.data_dir / "media" / "ab" / "cup.webp").write_bytes(b"a cup")
    (settings.data_dir / "secret_key").write_text("a key")
    database = Path(db.engine.url.database or "")
    roles = ask(database, ROLES)
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute(NOTE)
    made = make_backup(settings, tmp_path / "backups")
    writer.execute("COMMIT")
    writer.close()
    found = unpack(made, tmp_path / "restored")
    assert ask(found / "shop.sqlite3", "SELECT count(*) FROM shop_order") == 1
    assert ask(found / "shop.sqlite3", ROLES) == roles == ask(database, ROLES) - 1
    assert (found / "media" / "ab" / "cup.webp").read_bytes() == b"a cup"
    assert (found / "secret_key").read_text() == "a key"
    assert made.stat().st_mode & 0o777 == 0o600
    assert (settings.data_dir / BACKUP_FILE).exists()
    assert [file.name for file in made.parent.iterdir()] == [made.name]


def test_so_many_are_kept_and_nothing_else_is_touched(old_shop, tmp_path: Path, monkeypatch) -> None:
    _app, settings = old_shop
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "shop-as-it-was.tar.gz").write_text("mine")
    for hour in range(4):
        monkeypatch.setattr(clock, "now", lambda hour=hour: datetime(2026, 11, 30, hour, tzinfo=UTC))
        make_backup(settings, folder, keep=2)
    names = sorted(file.name for file in folder.iterdir())
    assert names == ["shop-20261130T020000Z.tar.gz", "shop-20261130T030000Z.tar.gz", "shop-as-it-was.tar.gz"]


def test_a_damaged_file_is_no_backup(old_shop, tmp_path: Path) -> None:
    _app, settings = old_shop
    make_backup(settings, tmp_path / "backups")
    file = tmp_path / "shop.sqlite3"
    content = bytearray(file.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    file.write_bytes(content)
    with pytest.raises(CannotStart, match="copied"):
        make_backup(settings, tmp_path / "backups")
    assert len(list((tmp_path / "backups").iterdir())) == 1


def test_a_database_on_a_server_is_copied_by_its_own_tools(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, "postgresql://nobody@127.0.0.1/shop", "redis://127.0.0.1")
    with pytest.raises(CannotStart, match="pg_dump"):
        make_backup(settings, tmp_path / "backups")
    assert copy_before_migration(settings, "0001", "0002") is None


def test_the_command_writes_a_backup_that_starts(tmp_path: Path, old_shop) -> None:
    _app, settings = old_shop
    environment = shop_environment(settings.data_dir)
    answer = subprocess.run(
        [COMMAND, "backup", str(tmp_path / "backups")], env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    (made,) = (tmp_path / "backups").iterdir()
    assert answer.stdout.startswith(str(made))
    found = unpack(made, tmp_path / "restored")
    subprocess.run([COMMAND, "db", "upgrade"], env=shop_environment(found), check=True, capture_output=True)
    assert ask(found / "shop.sqlite3", "SELECT count(*) FROM role WHERE name = 'written-later'") == 1


def test_tables_are_changed_only_after_the_file_was_copied(old_shop) -> None:
    app, settings = old_shop
    prepare_database(app, settings)
    with app.app_context():
        now, needed, _is_newer = find_revisions()
    assert now == needed
    (copy,) = settings.data_dir.glob("*-before-*")
    assert copy.name == f"shop-0023-before-{needed}.sqlite3"
    assert ask(copy, "SELECT version_num FROM alembic_version") == 23
    assert ask(copy, "SELECT count(*) FROM role WHERE name = 'written-later'") == 1
    changed_at = copy.stat().st_mtime_ns
    prepare_database(app, settings)
    assert [file.stat().st_mtime_ns for file in settings.data_dir.glob("*-before-*")] == [changed_at]


def test_tables_that_cannot_be_changed_are_told_in_one_line_with_the_copy(old_shop, monkeypatch) -> None:
    app, settings = old_shop

    def fail() -> None:
        raise OperationalError("ALTER TABLE", {}, sqlite3.OperationalError("disk is full"))

    monkeypatch.setattr("flask_migrate.upgrade", fail)
    with pytest.raises(CannotStart, match=r"from 0023 to .*: disk is full. A copy from before stands at .*-before-"):
        prepare_database(app, settings)


def test_a_shop_of_a_newer_version_is_left_as_it_is(old_shop) -> None:
    app, settings = old_shop
    ask(settings.data_dir / "shop.sqlite3", "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CannotStart, match="at 9999, and this version of the shop knows them up to"):
        prepare_database(app, settings)
    assert list(settings.data_dir.glob("*-before-*")) == []


def test_a_row_that_would_lose_what_it_refers_to_stops_the_change_and_is_told(old_shop) -> None:
    app, settings = old_shop
    file = settings.data_dir / "shop.sqlite3"
    ask(file, "INSERT INTO role_permission (role_id, permission) VALUES (4711, 'catalog.view')")
    with pytest.raises(CannotStart, match=r"from 0023 .*'role_permission'.* A copy from before stands at"):
        prepare_database(app, settings)
    assert ask(file, "SELECT version_num FROM alembic_version") == 23


def test_a_new_shop_has_nothing_to_copy(tmp_path: Path, redis_url: str) -> None:
    settings = make_settings(tmp_path, f"sqlite:///{tmp_path / 'shop.sqlite3'}", redis_url)
    app = make_core(settings)
    Migrate(app, db, directory=str(asset_folder("migrations")))
    prepare_database(app, settings)
    assert list(tmp_path.glob("*-before-*")) == []
    with app.app_context():
        db.engine.dispose()
