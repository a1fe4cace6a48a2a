"""One shop for all tests of a module: none of them needs an empty one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy.orm import close_all_sessions

from storefront import create_app
from storefront.core.db import db
from storefront.core.web.limits import limiter
from tests.fixtures.shop import PASSWORD, make_settings, make_tables
from tests.security.goods import furnish
from tests.security.visitors import Browser, Town, settle


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, valkey_url: str) -> Iterator[Town]:
    """The shop with its people and goods; nobody is slowed down by rate limits, which have tests of their own."""
    yield from make_town(tmp_path_factory.mktemp("town"), valkey_url)


def make_town(folder: Path, valkey_url: str, database_url: str = "") -> Iterator[Town]:
    # A database of its own: other tests empty theirs.
    redis_url = f"{valkey_url}?db=9"
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    app = create_app(make_settings(folder, database_url or f"sqlite:///{folder / 'shop.sqlite3'}", redis_url))
    app.test_client_class = Browser
    make_tables(app)
    was_enabled, limiter.enabled = limiter.enabled, False
    town = settle(app, PASSWORD)
    furnish(town)
    yield town
    limiter.enabled = was_enabled
    _close(app)


def _close(app: Flask) -> None:
    close_all_sessions()
    with app.app_context():
        db.engine.dispose()
