"""Rollups are what the orders say, whichever way they came about."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from storefront.catalog.models import Product
from storefront.checkout import cards
from storefront.checkout import service as checkout
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob
from storefront.insight import refresh as following
from storefront.insight.models import DailySales
from storefront.insight.refresh import refresh
from storefront.insight.rollup import rebuild, refresh_categories
from storefront.orders import returns
from storefront.orders import service as orders
from storefront.orders.models import Order
from storefront.payments import refunds
from storefront.payments.gateway import PaymentStatus, RefundStatus
from storefront.payments.models import Payment, Refund
from storefront.payments.refunds import RefundWish
from storefront.tax.rules import TaxClass
from storefront.tax.service import set_rates
from tests.checkout.test_cards import OFFERED, wish
from tests.fixtures import factories
from tests.fixtures.shop import on_every_database
from tests.insight.sales import BOOKS, one, rollup, sell_history

SOLD = "(o.paid_at IS NOT NULL OR o.status IN ('accepted', 'partly_fulfilled', 'fulfilled'))"
LINES = f"FROM order_line l JOIN shop_order o ON o.id = l.order_id WHERE {SOLD}"


@on_every_database
def test_a_rebuild_says_what_plain_sql_over_orders_says(context: Flask, tmp_path: Path) -> None:
    sell_history(tmp_path)
    assert rebuild(BOOKS) == 5
    lines = one(f"SELECT sum(l.quantity), sum(l.total_minor), sum(l.discount_minor) {LINES}")
    back = one("SELECT sum(quantity), sum(amount_minor) FROM return_line")
    for table in ("daily_sales", "monthly_sales", "daily_category", "daily_totals"):
        columns = "units, gross_minor, discount_minor, returned_units, refund_minor"
        sums = ", ".join(f"sum({column})" for column in columns.split(", "))
        assert one(f"SELECT {sums} FROM {table}") == (*lines, *back), table
    assert one(
        "SELECT sum(orders), sum(cancelled_orders), sum(guest_orders), sum(shipping_minor) FROM daily_totals"
    ) == (
        5,
        1,
        1,
        1800,
    )
    assert one("SELECT sum(cancelled_units) FROM daily_sales") == (100,)


def test_a_day_ends_at_midnight_of_the_shop(context: Flask, tmp_path: Path) -> None:
    sell_history(tmp_path)
    rebuild(BOOKS)
    days = {row["day"]: row["orders"] for row in rollup()["daily_totals"]}
    assert [days[f"2010-12-0{number}"] for number in (1, 2)] == [2, 1]


@pytest.mark.parametrize(("day", "hours"), [(date(2011, 3, 27), 23), (date(2011, 10, 30), 25), (date(2011, 5, 1), 24)])
def test_a_day_is_as_long_as_the_shops_clock_makes_it(day: date, hours: int) -> None:
    begin, end = BOOKS.bounds(day)
    assert end - begin == timedelta(hours=hours)
    assert (BOOKS.day_of(begin), BOOKS.day_of(end)) == (day, day + timedelta(days=1))
    assert begin.tzinfo is UTC


@on_every_database
def test_following_events_ends_where_a_rebuild_ends(context: Flask, tmp_path: Path) -> None:
    sell_history(tmp_path)
    refresh(BOOKS)
    order = _paid_order()
    refresh(BOOKS)
    orders.fulfil(order.id, "tests")
    line = order.lines[0]
    returns.take_back(order.id, "k", {line.id: 1}, is_restocked=True, reason="", actor="tests")
    refunds.request(order.id, "r", RefundWish(pieces={line.id: 1}), "tests")
    refresh(BOOKS)
    followed = rollup()
    rebuild(BOOKS)
    assert rollup() == followed
    assert followed["daily_sales"][-1]["returned_units"] == 1


def test_events_that_may_still_be_overtaken_are_looked_at_again(
    context: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = _paid_order()
    refresh(BOOKS)
    # An event with a smaller number may be committed after a larger one was seen.
    with transaction() as session:
        session.execute(update(Order).where(Order.id == order.id).values(status="cancelled", paid_at=None))
    assert refresh(BOOKS) == 1
    assert rollup()["daily_sales"] == []
    later = clock.now() + following.SETTLED + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert refresh(BOOKS) == 1
    assert refresh(BOOKS) == 0


def test_a_gift_card_is_no_sale(context: Flask) -> None:
    card_order = cards.buy(wish(), OFFERED).id
    with transaction():
        orders.mark_paid(card_order, "tests")
    assert _paid_order().placed_at.date() == clock.now().date()
    refresh(BOOKS)
    (day,) = rollup()["daily_totals"]
    assert (day["orders"], day["gross_minor"], day["units"]) == (1, 250, 1)


def test_a_long_history_is_handed_on_in_parts(context: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "DAYS_AT_ONCE", 2)
    sell_history(tmp_path)
    refresh(BOOKS)
    refresh(BOOKS)
    rows = db.session.scalars(select(OutboxJob).where(OutboxJob.name == "insight.rebuild_days").order_by(OutboxJob.id))
    assert [len(row.arguments["days"]) for row in rows] == [2, 2, 1]


def test_a_day_whose_last_order_is_gone_is_forgotten(context: Flask, tmp_path: Path) -> None:
    sell_history(tmp_path)
    rebuild(BOOKS)
    with transaction() as session:
        session.execute(update(Order).values(status="cancelled", paid_at=None))
    assert rebuild(BOOKS) == 0
    assert all(rows == [] for rows in rollup().values())


def test_every_penny_paid_back_is_counted_once(context: Flask) -> None:
    set_rates("GB", "VAT", {TaxClass.STANDARD: 200_000}, is_included=False)
    order = _paid_order(quantity=3, quoted=1374)
    line = order.lines[0]
    refunds.request(order.id, "one", RefundWish(pieces={line.id: 1}), "tests")
    refunds.request(order.id, "odd", RefundWish(other_minor=101, shipping_minor=50), "tests")
    refresh(BOOKS)
    goods, tax, shipping = one(
        "SELECT sum(refund_minor), sum(refund_tax_minor), sum(refund_shipping_minor) FROM daily_totals"
    )
    assert goods + tax + shipping == one("SELECT sum(amount_minor) FROM refund")[0]
    assert tax > 0
    with transaction() as session:
        session.execute(update(Refund).values(status=RefundStatus.FAILED))
        orders.record(order.id, "refund_failed", "tests")
    refresh(BOOKS)
    assert one("SELECT sum(refund_minor) FROM daily_totals") == (0,)


def test_goods_that_came_back_and_were_paid_back_are_not_subtracted_twice(context: Flask) -> None:
    order = _paid_order(quantity=2)
    orders.fulfil(order.id, "tests")
    line = order.lines[0]
    returns.take_back(order.id, "k", {line.id: 2}, is_restocked=True, reason="", actor="tests")
    refunds.request(order.id, "r", RefundWish(pieces={line.id: 2}), "tests")
    refresh(BOOKS)
    assert one("SELECT gross_minor, refund_minor, net_minor, returned_units FROM daily_totals") == (500, 500, 0, 2)


def test_an_unpaid_order_is_no_sale_and_a_cancelled_paid_one_is_a_refund(context: Flask) -> None:
    factories.make_order()
    refresh(BOOKS)
    assert rollup()["daily_totals"] == []
    order = _paid_order()
    checkout.cancel_paid(order.id, actor="tests", reason="", is_written_off=False)
    refresh(BOOKS)
    assert one(
        "SELECT orders, cancelled_orders, net_minor, shipping_minor - refund_shipping_minor FROM daily_totals"
    ) == (
        1,
        1,
        0,
        0,
    )


def test_categories_follow_products_that_moved(context: Flask, tmp_path: Path) -> None:
    sell_history(tmp_path)
    rebuild(BOOKS)
    other = factories.make_category("Elsewhere")
    with transaction() as session:
        session.execute(update(Product).values(category_id=other))
    refresh_categories()
    assert {row["category_id"] for row in rollup()["daily_category"]} == {other}
    assert one("SELECT sum(units) FROM daily_category") == one("SELECT sum(units) FROM daily_sales")


def test_a_customer_is_new_once(context: Flask, tmp_path: Path) -> None:
    sell_history(tmp_path)
    rebuild(BOOKS)
    buyers = rollup()["buyer"]
    assert [(row["first_day"], row["last_day"], row["orders"]) for row in buyers] == [
        ("2010-12-01", "2011-01-03", 2),
        ("2010-12-01", "2010-12-31", 2),
    ]


def test_the_database_refuses_a_net_that_does_not_add_up(context: Flask) -> None:
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), transaction() as session:
        session.add(DailySales(day=date(2011, 1, 1), variant_id=1, gross_minor=5, net_minor=4))


def _paid_order(quantity: int = 1, quoted: int | None = None) -> Order:
    """An order with the payment that a provider would have reported."""
    order = factories.make_order(quantity=quantity, quoted=quoted)
    with transaction() as session:
        orders.mark_paid(order.id, "tests")
        payment = Payment(
            order_id=order.id,
            gateway="demo",
            status=PaymentStatus.SUCCEEDED,
            amount_minor=order.total_minor,
            captured_minor=order.total_minor,
            currency="GBP",
            idempotency_key=f"tests-{order.id}",
            payment_ref=f"pi_{order.id}",
            expires_at=datetime.now(UTC),
        )
        session.add(payment)
    return db.session.get_one(Order, order.id)
