"""The order's page for its buyer."""

from flask import Flask
from flask.testing import FlaskClient

from storefront.core.db import db
from storefront.orders.queries import get_order_by_id
from storefront.payments import service as payments
from tests.fixtures.paying import make_started
from tests.fixtures.provider import Provider


def test_a_bank_that_takes_days_is_explained_and_nobody_is_asked_to_pay_twice(
    context: Flask, client: FlaskClient
) -> None:
    provider = Provider(context)
    started = make_started(provider)
    token = get_order_by_id(db.session(), started.order_id).token
    assert "/payments" in client.get(f"/orders/{token}").text
    provider.pay(started.session_id, "debit")
    payments.confirm(started.payment_id, provider.gateway)
    page = client.get(f"/orders/{token}").text
    assert "Your bank is working on your payment." in page
    assert f"/orders/{token}/payments" not in page
