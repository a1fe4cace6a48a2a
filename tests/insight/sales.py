"""What the tests of insight sell: a small history through the importer, and sums of it by plain SQL."""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text

from storefront.core.db import db
from storefront.insight.days import Books
from tests.importing.files import MUG, row, run

BOOKS = Books(ZoneInfo("Europe/London"), "GBP")


def sell_history(folder: Path) -> None:
    """Five invoices on four days of two months; one line comes back, one order is cancelled whole."""
    run(
        folder,
        row(536001, quantity=6, at="2010-12-01T08:26"),
        row(536001, MUG, 4, at="2010-12-01T08:26", price=1.25),
        row(536002, MUG, 10, at="2010-12-01T23:59", price=1.25, customer=13047),
        row(536003, quantity=2, at="2010-12-02T00:01", customer=""),
        row(536003, "POST,POSTAGE", 1, at="2010-12-02T00:01", price=18, customer=""),
        row(536004, quantity=100, at="2010-12-31T12:00", customer=13047),
        row("C536005", quantity=-100, at="2010-12-31T12:10", customer=13047),
        row(536006, MUG, 8, at="2011-01-03T09:00", price=1.25),
        row("C536007", MUG, -3, at="2011-01-05T10:00", price=1.25),
    )


def rollup() -> dict[str, list[Mapping[str, object]]]:
    """Every row of every rollup, in the order of their keys."""
    db.session.rollback()
    keys = {
        "daily_sales": "day, variant_id",
        "monthly_sales": "month, variant_id",
        "daily_category": "day, category_id",
        "daily_totals": "day",
        "hourly_orders": "day, hour",
        "customer_day": "day, customer_id",
        "buyer": "customer_id",
    }
    return {
        table: [dict(r) for r in db.session.execute(text(f"SELECT * FROM {table} ORDER BY {key}")).mappings()]
        for table, key in keys.items()
    }


def one(statement: str, **values: object) -> tuple[object, ...]:
    """The one row of a plain SQL statement, its sums as whole numbers."""
    db.session.rollback()
    return tuple(int(value or 0) for value in db.session.execute(text(statement), values).one())
