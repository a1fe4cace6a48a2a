"""The order's page for its buyer."""

from flask import Flask
from flask.testing import FlaskClient

from storefront.core.db import db
from storefront.orders.queries import get_order_by_id
from storefront.payments import refunds
from storefront.payments import service as payments
from storefront.payments.refunds import RefundWish
from storefront.tax.rules import TaxClass
from storefront.tax.service import set_rates
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.paying import drive_all, make_paid, make_started
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


def test_a_receipt_says_what_was_bought_taxed_paid_and_paid_back(context: Flask, client: FlaskClient) -> None:
    provider = Provider(context)
    set_rates("GB", "VAT", {TaxClass.STANDARD: 200_000}, is_included=True)
    paid = make_paid(provider, make_variant(price_minor=1000), 3)
    token = get_order_by_id(db.session(), paid.order_id).token
    refunds.request(paid.order_id, "k", RefundWish(pieces={paid.line_ids[0]: 1}), "tests")
    drive_all(provider)
    assert f"/orders/{token}/receipt" in client.get(f"/orders/{token}").text
    page = client.get(f"/orders/{token}/receipt").text
    for words in ("£30.00", "20%", "Includes VAT 20%: £5.66", "£33.95 paid on", "£10.00 paid back on"):
        assert words in page, words


def test_what_was_not_paid_has_no_receipt(context: Flask, client: FlaskClient) -> None:
    token = make_order().token
    assert client.get(f"/orders/{token}/receipt").location.endswith(f"/orders/{token}")
