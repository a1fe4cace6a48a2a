"""`storefront doctor`: each finding is there when it should be, and a good configuration has none."""

import dataclasses
import json
import os
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from storefront.accounts import service as accounts
from storefront.accounts.models import User
from storefront.config import Settings, load_settings
from storefront.core import audit, clock, outbox
from storefront.core.audit.models import AuditRow
from storefront.core.db import db, transaction
from storefront.demo import DEMO_LOGINS
from storefront.run.doctor import Finding, examine
from storefront.run.doctor.database import DATABASE_CHECKS
from storefront.run.doctor.machines import BACKUP_FILE, MACHINE_CHECKS
from storefront.run.doctor.words import SETTING_CHECKS
from tests.fixtures.shop import PASSWORD
from tests.run.shop_process import COMMAND, shop_environment

GOOD = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "DATA_DIR": "/srv/shop",
    "DATABASE_URL": "postgresql://shop@db/shop",
    "BASE_URL": "https://shop.example.org",
    "TRUSTED_PROXIES": "1",
    "MAIL_URL": "smtp://mail.example.org:587",
    "MAIL_FROM": "shop@example.org",
    "STRIPE_SECRET_KEY": "sk_live_" + "x" * 24,
    "STRIPE_WEBHOOK_SECRETS": "whsec_1",
}


def told(environ: dict[str, str]) -> set[str]:
    settings = load_settings(environ)
    return {finding.name for check in SETTING_CHECKS for finding in check(settings)}


def test_a_good_configuration_has_nothing_unsafe() -> None:
    assert told(GOOD) == set()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"DEBUG": "1"}, "debug"),
        ({"TESTING": "1"}, "testing"),
        ({"DEMO": "1", "SECOND_FACTOR": "required"}, "demo"),
        ({"SECRET_KEY": "short"}, "secret_key"),
        ({"SECRET_KEY": "a" * 64}, "secret_key"),
        ({"SECRET_KEY": "please-change-me-0123456789-abcdefgh"}, "secret_key"),
        ({"METRICS_TOKEN": "short"}, "metrics_token"),
        ({"STRIPE_SECRET_KEY": ""}, "payments"),
        ({"STRIPE_SECRET_KEY": "sk_test_123"}, "test_key"),
        ({"STRIPE_WEBHOOK_SECRETS": ""}, "webhook"),
        ({"BASE_URL": "http://shop.example.org"}, "base_url"),
        ({"BASE_URL": "https://localhost"}, "base_url_host"),
        ({"TRUSTED_PROXIES": "0"}, "trusted_proxies"),
        ({"MAIL_URL": ""}, "mail"),
        ({"MAIL_FROM": ""}, "mail_from"),
        ({"DATABASE_URL": "sqlite:////tmp/shop.sqlite3"}, "sqlite_path"),
        ({"DATA_DIR": "/dev/shm/shop"}, "data_dir"),
        ({"SECOND_FACTOR": "off"}, "second_factor"),
    ],
)
def test_each_unsafe_setting_is_found(changes: dict[str, str], name: str) -> None:
    assert told({**GOOD, **changes}) == {name}


def asked(app: Flask, **changes: Any) -> dict[str, Finding]:
    settings: Settings = dataclasses.replace(app.config["SETTINGS"], **changes)
    try:
        return {found.name: found for check in (*DATABASE_CHECKS, *MACHINE_CHECKS) for found in check(settings)}
    finally:
        db.session.rollback()


