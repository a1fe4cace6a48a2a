"""Paying on a page of the shop: the provider's fields in it, one script of theirs, and a policy that fits no other."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.config import SettingError, Settings, load_settings
from storefront.core.db import db
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order
from storefront.payments.door import embedding_policy
from storefront.payments.queries import find_live_payment
from storefront.payments.stripe_gateway import stripe_script
from tests.fixtures.factories import make_order
from tests.fixtures.html import Document
from tests.fixtures.paying import hear_all
from tests.fixtures.provider import Provider
from tests.fixtures.readings import forget
from tests.fixtures.shop import post

APPROVED, DECLINED, ASKED = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0025 0000 3155"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, payment_page="embedded")


def start(app: Flask, client: FlaskClient) -> tuple[str, str]:
    """An order whose payer has come to the page; gives its token and the secret that the page was given."""
    with app.app_context():
        token = make_order().token
    answer = post(client, f"/orders/{token}/payments")
    assert answer.location.endswith(f"/orders/{token}/payment")
    with app.app_context():
        payment = find_live_payment(db.session(), get_order(db.session(), token).id)
        assert payment is not None
        assert payment.client_secret
        return token, payment.client_secret


def status_of(app: Flask, token: str) -> OrderStatus:
    with app.app_context():
        hear_all(Provider(app))
        forget()
        return get_order(db.session(), token).status


def test_the_page_has_the_sum_and_what_the_providers_script_needs(app: Flask, client: FlaskClient) -> None:
    token, secret = start(app, client)
    answer = client.get(f"/orders/{token}/payment")
    assert "£6.45" in answer.text
    assert f'data-client-secret="{secret}"' in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_inventory_of_scripts_on_the_payment_page(app: Flask, client: FlaskClient) -> None:
    """PCI DSS 4.0.1, 6.4.3: every script on it is known, needed, and cannot be another one."""
    token, _secret = start(app, client)
    answer = client.get(f"/orders/{token}/payment")
    scripts = [
        str(facts["src"]).partition("?")[0] for tag, facts, _within in Document(answer.text).elements if tag == "script"
    ]
    base = app.config["SETTINGS"].base_url
    assert scripts == [f"{base}/demo-pay/script.js", "/static/js/pay.js"]
    assert not re.search(r"\son\w+=|javascript:|<style", answer.text), "nothing is inline"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_the_policy_lets_in_what_stripe_documents_and_on_no_other_page(app: Flask, client: FlaskClient) -> None:
    policy = embedding_policy(stripe_script("pk_test_1"))
    assert "script-src 'self' https://js.stripe.com https://*.js.stripe.com;" in policy
    assert "frame-src 'self' https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com;" in policy
    assert policy.endswith("connect-src 'self' https://api.stripe.com")
    token, _secret = start(app, client)
    assert "frame-src" in client.get(f"/orders/{token}/payment").headers["Content-Security-Policy"]
    for path in ("/", "/cart", f"/orders/{token}"):
        assert "frame-src" not in client.get(path).headers["Content-Security-Policy"]
    assert stripe_script("pk_test_1").url == "https://js.stripe.com/endive/stripe.js"


def test_a_payment_on_the_page_pays_the_order(app: Flask, client: FlaskClient) -> None:
    token, secret = start(app, client)
    answer = Provider(app).pay_on_page(secret, APPROVED)
    assert answer["url"].endswith(f"/orders/{token}/return")
    assert status_of(app, token) is OrderStatus.PAID
    assert client.get(f"/orders/{token}/payment").location.endswith(f"/orders/{token}"), "there is nothing left to pay"


def test_a_declined_card_can_be_tried_again_on_the_page(app: Flask, client: FlaskClient) -> None:
    token, secret = start(app, client)
    assert Provider(app).pay_on_page(secret, DECLINED) == {"reason": "generic_decline"}
    assert status_of(app, token) is OrderStatus.PENDING
    assert client.get(f"/orders/{token}/payment").status_code == 200
    assert "url" in Provider(app).pay_on_page(secret, APPROVED)
    assert status_of(app, token) is OrderStatus.PAID


def test_a_bank_that_asks_is_answered_on_the_providers_page(app: Flask, client: FlaskClient) -> None:
    token, secret = start(app, client)
    answer = Provider(app).pay_on_page(secret, ASKED)
    assert answer["url"].endswith("/authentication")
    Provider(app).authenticate(secret.partition("_secret_")[0])
    assert status_of(app, token) is OrderStatus.PAID


def test_without_the_secret_nobody_pays_with_the_id_alone(app: Flask, client: FlaskClient) -> None:
    _token, secret = start(app, client)
    session_id = secret.partition("_secret_")[0]
    with pytest.raises(AssertionError):
        Provider(app).pay_on_page(f"{session_id}_secret_{'0' * 40}", APPROVED)


def test_an_order_without_such_a_payment_leads_to_its_own_page(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        token = make_order().token
    assert client.get(f"/orders/{token}/payment").location.endswith(f"/orders/{token}")


def test_an_attempt_stays_as_it_was_begun(app: Flask, client: FlaskClient) -> None:
    """The provider answers the same key for the same request only: a changed setting is for new attempts."""
    token, secret = start(app, client)
    with app.app_context():
        gateway = Provider(app).gateway
        gateway.is_embedded = False
    assert post(client, f"/orders/{token}/payments").location.endswith(f"/orders/{token}/payment")
    assert "url" in Provider(app).pay_on_page(secret, APPROVED)


def test_a_browser_is_given_a_key_or_the_shop_does_not_start() -> None:
    environ = {"SECRET_KEY": "s", "PAYMENT_PAGE": "embedded", "STRIPE_SECRET_KEY": "sk_test_1"}
    with pytest.raises(SettingError, match="STRIPE_PUBLISHABLE_KEY"):
        load_settings(environ)
    assert load_settings(environ | {"STRIPE_PUBLISHABLE_KEY": "pk_test_1"}).payment_page == "embedded"
    with pytest.raises(SettingError, match="hosted or embedded"):
        load_settings(environ | {"PAYMENT_PAGE": "popup"})
