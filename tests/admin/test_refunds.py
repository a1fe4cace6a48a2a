"""Paying back at the desk."""

import re

import pytest

from storefront.core.db import db
from storefront.orders.models import Order, OrderStatus
from storefront.payments.models import Refund
from tests.fixtures.factories import make_variant
from tests.fixtures.paying import Paid, drive_all, hear_all, make_paid, refunds_of
from tests.fixtures.provider import Provider
from tests.fixtures.readings import forget, staged, stock_of
from tests.fixtures.shop import post


@pytest.fixture
def provider(context) -> Provider:
    return Provider(context)


@pytest.fixture
def paid(provider: Provider) -> Paid:
    return make_paid(provider, make_variant(price_minor=999, stock_level=10), 3)


def key_of(page: str) -> str:
    return re.search(r'name="key"[^>]*value="([^"]+)"', page)[1]


def test_money_goes_back_once_and_the_pages_say_so(sign_in, paid, provider):
    client = sign_in("manager")
    path = f"/admin/orders/{paid.number}/refunds"
    assert path in client.get(f"/admin/orders/{paid.number}").text
    page = client.get(path).text
    assert "3 pieces can go back, £29.97 was paid for the line" in page
    form = {"key": key_of(page), f"line-{paid.line_ids[0]}": "1", "shipping": "3.95", "reason": "Broken"}
    for _ in range(2):
        answer = post(client, path, form)
        assert answer.status_code == 303
    drive_all(provider)
    assert [amount for _, amount in refunds_of(paid.order_id)] == [1394]
    page = client.get(answer.location).text
    for text in ("Refund asked for", "Paid back", "Broken", "-£13.94"):
        assert text in page, text
    page = client.get(path).text
    assert "2 pieces can go back" in page
    assert "Of the delivery" not in page
    forget()
    token = db.session.get_one(Order, paid.order_id).token
    page = client.get(f"/orders/{token}").text
    assert "Money sent back" in page
    assert "-£13.94" in page


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({}, 409, "Choose pieces, delivery or an amount to pay back."),
        ({"other": "much"}, 422, "Enter an amount"),
        ({"other": "33.93"}, 409, "Only £33.92 of this payment can still be paid back."),
        ({"shipping": "3.96"}, 409, "Only £3.95 of this payment"),
        ({"line": "4"}, 422, "Enter a number from 0 to 3."),
        ({"other": "1", "reason": ""}, 422, "Say why"),
    ],
)
def test_what_cannot_go_back_is_said_and_keeps_what_was_typed(sign_in, paid, change, status, text):
    if "line" in change:
        change = {f"line-{paid.line_ids[0]}": change["line"]}
    form = {"key": "a-key", "reason": "Broken", **change}
    answer = post(sign_in("owner"), f"/admin/orders/{paid.number}/refunds", form)
    assert answer.status_code == status
    assert text in answer.text
    if form["reason"]:
        assert 'value="Broken"' in answer.text
    assert refunds_of(paid.order_id) == []


@pytest.mark.parametrize("role", ["packer", "analyst"])
def test_who_may_not_pay_back_can_neither_refund_nor_cancel_what_is_paid(sign_in, paid, role):
    client = sign_in(role)
    assert client.get(f"/admin/orders/{paid.number}/refunds").status_code == 403
    assert post(client, f"/admin/orders/{paid.number}/refunds", {"other": "1"}).status_code == 403
    form = {"goods": "back_on_sale", "reason": "x"}
    assert post(client, f"/admin/orders/{paid.number}/cancellation", form).status_code == 403
    page = client.get(f"/admin/orders/{paid.number}").text
    assert "Cancel this order" not in page
    assert "Pay money back" not in page


def test_cancelling_what_is_paid_pays_all_of_it_back_and_frees_the_stock(sign_in, provider):
    variant = make_variant(stock_level=10)
    paid = make_paid(provider, variant, 3)
    form = {"goods": "back_on_sale", "reason": "Changed their mind"}
    client = sign_in("owner")
    assert post(client, f"/admin/orders/{paid.number}/cancellation", form).status_code == 303
    assert post(client, f"/admin/orders/{paid.number}/cancellation", form).status_code == 303
    drive_all(provider)
    assert [amount for _, amount in refunds_of(paid.order_id)] == [paid.total_minor]
    assert stock_of(variant.id) == (10, 10)
    forget()
    assert db.session.get_one(Order, paid.order_id).status is OrderStatus.CANCELLED
    answer = client.get(f"/admin/orders/{paid.number}/refunds")
    assert answer.status_code == 303


def test_a_dispute_is_seen_at_the_desk(sign_in, paid, provider):
    provider.dashboard.dispute(paid.payment_ref, "product_not_received")
    hear_all(provider)
    client = sign_in("owner")
    assert "Open disputes" in client.get("/admin/").text
    for path in ("/admin/money", f"/admin/orders/{paid.number}"):
        assert "the goods did not arrive" in client.get(path).text
    assert post(client, "/admin/money/comparisons").status_code == 303
    assert staged("payments.compare") == [{}]


def test_a_refund_is_written_to_the_customer_once(paid, provider, settings):
    from storefront.payments import mails, refunds
    from storefront.payments.refunds import RefundWish

    refunds.request(paid.order_id, "k", RefundWish(other_minor=100), "user:1")
    drive_all(provider)
    refund_id = db.session.scalars(db.select(Refund.id)).one()
    for _ in range(2):
        mails.send_refund(refund_id, settings)
    written = list((settings.data_dir / "mail").glob("*.eml"))
    assert len(written) == 1
    assert "Your refund of" in written[0].read_text()
