"""Paying later: accepted at once, sent before or after its money, cancelled, reminded of, paid back by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from jobs import payments as jobs
from storefront.checkout import service as checkout
from storefront.checkout.sending import send_order
from storefront.core import clock
from storefront.core.db import db
from storefront.orders import service as orders
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.orders.service import OrderMoved
from storefront.payments import mails, offline, refunds
from storefront.payments.comparison import compare
from storefront.payments.gateway import PaymentStatus, RefundStatus
from storefront.payments.models import Payment
from storefront.payments.offline import NothingDue
from storefront.payments.refunds import RefundWish
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.paying import refunds_of
from tests.fixtures.provider import Provider
from tests.fixtures.readings import event_kinds, forget, staged, stock_of
from tests.fixtures.shop import on_every_database, post

BASE_URL = "http://shop.example"


def make_invoice(quantity: int = 1, **changes: object) -> tuple[int, int]:
    """(order id, variant id) of an order on invoice."""
    variant = make_variant(stock_level=10)
    order = make_order(variant, quantity, **{"payment_method": "invoice", **changes})
    found = order.id, variant.id
    forget()
    return found


def status_of(order_id: int) -> OrderStatus:
    forget()
    return get_order_by_id(db.session(), order_id).status


def payment_of(order_id: int) -> Payment:
    forget()
    return db.session.scalars(db.select(Payment).filter_by(order_id=order_id)).one()


@on_every_database
def test_an_order_on_invoice_is_accepted_at_once(context: Flask) -> None:
    order_id, variant_id = make_invoice(3)
    payment = payment_of(order_id)
    assert status_of(order_id) is OrderStatus.ACCEPTED
    assert (payment.status, payment.live_order_id, payment.captured_minor) == (PaymentStatus.CREATED, order_id, 0)
    assert timedelta(days=13) < payment.expires_at - clock.now() < timedelta(days=15)
    assert event_kinds(order_id) == ["placed", "accepted"]
    assert staged("orders.send_confirmation") == [{"order_id": order_id}]
    assert stock_of(variant_id) == (7, 10)


@pytest.mark.parametrize("is_sent_first", [True, False])
def test_its_money_comes_before_or_after_it_was_sent_and_is_noted_once(context: Flask, is_sent_first: bool) -> None:
    order_id, variant_id = make_invoice()
    if is_sent_first:
        send_order(order_id, Provider(context).gateway, "user:1")
    offline.note_paid(order_id, "Line 7", "user:1")
    with pytest.raises(NothingDue):
        offline.note_paid(order_id, "Line 7", "user:1")
    if not is_sent_first:
        assert status_of(order_id) is OrderStatus.PAID
        orders.fulfil(order_id, "user:1")
    forget()
    order = get_order_by_id(db.session(), order_id)
    assert order.status is OrderStatus.FULFILLED
    assert order.paid_at is not None
    assert payment_of(order_id).captured_minor == order.total_minor
    assert event_kinds(order_id).count("paid") == 1
    assert stock_of(variant_id) == (9, 9)
    assert len(staged("orders.send_confirmation")) == 1
    forget()
    assert compare(Provider(context).gateway, clock.now() - timedelta(days=1)).is_green


def test_it_does_not_expire(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id, _ = make_invoice()
    later = clock.now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    checkout.expire_order(order_id, Provider(context).gateway, BASE_URL)
    assert status_of(order_id) is OrderStatus.ACCEPTED


def test_cancelled_before_it_was_sent_it_gives_its_stock_back(context: Flask) -> None:
    order_id, variant_id = make_invoice(3)
    offline.cancel(order_id, actor="user:1", reason="no answer", is_written_off=False)
    assert status_of(order_id) is OrderStatus.CANCELLED
    assert payment_of(order_id).status is PaymentStatus.CANCELED
    assert stock_of(variant_id) == (10, 10)
    with pytest.raises(NothingDue):
        offline.note_paid(order_id, "", "user:1")


def test_once_sent_it_is_not_cancelled(context: Flask) -> None:
    order_id, _ = make_invoice()
    orders.fulfil(order_id, "user:1")
    with pytest.raises(OrderMoved):
        offline.cancel(order_id, actor="user:1", reason="x", is_written_off=False)
    assert payment_of(order_id).status is PaymentStatus.CREATED


def test_money_that_came_is_paid_back_by_hand(context: Flask) -> None:
    order_id, _ = make_invoice()
    offline.note_paid(order_id, "", "user:1")
    refund_id = refunds.request(order_id, "k", RefundWish(other_minor=100), "user:1")
    for _ in range(2):
        jobs.drive_refund(refund_id)
    assert refunds_of(order_id) == [(RefundStatus.SUCCEEDED, 100)]


def test_reminders_go_out_twice_and_not_to_who_has_paid(
    context: Flask, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, paid = make_invoice()[0], make_invoice()[0]
    courier = make_order(make_variant(), payment_method="cash_on_delivery").id
    late_id, paid_id = payment_of(late).id, payment_of(paid).id
    assert offline.stage_reminders() == 0
    start = clock.now()
    for days, sent in ((16, 0), (18, 1), (30, 2)):
        monkeypatch.setattr(clock, "now", lambda days=days: start + timedelta(days=days))
        for _ in range(2):
            offline.stage_reminders()
        jobs_staged = [job for job in staged("payments.send_reminder") if job["payment_id"] == late_id]
        assert len(jobs_staged) == sent, days
    offline.note_paid(paid, "", "user:1")
    for job in staged("payments.send_reminder"):
        for _ in range(2):
            mails.send_reminder(job["payment_id"], job["number"], settings)
    written = [path.read_text() for path in (settings.data_dir / "mail").glob("*.eml")]
    assert len(written) == 2
    assert event_kinds(late)[-2:] == ["reminder_sent"] * 2
    assert "reminder_sent" not in event_kinds(paid) + event_kinds(courier)
    assert paid_id


def test_the_checkout_offers_what_the_shop_has_switched_on(app: Flask, client, context: Flask) -> None:
    variant_id = make_variant().id
    forget()
    client.post(
        "/cart/lines", data={"variant_id": variant_id, "quantity": 1}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert "On invoice" not in client.get("/checkout").text
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], offline_methods=("invoice", "cash_on_delivery"))
    page = client.get("/checkout").text
    assert "On invoice" in page
    assert "Cash on delivery" in page
    page = client.get("/checkout?country=FR&payment_method=invoice").text
    assert "Cash on delivery" not in page
    assert "pay later" in page


def test_the_desk_notes_the_money_and_the_customer_sees_what_is_due(sign_in, context: Flask) -> None:
    order_id, _ = make_invoice()
    order = get_order_by_id(db.session(), order_id)
    number, token = order.number, order.token
    forget()
    client = sign_in("owner")
    assert "Please transfer" in client.get(f"/orders/{token}").text
    assert "Money has come" in client.get(f"/admin/orders/{number}").text
    answer = post(client, f"/admin/orders/{number}/payments", {"reference": "Line 7"})
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Line 7" in page
    assert "Money has come" not in page
    assert "Please transfer" not in client.get(f"/orders/{token}").text
    assert (
        "no payment is awaited"
        in client.get(post(client, f"/admin/orders/{number}/payments", {}).location).text.lower()
    )
