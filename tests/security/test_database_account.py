"""The shop runs with an account of the database that reads and writes rows, and can do nothing to the tables."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from storefront import create_app
from storefront.config import Settings
from storefront.core.db import db, readable_url
from tests.fixtures.html import CheckedClient
from tests.fixtures.shop import make_tables
from tests.fixtures.walk import stock_shop, walk_desk, walk_payment, walk_shopper

# As docs/operations.md has them.
POSTGRESQL = (
    "CREATE ROLE {name} LOGIN PASSWORD '{password}'",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
)
MARIADB = (
    "CREATE USER {name}@'%' IDENTIFIED BY '{password}'",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.* TO {name}@'%'",
)
AFTERWARDS = {"postgresql": ("DROP OWNED BY {name}", "DROP ROLE {name}"), "mariadb": ("DROP USER {name}@'%'",)}


@pytest.fixture(params=["postgresql", "mariadb"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def narrow(settings: Settings, database_kind: str) -> Iterator[Flask]:
    """The shop on tables that another account has made."""
    make_tables(create_app(settings))
    url = make_url(readable_url(settings.database_url))
    words = {"name": f"narrow_{uuid.uuid4().hex[:8]}", "password": uuid.uuid4().hex, "database": url.database}
    broad = create_engine(url, isolation_level="AUTOCOMMIT")
    with broad.connect() as connection:
        for statement in POSTGRESQL if database_kind == "postgresql" else MARIADB:
            connection.execute(text(statement.format(**words)))
        own = url.set(username=words["name"], password=words["password"])
        app = create_app(replace(settings, database_url=own.render_as_string(hide_password=False)))
        app.test_client_class = CheckedClient
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        for statement in AFTERWARDS[database_kind]:
            connection.execute(text(statement.format(**words)))
    broad.dispose()


def test_shoppers_payers_and_the_desk_need_no_more(narrow: Flask) -> None:
    stocked = stock_shop(narrow)
    walk_shopper(narrow.test_client(), stocked)
    walk_payment(narrow, stocked)
    walk_desk(narrow.test_client(), narrow, stocked)


@pytest.mark.parametrize(
    "statement", ["DROP TABLE audit_row", "ALTER TABLE shop_order DROP COLUMN number", "CREATE TABLE more (id INT)"]
)
def test_the_tables_are_out_of_reach(narrow: Flask, statement: str) -> None:
    with narrow.app_context(), pytest.raises(DBAPIError, match=r"(?i)denied|permission|must be owner"):
        db.session.execute(text(statement))
