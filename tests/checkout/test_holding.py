"""What is kept at checkout, and what happens to orders that nobody pays."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from jobs import checkout as checkout_jobs
from storefront.checkout import service as checkout
from storefront.config import Settings
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.orders.models import Order, OrderStatus
from storefront.payments import service as payments
from storefront.payments.gateway import GatewayUnavailable
from storefront.payments.gateways import get_gateway
from storefront.stock.gate import Gate, Short
from storefront.stock.holds import get_holds
from storefront.stock.service import OutOfStock
from tests.fixtures import factories
from tests.fixtures.provider import Provider, Unreliable
from tests.fixtures.readings import event_kinds, ledger_sum, staged, stock_of
from tests.fixtures.shop import post

BASE_URL = "http://127.0.0.1:8000"


@pytest.fixture
def gate(settings: Settings) -> Gate:
    return Gate(Redis.from_url(settings.redis_stock_url))


def fill_cart(app: Flask, client: FlaskClient, *, level: int, quantity: int = 1) -> int:
    with app.app_context():
        variant_id = factories.make_variant(stock_level=level).id
    client.post("/cart/lines", data={"variant_id": variant_id, "quantity": quantity})
    return variant_id


def test_checkout_keeps_the_goods_for_the_shopper(app: Flask, client: FlaskClient, gate: Gate) -> None:
    variant_id = fill_cart(app, client, level=1)
    assert client.get("/checkout").status_code == 200
    assert gate.read_held([variant_id]) == {variant_id: 1}
    rival = app.test_client()
    rival.post("/cart/lines", data={"variant_id": variant_id, "quantity": 1})
    answer = rival.get("/checkout", follow_redirects=True)
    assert answer.request.path == "/cart"
    assert "sold out" in answer.text


def test_looking_again_changes_nothing_and_asking_to_keep_begins_anew(
    app: Flask, client: FlaskClient, gate: Gate
) -> None:
    variant_id = fill_cart(app, client, level=1)
    client.get("/checkout")
    with client.session_transaction() as session:
        first = session["hold"]
    client.get("/checkout")
    with client.session_transaction() as session:
        assert session["hold"] == first
    assert post(client, "/checkout/hold").status_code == 303
    with client.session_transaction() as session:
        second = session["hold"]
    assert second[0] != first[0]
    assert second[1] >= first[1]
    assert gate.read_held([variant_id]) == {variant_id: 1}


def test_a_placed_order_settles_its_hold(app: Flask, client: FlaskClient, gate: Gate) -> None:
    variant_id = fill_cart(app, client, level=3, quantity=2)
    page = client.get("/checkout").text
    form = {name: page.split(f'name="{name}"')[1].split('value="')[1].split('"')[0] for name in ("key", "quoted_minor")}
    form |= {**vars(factories.ADDRESS), "shipping_method": "standard", "terms": "y"}
    assert post(client, "/checkout", form).status_code == 303
    assert gate.read_held([variant_id]) == {variant_id: 0}
    assert gate.read_copies([variant_id])[variant_id].available == 1
    with app.app_context():
        assert stock_of(variant_id)[0] == 1


@pytest.mark.usefixtures("context")
def test_without_the_gate_the_guard_alone_sells(settings: Settings) -> None:
    variant_id = factories.make_variant(stock_level=1).id
    holds = get_holds()
    holds.gate = Gate(Redis(unix_socket_path="/nowhere"))
    assert holds.hold("anybody", {variant_id: 1}) is None
    token, late = factories.make_cart((variant_id, 1)), factories.make_cart((variant_id, 1))
    assert checkout.check_out(token, factories.checkout_data(250 + 395), holds, None)
    with pytest.raises(OutOfStock):
        checkout.check_out(late, factories.checkout_data(250 + 395), holds, None)
    assert stock_of(variant_id)[0] == 0


@pytest.fixture
def overdue(context: Flask) -> int:
    """The id of an order of two pieces whose time to pay is over."""
    order_id = factories.make_order(factories.make_variant(stock_level=5), 2).id
    with transaction() as session:
        session.get_one(Order, order_id).expires_at = clock.now() - timedelta(minutes=1)
    return order_id


def variant_of(order_id: int) -> int:
    return db.session.get_one(Order, order_id).lines[0].variant_id or 0


def status_of(order_id: int) -> OrderStatus:
    db.session.rollback()
    return db.session.get_one(Order, order_id).status


def test_an_order_that_nobody_paid_expires_once_and_its_goods_are_back(overdue: int) -> None:
    for _ in range(2):
        checkout_jobs.expire_unpaid()
        checkout.expire_order(overdue, get_gateway(), BASE_URL)
    assert staged("checkout.expire_order")[0] == {"order_id": overdue}
    assert status_of(overdue) is OrderStatus.EXPIRED
    assert event_kinds(overdue).count("expired") == 1
    assert (stock_of(variant_of(overdue))[0], ledger_sum(variant_of(overdue))) == (5, 5)


def test_an_order_that_still_has_time_does_not_expire(context: Flask) -> None:
    order_id = factories.make_order().id
    checkout_jobs.expire_unpaid()
    assert staged("checkout.expire_order") == []
    checkout.expire_order(order_id, get_gateway(), BASE_URL)
    assert status_of(order_id) is OrderStatus.PENDING


def test_an_order_paid_at_the_last_moment_is_paid_and_not_expired(overdue: int, context: Flask) -> None:
    url = payments.start(overdue, get_gateway(), BASE_URL)
    Provider(context).pay(url.rsplit("/", 1)[1])
    checkout.expire_order(overdue, get_gateway(), BASE_URL)
    assert status_of(overdue) is OrderStatus.PAID
    assert stock_of(variant_of(overdue))[0] == 3


def test_while_the_provider_is_silent_nothing_expires(overdue: int) -> None:
    payments.start(overdue, get_gateway(), BASE_URL)
    with pytest.raises(GatewayUnavailable):
        checkout.expire_order(overdue, Unreliable(get_gateway(), is_deaf=True), BASE_URL)
    assert status_of(overdue) is OrderStatus.PENDING
    assert stock_of(variant_of(overdue))[0] == 3


def test_the_closed_page_can_no_longer_be_paid(overdue: int, context: Flask) -> None:
    payments.start(overdue, get_gateway(), BASE_URL)
    checkout.expire_order(overdue, get_gateway(), BASE_URL)
    [session_id] = Provider(context).sessions()
    assert not get_gateway().look_up(session_id).is_session_open


@pytest.mark.usefixtures("context")
def test_one_shopper_never_locks_themselves_out(gate: Gate) -> None:
    variant_id = factories.make_variant(stock_level=1).id
    holds = get_holds()
    assert holds.hold("ada", {variant_id: 1})
    assert holds.hold("ada", {variant_id: 1})
    assert isinstance(gate.hold("other", "eve", {variant_id: 1}), Short)