@pytest.fixture
def healthy(context: Flask) -> Flask:
    """A shop whose clock has just staged a job, with two owners who have a factor, backed up a moment ago."""
    for name in ("one", "two"):
        accounts.create_user(f"{name}@example.com", PASSWORD, name, roles=["owner"])
    with transaction() as session:
        session.execute(update(User).values(factor_confirmed_at=clock.now()))
        outbox.stage("checkout.expire_unpaid")
        session.execute(db.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        session.execute(db.text("INSERT INTO alembic_version VALUES (:head)"), {"head": newest()})
    (context.config["SETTINGS"].data_dir / BACKUP_FILE).touch()
    return context


def newest() -> str:
    from alembic.script import ScriptDirectory

    from storefront.core.assets import asset_folder

    return str(ScriptDirectory(str(asset_folder("migrations"))).get_current_head())


def test_a_healthy_shop_lacks_only_its_worker(healthy: Flask) -> None:
    assert set(asked(healthy)) <= {"worker", "redis_stock_persistence", "redis_queue_persistence"}
    assert "worker" in asked(healthy)


def _old_backup(app: Flask) -> None:
    os.utime(app.config["SETTINGS"].data_dir / BACKUP_FILE, (1, 1))


def _no_backup(app: Flask) -> None:
    (app.config["SETTINGS"].data_dir / BACKUP_FILE).unlink()


def _sql(statement: Any) -> Callable[[Flask], None]:
    def do(_app: Flask) -> None:
        with transaction() as session:
            session.execute(statement() if callable(statement) else db.text(statement))

    return do


def _demo_person(_app: Flask) -> None:
    _role, email, password = DEMO_LOGINS[0]
    accounts.create_user(email, password, "Demo")


def _tampered(_app: Flask) -> None:
    audit.note_alone("tried", "thing")
    with db.engine.begin() as connection:
        connection.execute(update(AuditRow.__table__).values(actor="user:9"))


@pytest.mark.parametrize(
    ("harm", "name", "is_unsafe"),
    [
        (_old_backup, "backup", True),
        (_no_backup, "backup", True),
        (_sql("UPDATE alembic_version SET version_num = '0001'"), "migrations", True),
        (_sql("UPDATE user_account SET is_active = false"), "owner", True),
        (_sql("UPDATE user_account SET is_active = false WHERE id = 2"), "owner", False),
        (_sql("UPDATE user_account SET factor_confirmed_at = NULL WHERE id = 2"), "staff_factor", True),
        (_demo_person, "demo_login", True),
        (_sql("UPDATE outbox_job SET created_at = '2020-01-01 00:00:00.000000'"), "clock", True),
        (_sql("UPDATE outbox_job SET status = 'dead'"), "dead_jobs", False),
        (_tampered, "audit", True),
    ],
)
def test_each_harm_is_found(healthy: Flask, harm: Callable[[Flask], None], name: str, is_unsafe: bool) -> None:
    assert name not in asked(healthy)
    harm(healthy)
    assert asked(healthy)[name].is_unsafe is is_unsafe


def test_a_redis_that_throws_away_or_keeps_nothing_is_found(healthy: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from redis import Redis

    answers = {"maxmemory": "100", "maxmemory-policy": "allkeys-lru", "appendonly": "no", "save": ""}
    monkeypatch.setattr(Redis, "config_get", lambda _self, _pattern="*": answers)
    found = asked(healthy)
    assert {"redis_stock_eviction", "redis_stock_persistence", "redis_queue_eviction"} <= set(found)


def test_servers_that_do_not_answer_are_findings_and_no_crash(healthy: Flask) -> None:
    gone = dataclasses.replace(
        healthy.config["SETTINGS"], redis_queue_url="redis://127.0.0.1:1", redis_stock_url="redis://127.0.0.1:1"
    )
    assert "redis" in {finding.name for finding in examine(gone)}


def test_the_command_says_so_and_ends_with_one(tmp_path: Path) -> None:
    environ = shop_environment(tmp_path / "var")
    subprocess.run([COMMAND, "db", "upgrade"], env=environ, check=True, capture_output=True, timeout=120)
    plain = subprocess.run([COMMAND, "doctor"], env=environ, capture_output=True, text=True, timeout=60)
    assert plain.returncode == 1
    assert "UNSAFE" in plain.stdout
    assert "payments" in plain.stdout
    answer = subprocess.run([COMMAND, "doctor", "--json"], env=environ, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert {"name", "unsafe", "text"} == set(json.loads(answer.stdout)[0])
    checked = subprocess.run([COMMAND, "audit", "verify"], env=environ, capture_output=True, text=True, timeout=60)
    assert (checked.returncode, checked.stdout[:8]) == (0, "0 row(s)")
