"""The promise as customers and staff see it, and as orders keep it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.core.db import db, transaction
from storefront.insight.queueing.plan import Plan, Shift, plan_row, write_plan
from storefront.insight.queueing.shown import current_promise
from storefront.orders.models import Order, OrderStatus
from tests.fixtures.factories import make_order, make_variant

MONDAY = datetime(2026, 11, 30, 10, tzinfo=UTC)
SHIFT = Shift(packers=1, opens=540, closes=1020, cutoff=900)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """A clock that is set."""

    def set_to(value: datetime) -> None:
        monkeypatch.setattr("storefront.core.clock.now", lambda: value)

    monkeypatch.setattr("storefront.core.web.access.is_factor_fresh", lambda _is_careful: True)
    set_to(MONDAY)
    return set_to


def plan_week(parcels: int = 100, seconds: float = 600.0) -> None:
    write_plan(Plan(shifts=dict.fromkeys(range(5), SHIFT)))
    with transaction() as session:
        row = plan_row(session)
        row.parcels, row.parcel_seconds, row.parcel_scv = parcels, seconds, 0.0


def add_paid(count: int, ship_by: date | None = None) -> list[int]:
    ids = [make_order().id for _ in range(count)]
    with transaction() as session:
        changes = {"status": OrderStatus.PAID, "ship_by": ship_by}
        session.query(Order).filter(Order.id.in_(ids)).update(changes)
    return ids


def test_product_cart_and_checkout_say_the_same_day(
    context: Flask,
    client: FlaskClient,
    moment,  # type: ignore[no-untyped-def]
) -> None:
    variant = make_variant()
    page = client.get(f"/p/{variant.product.slug}").text
    assert "Sent by Tuesday" in page
    plan_week()
    moment(MONDAY + timedelta(minutes=1))
    assert "Sent today" in client.get(f"/p/{variant.product.slug}?x=1").text
    client.post("/cart/lines", data={"variant_id": variant.id}, headers={"Sec-Fetch-Site": "same-origin"})
    assert "Sent today" in client.get("/cart").text
    assert "Sent today" in client.get("/checkout").text


def test_promise_is_worked_out_once_a_minute(context: Flask, moment, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    asked = []
    monkeypatch.setattr("storefront.insight.queueing.shown.count_waiting", lambda _session: asked.append(1) or 0)
    with context.test_request_context():
        for seconds in (0, 20, 59, 60, 61):
            moment(MONDAY + timedelta(seconds=seconds))
            current_promise()
    assert len(asked) == 2


def test_sold_out_product_promises_nothing(context: Flask, client: FlaskClient, moment) -> None:  # type: ignore[no-untyped-def]
    variant = make_variant(stock_level=0)
    assert "Sent " not in client.get(f"/p/{variant.product.slug}").text


def test_desk_is_told_when_promises_are_slowed(context: Flask, sign_in, moment) -> None:  # type: ignore[no-untyped-def]
    plan_week()
    owner = sign_in("owner")
    assert "Packing is behind" not in owner.get("/admin/orders").text
    add_paid(3)
    plan_week(seconds=6 * 3600.0)
    moment(MONDAY + timedelta(minutes=1))
    page = owner.get("/admin/orders").text
    assert "Packing is behind: 3 orders wait." in page
    assert "New orders are promised for Thursday instead of Tuesday." in page


def test_late_orders_are_marked_counted_and_listed(context: Flask, sign_in, moment) -> None:  # type: ignore[no-untyped-def]
    late, soon = add_paid(1, date(2026, 11, 27)) + add_paid(1, date(2026, 11, 30))
    numbers = {order_id: db.session.get_one(Order, order_id).number for order_id in (late, soon)}
    owner = sign_in("owner")
    page = owner.get("/admin/orders?late=1").text
    assert numbers[late] in page
    assert numbers[soon] not in page
    assert 'tone-danger">Late<' in page
    assert "Orders later than promised" in owner.get("/admin/").text
    with transaction() as session:
        session.query(Order).filter(Order.id == late).update({"status": OrderStatus.FULFILLED})
    assert "Orders later than promised" not in owner.get("/admin/").text


def test_order_shows_its_customer_the_day_and_is_sorry_when_it_is_over(
    context: Flask,
    client: FlaskClient,
    moment,  # type: ignore[no-untyped-def]
) -> None:
    (order_id,) = add_paid(1, date(2026, 12, 1))
    token = db.session.get_one(Order, order_id).token
    assert "We send it by Tuesday." in client.get(f"/orders/{token}").text
    moment(datetime(2026, 12, 2, 1, tzinfo=UTC))
    assert "We are sorry: we wanted to send it by" in client.get(f"/orders/{token}").text
