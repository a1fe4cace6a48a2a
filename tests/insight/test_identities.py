"""A figure is the same on a card, in its rows, in a file, in a letter, and in plain SQL over orders."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.core.csv import BYTE_ORDER_MARK
from storefront.core.db import db
from storefront.importing.online_retail import import_online_retail
from storefront.insight import goods, queries, words
from storefront.insight.days import each_day, month_of, week_of
from storefront.insight.definitions import ALL, FIGURES
from storefront.insight.ledger import list_given_back, list_placed
from storefront.insight.models import ReportKind
from storefront.insight.people import buyers_by_month, list_cohorts, score_customers, sum_segments
from storefront.insight.periods import Span
from storefront.insight.reports.mails import write_mail
from storefront.insight.rollup import rebuild
from storefront.insight.shelves import Shelf, all_stock, sum_stock
from storefront.insight.steps import Step, by_step
from tests.importing.files import SHARED
from tests.insight.sales import BOOKS, one, sell_history
from tests.plugin import need

YEAR = "until=2011-08-31&days=365"
SPAN = Span.ending(date(2011, 8, 31), 365)
LINES = "FROM order_line l JOIN shop_order o ON o.id = l.order_id WHERE o.paid_at IS NOT NULL"


@pytest.fixture(scope="module", params=["small", "whole"])
def history(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def analyst(app: Flask, sign_in: Callable[..., FlaskClient], tmp_path: Path, history: str) -> FlaskClient:
    """Somebody who looks at a small history, and at the retailer's whole file."""
    with app.app_context():
        if history == "small":
            sell_history(tmp_path)
        else:
            need(SHARED.exists(), f"the retailer's file: {SHARED.name}")
            import_online_retail(SHARED, currency="GBP")
        rebuild(BOOKS)
        db.session.remove()
    return sign_in("analyst")


def test_every_figure_is_the_same_everywhere(app: Flask, analyst: FlaskClient, history: str) -> None:
    with app.app_context():
        truth = plain_sql()
        check_sums(truth)
        check_steps()
        check_goods(truth)
        check_people()
        check_days()
        check_letter(app)
    check_pages(analyst, truth)
    if history == "whole":
        # The figures of docs/importing.md.
        assert (truth["gross"], truth["units"], truth["orders"]) == (604_889_446, 3_314_523, 12_385)
        assert (truth["refunds"], truth["returned-units"], truth["shipping"]) == (19_294_389, 125_370, 15_925_622)


