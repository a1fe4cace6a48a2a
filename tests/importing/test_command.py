"""What a person sees: the account adds up, the report lists every line left out, a bad file is one clear line."""

import csv
import re
from pathlib import Path

import psutil
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from storefront.core.db import db
from storefront.importing.command import imports
from storefront.importing.online_retail import Account, import_online_retail, stored_sums
from tests.importing.files import MUG, SHARED, content, row, write
from tests.plugin import need


def invoke(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(imports, ["online-retail", *arguments])


def test_the_command_prints_the_account_and_writes_the_report(app: Flask, tmp_path: Path) -> None:
    path = write(
        tmp_path, row(), row(), row(goods=MUG, price="dear"), row("C536400", quantity=-1, at="2010-12-09T10:00")
    )
    result = invoke(app, str(path), "--report", str(tmp_path / "left-out.csv"))
    assert result.exit_code == 0, result.output
    assert "4 lines in the file" in result.output
    assert "1   left out: exact duplicate" in result.output
    assert "4 lines accounted for" in result.output
    assert re.search(r"Revenue from goods +£20\.34 +£20\.34\n", result.output)
    with (tmp_path / "left-out.csv").open(encoding="utf-8-sig") as file:
        assert [(line["line"], line["code"]) for line in csv.DictReader(file)] == [("3", "71053"), ("4", "22222")]


def test_a_bad_file_ends_the_command_with_one_clear_line(app: Flask, tmp_path: Path) -> None:
    result = invoke(app, str(write(tmp_path, header="nonsense")))
    assert result.exit_code == 1
    assert "retail.csv: Line 1 does not name the column InvoiceNo" in result.output
    assert "Traceback" not in result.output


def test_a_missing_file_is_named(app: Flask, tmp_path: Path) -> None:
    result = invoke(app, str(tmp_path / "nowhere.csv"))
    assert result.exit_code == 2
    assert "nowhere.csv" in result.output


SALES = """
SELECT count(DISTINCT o.id), sum(l.quantity), sum(l.quantity * l.unit_price_minor)
FROM shop_order o JOIN order_line l ON l.order_id = o.id WHERE o.source = 'online-retail'
"""
ORDERS = """
SELECT sum(items_minor), sum(shipping_minor), sum(total_minor), sum(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END)
FROM shop_order WHERE source = 'online-retail'
"""
RETURNS = """
SELECT sum(r.quantity), sum(r.amount_minor) FROM return_line r
JOIN order_return b ON b.id = r.return_id JOIN shop_order o ON o.id = b.order_id WHERE o.source = 'online-retail'
"""
OVER_RETURNED = """
SELECT count(*) FROM (
    SELECT l.id FROM order_line l JOIN return_line r ON r.order_line_id = l.id
    GROUP BY l.id, l.quantity, l.total_minor HAVING sum(r.quantity) > l.quantity OR sum(r.amount_minor) > l.total_minor
) AS too_much
"""
STOCK_DRIFT = """
SELECT count(*) FROM stock_item i WHERE i.available <> i.on_hand
OR i.available <> (SELECT coalesce(sum(e.quantity), 0) FROM stock_entry e WHERE e.variant_id = i.variant_id)
"""


def one(statement: str) -> tuple[object, ...]:
    return tuple(db.session.execute(text(statement)).one())


@pytest.mark.usefixtures("context")
def test_the_whole_file_is_accounted_for_and_its_sums_are_those_of_plain_sql() -> None:
    need(SHARED.exists(), f"the retailer's file: {SHARED.name}")
    before = psutil.Process().memory_info().rss
    account = import_online_retail(SHARED, currency="GBP")
    grown = psutil.Process().memory_info().rss - before
    check_the_sums(account)
    assert account.lines == 320_705
    assert account.is_complete
    assert len({line.number for line in account.unlisted}) == len(account.unlisted)
    assert account.sums == stored_sums(db.session())
    assert (one(OVER_RETURNED), one(STOCK_DRIFT)) == ((0,), (0,))
    assert grown < 400 * 1024 * 1024
    check_the_second_run(account)


def check_the_sums(account: Account) -> None:
    sums = account.sums
    assert one(SALES) == (sums.orders, sums.units, sums.items_minor)
    assert one(ORDERS) == (
        sums.items_minor,
        sums.shipping_minor,
        sums.items_minor + sums.shipping_minor,
        sums.cancelled_orders,
    )
    assert one(RETURNS) == (sums.returned_units, sums.returned_minor)
    # The figures of docs/importing.md.
    assert (sums.orders, sums.units, sums.items_minor, sums.shipping_minor) == (
        12_385,
        3_314_523,
        604_889_446,
        15_925_622,
    )
    assert (sums.returned_units, sums.returned_minor, sums.cancelled_orders) == (125_370, 19_294_389, 38)
    cancelled = one("SELECT status FROM shop_order WHERE external_ref = 'online-retail:541431'")
    assert cancelled == ("cancelled",)


def check_the_second_run(first: Account) -> None:
    before = {table: len(rows) for table, rows in content().items()}
    second = import_online_retail(SHARED, currency="GBP")
    assert {table: len(rows) for table, rows in content().items()} == before
    assert second.outcomes.total() == second.outcomes[next(o for o in second.outcomes)] == first.outcomes.total()
    assert [line.number for line in second.unlisted] == [line.number for line in first.unlisted]
