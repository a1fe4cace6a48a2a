"""Orders that staff make: placed like any other, paid by a link in a mail."""

import re
from datetime import timedelta

import pytest

from storefront.core import clock
from storefront.core.db import db
from storefront.orders import mails
from storefront.orders.models import Order, OrderStatus
from storefront.payments import service as payments
from storefront.payments.queries import list_attempts
from tests.fixtures.factories import ADDRESS, make_variant
from tests.fixtures.paying import read
from tests.fixtures.provider import Provider
from tests.fixtures.readings import count_orders, event_kinds, staged, stock_of
from tests.fixtures.shop import post

pytestmark = pytest.mark.usefixtures("context")
TYPED = {**vars(ADDRESS), "shipping_method": "standard", "days": "5"}


@pytest.fixture
def packer(sign_in):
    """A browser of somebody who may edit orders."""
    return sign_in("packer")


def send(client, **form):
    shown = client.get("/admin/orders/new").text
    key = re.search(r'name="key"[^>]*value="([^"]+)"', shown)
    assert key
    return post(client, "/admin/orders", {"key": key.group(1), **TYPED, **form})


def last() -> Order:
    db.session.rollback()
    return db.session.scalars(db.select(Order).order_by(Order.id.desc())).first()


def test_an_order_for_somebody_is_placed_mailed_and_paid_by_its_link(app, packer):
    first, second = make_variant(price_minor=1000), make_variant(price_minor=500)
    goods = {"wanted-0-sku": first.sku, "wanted-0-quantity": "2"}
    goods |= {"wanted-1-sku": second.sku, "wanted-2-sku": second.sku}
    answer = send(packer, **goods)
    order = last()
    assert answer.location.endswith(f"/admin/orders/{order.number}")
    assert (order.status, order.total_minor, [line.quantity for line in order.lines]) == (
        OrderStatus.PENDING,
        3395,
        [2, 2],
    )
    assert stock_of(first.id)[0] == 8
    assert timedelta(days=4.9) < order.expires_at - clock.now() < timedelta(days=5.1)
    assert staged("orders.send_request") == [{"order_id": order.id}]
    order_id, token = order.id, order.token
    for _ in range(2):
        mails.send_request(order_id, app.config["SETTINGS"])
    assert event_kinds(order_id) == ["placed", "request_sent"]

    customer, provider = app.test_client(), Provider(app)
    assert "Pay £33.95" in customer.get(f"/orders/{token}").text
    url = post(customer, f"/orders/{token}/payments").location
    provider.pay(url.rpartition("/")[2])
    payments.confirm(read(order_id).payment_id, provider.gateway)
    assert last().status is OrderStatus.PAID


def test_the_providers_page_is_open_for_a_day_and_another_one_after_that(app, packer):
    send(packer, **{"wanted-0-sku": make_variant().sku})
    order_id, token, provider = last().id, last().token, Provider(app)
    customer = app.test_client()
    post(customer, f"/orders/{token}/payments")
    (attempt,) = list_attempts(db.session(), order_id)
    assert attempt.expires_at - clock.now() < timedelta(hours=24)
    provider.gateway.cancel(attempt.session_id, "over")
    payments.confirm(attempt.id, provider.gateway)
    assert "/demo-pay/" in post(customer, f"/orders/{token}/payments").location
    assert len(list_attempts(db.session(), order_id)) == 2


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "Enter at least one SKU."),
        ({"wanted-0-sku": "NOPE"}, "No variant has the SKU NOPE."),
        ({"wanted-0-sku": "known", "wanted-0-quantity": "999"}, "There is not enough of this in stock."),
        ({"wanted-0-sku": "known", "country": "FR"}, "This does not go to that country"),
        ({"wanted-0-sku": "known", "email": "x"}, "Enter an e-mail address such as name@example.com."),
        ({"wanted-0-sku": "known", "days": "31"}, "Enter a number from 1 to 30."),
    ],
)
def test_what_cannot_be_ordered_is_said_at_its_field_and_keeps_what_was_typed(packer, form, message):
    sku = make_variant().sku
    answer = send(packer, **{name: sku if value == "known" else value for name, value in form.items()}, line2="Bell 3")
    assert answer.status_code in (409, 422)
    assert message in answer.text
    assert 'value="Bell 3"' in answer.text
    assert count_orders() == 0


def test_the_same_form_sent_twice_makes_one_order(packer):
    sku = make_variant().sku
    form = {"key": "the-same-key-twice", **TYPED, "wanted-0-sku": sku}
    places = {post(packer, "/admin/orders", form).location for _ in range(2)}
    assert (len(places), count_orders()) == (1, 1)