def plain_sql() -> dict[str, int]:
    """The figures without a rollup, from the orders alone."""
    gross, discounts, units = one(f"SELECT sum(l.total_minor), sum(l.discount_minor), sum(l.quantity) {LINES}")
    refunds, returned = one("SELECT sum(amount_minor), sum(quantity) FROM return_line")
    orders, shipping = one("SELECT count(*), sum(shipping_minor) FROM shop_order WHERE paid_at IS NOT NULL")
    found = {"gross": gross, "discounts": discounts, "refunds": refunds, "net": gross - discounts - refunds, "tax": 0}
    found |= {"shipping": shipping, "units": units, "returned-units": returned, "orders": orders}
    return {**found, "average-order": (2 * (gross - discounts) + orders) // (2 * orders)}


def check_sums(truth: dict[str, int]) -> None:
    sums = queries.sum_totals(db.session(), SPAN)
    assert {figure.key: figure.of(sums) for figure in ALL} == truth


def check_steps() -> None:
    """Days add up to weeks and to months, with all their columns."""
    days = queries.list_totals(db.session(), SPAN)
    whole = queries.add_up(list(days.values()))
    for step, begin in ((Step.WEEK, week_of), (Step.MONTH, month_of), (Step.DAY, lambda day: day)):
        rows = by_step(days, SPAN, step)
        assert queries.add_up([row.sums for row in rows]) == whole
        assert len(rows) == len({begin(day) for day in each_day(SPAN.first, SPAN.last)})


def check_goods(truth: dict[str, int]) -> None:
    """Products and categories add up to the whole, also over days that are not whole months."""
    session = db.session()
    for span in (SPAN, Span.ending(date(2011, 2, 9), 52), Span.ending(date(2010, 12, 2), 2)):
        totals = queries.sum_totals(session, span)
        for rows in (goods.all_products(session, span), goods.list_categories(session, span)):
            sums = {name: sum(row.sums[name] for row in rows) for name in goods.SUMS}
            assert sums == {name: totals[name] for name in goods.SUMS}
    listed = goods.list_products(session, SPAN, size=10_000)
    assert sum(row.sums["net_minor"] for row in listed.items) == truth["net"]
    stock = all_stock(session, SPAN, Shelf.SHORT)
    assert sum(row.sold for row in stock) <= sum_stock(session, SPAN).sold <= truth["units"]


def check_people() -> None:
    """Customers' sums are those of their orders; cohorts and segments lose nobody."""
    session = db.session()
    orders, net = one("SELECT sum(orders), sum(net_minor) FROM buyer")
    known = one("SELECT count(*), count(DISTINCT customer_id) FROM shop_order WHERE customer_id IS NOT NULL")
    assert (orders, one("SELECT count(*) FROM buyer")[0]) == known
    assert one("SELECT sum(orders), sum(net_minor) FROM cohort_month") == (orders, net)
    scores = score_customers(session, SPAN.last)
    assert (len(scores), sum(score.net_minor for score in scores)) == (known[1], net)
    for segment in sum_segments(session, SPAN.last):
        mine = [score for score in scores if score.segment == segment.key]
        assert (segment.customers, segment.orders) == (len(mine), sum(score.orders for score in mine))
        assert (segment.net_minor, segment.days_since) == (
            sum(score.net_minor for score in mine),
            sum(score.days_since for score in mine),
        )
    assert sum(cohort.buyers[0] for cohort in list_cohorts(session, SPAN.last)) == known[1]
    assert sum(new for _month, new, _again in buyers_by_month(session, SPAN.last)) == known[1]
    assert queries.count_buyers(session, SPAN)["new_buyers"] == known[1]


def check_days() -> None:
    """The rows behind a day are its figures."""
    session = db.session()
    for day, sums in list(queries.list_totals(session, SPAN).items())[-3:]:
        placed, back = list_placed(session, day, BOOKS), list_given_back(session, day, BOOKS)
        assert sum(row.gross_minor for row in placed) == sums["gross_minor"]
        assert (len(placed), sum(row.units for row in placed)) == (sums["orders"], sums["units"])
        assert sum(row.units for row in back) == sums["returned_units"]
        assert sum(row.amount_minor for row in back) == sums["refund_minor"]


def check_letter(app: Flask) -> None:
    """The letter about a month says what SQL says, in its text and in its file."""
    span = Span(date(2010, 12, 1), date(2010, 12, 31))
    mail = write_mail(db.session(), ReportKind.MONTHLY, span, app.config["SETTINGS"], to="a@example.com", locale="en")
    assert mail is not None
    with app.test_request_context():
        net = words.money(one("SELECT sum(net_minor) FROM daily_totals WHERE day < '2011-01-01'")[0])
    assert net in mail.text
    assert net in mail.html
    (file,) = mail.attachments
    rows = read_csv(file.content.decode())
    gross, back = one(f"SELECT sum(l.total_minor), 0 {LINES} AND o.placed_at < '2011-01-01'")
    assert sum(minor(row["gross"]) for row in rows) == gross + back


def check_pages(client: FlaskClient, truth: dict[str, int]) -> None:
    for key in truth:
        page = client.get(f"/admin/insight/figures/{key}?{YEAR}").text
        shown = re.search(r'<strong class="plain">([^<]+)</strong>', page)
        assert shown is not None
        assert minor(shown[1].replace("£", "").replace(",", "")) == cents(key, truth[key])
        if FIGURES[key].is_additive:
            rows = read_csv(client.get(f"/admin/insight/figures/{key}.csv?{YEAR}").text)
            assert sum(minor(row[key.replace("-", "_")]) for row in rows) == cents(key, truth[key])
    for step in Step:
        rows = read_csv(client.get(f"/admin/insight/sales.csv?by={step}&{YEAR}").text)
        for key in (key for key in truth if FIGURES[key].is_additive):
            assert sum(minor(row[key.replace("-", "_")]) for row in rows) == cents(key, truth[key])
    for name in ("products", "categories"):
        rows = read_csv(client.get(f"/admin/insight/{name}.csv?{YEAR}").text)
        assert sum(minor(row["net_sales"]) for row in rows) == truth["net"]
        assert sum(int(row["units"]) for row in rows) == truth["units"]


def cents(key: str, value: int) -> int:
    """Money is already in minor units; what is counted is compared as if it were."""
    return value if FIGURES[key].unit == "money" else 100 * value


def minor(text: str) -> int:
    return round(float(text) * 100)


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))
