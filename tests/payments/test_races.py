"""Double clicks, two tabs, and a message that races the return page, on each of the three databases."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from storefront.checkout import service as checkout
from storefront.core.db import db
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.orders.service import OrderMoved
from storefront.payments import service as payments
from storefront.payments.models import Payment, WebhookEvent
from storefront.payments.queries import list_payments
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.provider import Provider
from tests.fixtures.races import at_once
from tests.fixtures.readings import event_kinds, forget, ledger_sum, staged, stock_of
from tests.fixtures.shop import on_every_database

pytestmark = on_every_database
BASE_URL = "http://shop.example"


@pytest.fixture
def provider(context: Flask) -> Provider:
    return Provider(context)


def attempts(order_id: int) -> list[Payment]:
    forget()
    return list_payments(db.session(), order_id)


def paying_session(order_id: int, provider: Provider) -> tuple[int, str]:
    payments.start(order_id, provider.gateway, BASE_URL)
    payment = attempts(order_id)[0]
    assert payment.session_id is not None
    return payment.id, payment.session_id


def test_starting_twice_at_once_is_one_attempt_and_one_page(context: Flask, provider: Provider) -> None:
    order_id = make_order().id
    race = at_once(context, [lambda: payments.start(order_id, provider.gateway, BASE_URL)] * 4)
    assert len(set(race.won())) == 1
    assert len(attempts(order_id)) == len(provider.sessions()) == 1
    assert attempts(order_id)[0].url == race.results[0]
    assert event_kinds(order_id) == ["placed", "payment_started"]


def test_an_event_delivered_many_times_at_once_is_stored_once(context: Flask, provider: Provider) -> None:
    _, session_id = paying_session(make_order().id, provider)
    provider.pay(session_id)
    ((event, body),) = provider.events()
    race = at_once(context, [lambda: payments.receive_event(event, "demo", body)] * 8)
    assert sorted(race.won()) == [False] * 7 + [True]
    forget()
    assert db.session.scalar(select(func.count()).select_from(WebhookEvent)) == 1
    assert len(staged("payments.process_event")) == 1


def test_message_return_and_sweep_at_once_pay_the_order_once(context: Flask, provider: Provider) -> None:
    order_id = make_order().id
    payment_id, session_id = paying_session(order_id, provider)
    provider.pay(session_id)
    ((event, body),) = provider.events()
    payments.receive_event(event, "demo", body)
    event_id = db.session.scalars(select(WebhookEvent.id)).one()
    steps = [
        lambda: payments.process_event(event_id, provider.gateway),
        lambda: payments.confirm(payment_id, provider.gateway),
    ]
    at_once(context, steps * 3).won()
    assert event_kinds(order_id) == ["placed", "payment_started", "paid"]
    assert staged("orders.send_confirmation") == [{"order_id": order_id}]
    assert get_order_by_id(db.session(), order_id).status is OrderStatus.PAID


def test_paying_while_cancelling_ends_in_one_of_both(context: Flask, provider: Provider) -> None:
    variant = make_variant(stock_level=10)
    order, variant_id = make_order(variant, 3), variant.id
    order_id, token = order.id, order.token
    payment_id, session_id = paying_session(order_id, provider)
    provider.pay(session_id)
    race = at_once(
        context,
        [
            lambda: checkout.cancel_order(token, provider.gateway, BASE_URL, None),
            lambda: payments.confirm(payment_id, provider.gateway),
        ],
    )
    assert [type(error) for error in race.errors] == [OrderMoved]
    forget()
    assert get_order_by_id(db.session(), order_id).status is OrderStatus.PAID
    assert event_kinds(order_id) == ["placed", "payment_started", "paid"]
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 7
