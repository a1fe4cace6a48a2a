"""The shop with a provider whose bank answers late: what it makes of that today."""

import pytest
from flask import Flask

from storefront.core.db import db
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments import service as payments
from storefront.payments.gateway import PaymentStatus
from storefront.payments.gateways import PROVIDER
from storefront.payments.models import Payment, WebhookEvent
from storefront.payments.queries import list_payments
from tests.fixtures.factories import make_order
from tests.fixtures.provider import Provider
from tests.fixtures.readings import event_kinds, forget

BASE_URL = "http://shop.example"


@pytest.fixture
def provider(context: Flask) -> Provider:
    return Provider(context)


def last_payment(order_id: int) -> Payment:
    forget()
    return list_payments(db.session(), order_id)[-1]


def hear(provider: Provider) -> None:
    """Every message the provider has sent, received and acted on."""
    for event, body in provider.events():
        payments.receive_event(event, "demo", body)
    forget()
    for event_id in db.session.scalars(db.select(WebhookEvent.id).order_by(WebhookEvent.id)).all():
        payments.process_event(event_id, provider.gateway)


def settle(context: Flask, order_id: int) -> None:
    payment_ref = last_payment(order_id).payment_ref
    forget()
    context.extensions[PROVIDER].dashboard.settle(payment_ref)


@pytest.mark.parametrize(
    ("choice", "payment_status", "order_status"),
    [
        ("debit", PaymentStatus.SUCCEEDED, OrderStatus.PAID),
        ("debit_refused", PaymentStatus.FAILED, OrderStatus.PENDING),
    ],
)
def test_an_order_waits_for_the_bank_and_believes_its_answer(
    context: Flask, provider: Provider, choice: str, payment_status: PaymentStatus, order_status: OrderStatus
) -> None:
    order_id = make_order().id
    payments.start(order_id, provider.gateway, BASE_URL)
    provider.pay(last_payment(order_id).session_id or "", choice)
    hear(provider)
    assert last_payment(order_id).status is PaymentStatus.PROCESSING
    assert get_order_by_id(db.session(), order_id).status is OrderStatus.PENDING
    settle(context, order_id)
    hear(provider)
    assert last_payment(order_id).status is payment_status
    assert get_order_by_id(db.session(), order_id).status is order_status
    assert event_kinds(order_id).count("paid") == (order_status is OrderStatus.PAID)
