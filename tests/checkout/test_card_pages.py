"""The page that sells gift cards, the pages of such an order, its mails and its desk."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.checkout import cards
from storefront.core.db import db
from storefront.orders.mails import confirmation
from storefront.orders.models import Order
from storefront.payments import service as payments
from storefront.payments.models import Payment
from storefront.promotions import credit
from storefront.promotions import mails as promotion_mails
from storefront.promotions.models import CardSale, CreditAccount
from tests.fixtures.paying import make_paid, read
from tests.fixtures.promoting import SECRET
from tests.fixtures.provider import Provider
from tests.fixtures.readings import count_orders, forget
from tests.fixtures.shop import make_settings, post
from tests.fixtures.walk_cards import send_form


def buy(app: Flask, client: FlaskClient, **changes: str) -> int:
    """Buy and pay a card on its page, and let its job make it; returns the order's id."""
    answer = send_form(client, **changes)
    assert answer.status_code == 303, answer.text
    with app.app_context():
        order_id = db.session.scalar(db.select(db.func.max(Order.id)))
        started, provider = read(order_id), Provider(app)
        provider.pay(started.session_id)
        payments.confirm(started.payment_id, provider.gateway)
        cards.issue(order_id, SECRET)
        forget()
    return int(order_id)


def test_the_form_leads_to_the_provider_who_asks_for_exactly_that(app: Flask, client: FlaskClient) -> None:
    answer = send_form(client, amount="other", other="£37.50", words="For your garden")
    assert answer.status_code == 303
    assert "/demo-pay/" in answer.location
    assert "£37.50" in FlaskClient(app).get(answer.location.removeprefix(app.config["SETTINGS"].base_url)).text
    with app.app_context():
        sale = db.session.scalars(db.select(CardSale)).one()
        assert (sale.email, sale.giver, sale.words) == ("bob@example.com", "Lamp", "For your garden")
        assert db.session.scalars(db.select(Payment.amount_minor)).all() == [3750]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"amount": "other", "other": "9.99"}, "Choose an amount from £10.00 to £500.00."),
        ({"amount": "other", "other": "500.01"}, "Choose an amount from £10.00 to £500.00."),
        ({"amount": "other", "other": "12,5"}, "Enter an amount such as"),
        ({"amount": "other", "other": ""}, "Enter an amount such as"),
        ({"amount": "777"}, "Choose one of the list."),
        ({"recipient": "bob"}, "Enter an e-mail address such as name@example.com."),
        ({"recipient": ""}, "Enter the e-mail address that the card goes to."),
        ({"terms": ""}, "Accept the terms to place the order."),
        ({"words": "x" * 501}, "Use at most 500 characters."),
    ],
)
def test_what_cannot_be_sold_comes_back_with_what_was_typed(
    client: FlaskClient, app: Flask, changes: dict[str, str], text: str
) -> None:
    answer = send_form(client, **changes)
    assert answer.status_code == 422
    assert text in answer.text
    assert 'value="ada@example.com"' in answer.text
    with app.app_context():
        assert count_orders() == 0


def test_pages_and_mails_of_a_card_speak_of_a_card(app: Flask, client: FlaskClient, sign_in) -> None:
    order_id = buy(app, client, words="For your garden")
    with app.app_context():
        order, settings = db.session.get_one(Order, order_id), app.config["SETTINGS"]
        token, number = order.token, order.number
        sale = db.session.get_one(CardSale, order_id)
        account = db.session.get_one(CreditAccount, sale.account_id)
        code = credit.code_of(account.salt, SECRET)
        bought, letter = confirmation(order, settings), promotion_mails.card(account, sale, settings)
    page = client.get(f"/orders/{token}").text
    assert "We have sent its code to bob@example.com." in page
    assert "parcel" not in page
    assert code not in page
    receipt = client.get(f"/orders/{token}/receipt").text
    assert "A gift card is a voucher: tax is due on what it buys, when it is spent." in receipt
    assert "The gift card goes to bob@example.com in a mail of its own." in bought.text
    assert code not in bought.text + bought.html
    assert letter.to == "bob@example.com"
    assert letter.subject == "Lamp sends you a gift card of £25.00"
    assert code in letter.text
    assert code in letter.html
    assert "For your garden" in letter.text
    desk = sign_in("owner").get(f"/admin/orders/{number}").text
    assert "A gift card for bob@example.com" in desk
    for absent in ("Packing slip", "Mark as sent", "Take goods back", "Change the address"):
        assert absent not in desk, absent


def test_an_unused_card_is_paid_back_at_the_desk_and_a_part_is_refused(
    app: Flask, client: FlaskClient, sign_in
) -> None:
    order_id, staff = buy(app, client), sign_in("manager")
    with app.app_context():
        number = db.session.get_one(Order, order_id).number
    path = f"/admin/orders/{number}/refunds"
    page = staff.get(path).text
    assert "goes back whole" in page
    form = {"key": re.search(r'name="key"[^>]*value="([^"]+)"', page)[1], "reason": "unwanted", "to": "back"}  # type: ignore[index]
    refused = post(staff, path, {**form, "other": "1.00"})
    assert refused.status_code == 409
    assert "A gift card goes back whole" in refused.text
    assert post(staff, path, {**form, "other": "25.00"}).status_code == 303
    with app.app_context():
        assert db.session.scalars(db.select(CreditAccount.is_active)).all() == [False]


def test_staff_choose_credit_and_see_it(app: Flask, sign_in) -> None:
    staff = sign_in("manager")
    with app.app_context():
        number = make_paid(Provider(app)).number
        forget()
    path = f"/admin/orders/{number}/refunds"
    page = staff.get(path).text
    assert "A gift card for the customer, by mail" in page
    key = re.search(r'name="key"[^>]*value="([^"]+)"', page)[1]  # type: ignore[index]
    answer = post(staff, path, {"key": key, "other": "1.50", "to": "credit", "reason": "Broken"})
    assert answer.status_code == 303
    shown = staff.get(answer.location).text
    assert "as credit" in shown
    assert post(staff, path, {"key": key + "2", "other": "1.50", "to": "elsewhere", "reason": "x"}).status_code == 422


def test_a_shop_that_sells_none_has_no_such_page(tmp_path, redis_url) -> None:
    from storefront.app import make_app
    from tests.fixtures.shop import make_tables

    settings = make_settings(tmp_path, f"sqlite:///{tmp_path / 'a.sqlite3'}", redis_url, GIFT_CARD_AMOUNTS="none")
    app = make_app(settings)
    make_tables(app)
    client = app.test_client()
    assert client.get("/gift-cards").status_code == 404
    assert "/gift-cards" not in client.get("/").text
