"""The checkout's page and what leads from it to the payment: nothing of one person is shown to another."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from storefront.checkout.forms import CheckoutForm
from storefront.core.db import db
from storefront.orders.models import Order
from storefront.payments import service as payments
from storefront.payments.gateways import get_gateway
from storefront.payments.models import Payment
from storefront.payments.shield import Assessment, Verdict, get_shield
from tests.checkout.test_shortage import begin
from tests.fixtures.shop import post


def orders() -> list[Order]:
    db.session.rollback()
    return list(db.session.scalars(select(Order)))


def attempts() -> list[Payment]:
    db.session.rollback()
    return list(db.session.scalars(select(Payment)))


def test_what_one_has_typed_is_on_nobody_elses_page(app: Flask, client: FlaskClient) -> None:
    _, form = begin(app, client, 9)
    typed = post(client, "/checkout", {**form, "update": "1"}).text
    assert form["line2"] in typed
    for _ in range(2):
        other = app.test_client()
        _, own = begin(app, other, 9)
        assert form["line2"] not in other.get("/checkout").text
        assert form["line2"] not in post(other, "/checkout", {**own, "line2": "Flat 8", "update": "1"}).text
    assert form["line2"] in post(client, "/checkout", {**form, "update": "1"}).text


def test_fields_of_a_new_shopper_are_those_of_the_first_one(app: Flask) -> None:
    pages = []
    for _ in range(2):
        client = app.test_client()
        begin(app, client, 9)
        pages.append(client.get("/checkout").text.split('<div class="form">')[1].split('id="delivery"')[0])
    assert pages[0] == pages[1]
    assert 'autocomplete="shipping postal-code"' in pages[0]
    assert '<option selected value="GB">' in pages[0]


def test_chosen_country_is_marked_although_the_fields_are_remembered(app: Flask, client: FlaskClient) -> None:
    begin(app, client, 9)
    assert '<option selected value="FR">' in client.get("/checkout?country=FR").text
    assert '<option selected value="GB">' in client.get("/checkout").text


def test_a_country_that_is_not_in_the_list_is_refused(app: Flask) -> None:
    with app.test_request_context("/", method="POST", data={"country": "XX"}):
        form = CheckoutForm()
        form.country.choices = [("GB", "United Kingdom")]
        assert not form.country.validate(form)
        assert form.country.errors == ["Choose one of the list."]


def test_the_intent_to_pay_is_committed_with_the_order(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens on the way to the provider, the order knows what was to be asked there, under which key."""
    monkeypatch.setattr("storefront.checkout.views.to_provider", lambda *_: 1 / 0)
    _, form = begin(app, client, 9)
    with pytest.raises(ZeroDivisionError):
        post(client, "/checkout", form)
    with app.app_context():
        (order,) = orders()
        (attempt,) = attempts()
        assert (attempt.live_order_id, attempt.amount_minor) == (order.id, order.due_minor)
        assert (attempt.idempotency_key, attempt.url) == (f"order-{order.token[:16]}-attempt-1", None)
        assert [event.kind for event in order.events] == ["placed", "payment_started"]
        url = payments.start(order.id, get_gateway(), "http://shop.example")
        assert [one.url for one in attempts()] == [url]


@pytest.mark.parametrize("verdict", [Verdict.SLOW, Verdict.CHALLENGE])
def test_who_must_wait_or_show_who_they_are_has_no_attempt_yet(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, verdict: Verdict
) -> None:
    with app.app_context():
        monkeypatch.setattr(get_shield(), "assess", lambda _: Assessment(verdict, 2))
    _, form = begin(app, client, 9)
    assert post(client, "/checkout", form).location.endswith("/check")
    with app.app_context():
        assert len(orders()) == 1
        assert attempts() == []
