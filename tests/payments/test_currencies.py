"""A shop in yen or dinars: one order along every path, with amounts as people write them, and the books agree."""

import csv
import io
import re
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
import stripe
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

from storefront.config import Settings
from storefront.core.db import db
from storefront.insight.days import Books
from storefront.insight.rollup import rebuild
from storefront.orders import mails as order_mails
from storefront.orders.models import Order
from storefront.orders.queries import get_order
from storefront.payments import mails, offline
from storefront.payments.command import reconcile
from storefront.payments.gateways import PROVIDER, demo_keys
from storefront.payments.models import Payment, Refund
from storefront.torture.browser import hidden_fields
from tests.fixtures.factories import ADDRESS, make_order, make_variant
from tests.fixtures.paying import drive_all, hear_all
from tests.fixtures.promoting import make_coupon
from tests.fixtures.provider import Provider
from tests.fixtures.readings import forget
from tests.fixtures.shop import post


@dataclass(frozen=True)
class Money:
    """A currency: how it is written, what three lamps cost with delivery less a tenth, and what is sent for it."""

    code: str
    written: str
    unit: str
    total: str
    third: str
    back: str
    typed: str
    provider_unit: int
    major: Decimal


# Three at 1,235 are 3,705, less a tenth (rounded up) 3,334, and 395 for the delivery.
YEN = Money("JPY", r"¥[\d,]+(?![\d.,]*\.\d)", "¥1,235", "¥3,729", "¥1,111", "¥1,118", "7", 1, Decimal(1))
DINAR = Money(
    "KWD", r"KWD\s?[\d,]+\.\d{3}(?!\d)", "KWD12.350", "KWD37.290", "KWD11.110", "KWD11.180", "0.07", 10, Decimal("0.01")
)
AMOUNT = re.compile(r"(?:¥|KWD\s?)-?[\d,]+(?:\.\d+)?")
TOTAL, THIRD, OTHER = 3729, 1111, 7


@pytest.fixture(params=[YEN, DINAR], ids=lambda money: money.code)
def money(request: pytest.FixtureRequest) -> Money:
    found: Money = request.param
    return found


@pytest.fixture(params=["hosted", "embedded"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(settings: Settings, money: Money, way: str) -> Settings:
    return replace(settings, currency=money.code, payment_page=way, offline_methods=("invoice",))


def shown(text: str, money: Money) -> list[str]:
    """Every amount of a page or mail; each is written as it should be."""
    plain = text.replace("\u00a0", "").replace("&nbsp;", "")
    found = AMOUNT.findall(plain)
    assert found
    for amount in found:
        assert re.fullmatch(money.written, amount.replace("-", "")), amount
    return found


def read_mail(mail: object, money: Money) -> list[str]:
    """What both parts of a mail say."""
    text, html = (shown(part, money) for part in (mail.text, mail.html))  # type: ignore[attr-defined]
    assert set(text) <= set(html)
    return text


def place(app: Flask, client: FlaskClient, money: Money) -> str:
    """Cart, coupon and order through the pages; where the payment is."""
    with app.app_context():
        variant_id = make_variant(price_minor=1235).id
        make_coupon("TENTH")
    post(client, "/cart/lines", {"variant_id": str(variant_id), "quantity": "3"})
    assert money.unit in shown(client.get("/cart").text, money)
    opened = hidden_fields(client.get("/checkout").text)
    page = post(client, "/checkout", {"code": "TENTH", "country": "GB", "shipping_method": "standard"}).text
    assert money.total in shown(page, money)
    form = {"key": opened["key"], "quoted_minor": hidden_fields(page)["quoted_minor"]}
    assert form["quoted_minor"] == str(TOTAL)
    sent = {**form, **vars(ADDRESS), "shipping_method": "standard", "payment_method": "online", "terms": "y"}
    answer = post(client, "/checkout", sent)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def intents(app: Flask) -> list[stripe.PaymentIntent]:
    """What the provider has, as the official library reads it."""
    key = demo_keys(app.config["SETTINGS"])[0]
    client = stripe.StripeClient(key, http_client=app.extensions[PROVIDER].http_client())
    return list(client.v1.payment_intents.list({"expand": ["data.latest_charge"]}).data)


def pay(app: Flask, client: FlaskClient, way: str, location: str, money: Money) -> None:
    provider = Provider(app)
    if way == "embedded":
        page = client.get(location).text
        assert money.total in shown(page, money)
        secret = re.search(r'data-client-secret="([^"]+)"', page)
        assert secret
        provider.pay_on_page(secret.group(1), "4242 4242 4242 4242")
    else:
        session_id = location.rpartition("/")[2]
        page = Client(app.extensions[PROVIDER]).get(f"/pay/{session_id}").text
        assert money.total in shown(page, money)
        provider.pay(session_id)


def only_order(app: Flask) -> Order:
    forget()
    token = db.session.scalars(db.select(Order.token)).one()
    return get_order(db.session(), token)


@pytest.fixture
def manager(sign_in, app: Flask) -> FlaskClient:  # type: ignore[no-untyped-def]
    found: FlaskClient = sign_in("owner")
    return found


def test_an_order_is_paid_paid_back_in_parts_and_kept_in_the_books(
    app: Flask, client: FlaskClient, manager: FlaskClient, money: Money, way: str
) -> None:
    pay(app, client, way, place(app, client, money), money)
    with app.app_context():
        provider = Provider(app)
        hear_all(provider)
        (intent,) = intents(app)
        assert (intent.amount_received, intent.currency) == (TOTAL * money.provider_unit, money.code.lower())
        order = only_order(app)
        token, number, line_id = order.token, order.number, order.lines[0].id
        assert money.total in read_mail(order_mails.confirmation(order, app.config["SETTINGS"]), money)
    for path in (f"/orders/{token}", f"/orders/{token}/receipt", "/orders/find"):
        assert path.endswith("find") or money.total in shown(client.get(path).text, money), path
    for path in (f"/admin/orders/{number}", f"/admin/orders/{number}/refunds", "/admin/orders", "/admin/"):
        shown(manager.get(path).text, money)
    back: dict[str, object] = {"key": "a" * 22, f"line-{line_id}": "1", "reason": "Broken"}
    wrong = post(manager, f"/admin/orders/{number}/refunds", {**back, "other": "0.001"})
    assert wrong.status_code == 422
    for form in (back, {"key": "b" * 22, "other": money.typed, "reason": "Late"}):
        assert post(manager, f"/admin/orders/{number}/refunds", form).status_code == 303
    with app.app_context():
        drive_all(provider)
        hear_all(provider)
        forget()
        refunds = list(db.session.scalars(db.select(Refund).order_by(Refund.id)))
        assert [one.amount_minor for one in refunds] == [THIRD, OTHER]
        assert money.third in read_mail(mails.refunded(refunds[0], only_order(app), app.config["SETTINGS"]), money)
        assert intents(app)[0].latest_charge.amount_refunded == (THIRD + OTHER) * money.provider_unit  # type: ignore[union-attr]
    for path in (f"/orders/{token}", f"/orders/{token}/receipt"):
        amounts = {amount.replace("-", "") for amount in shown(client.get(path).text, money)}
        assert amounts & {money.third, money.back}, path
    assert money.third in shown(manager.get(f"/admin/orders/{number}").text, money)
    with app.app_context():
        answer = CliRunner().invoke(reconcile, [], obj=None)
        rebuild(Books.of(app.config["SETTINGS"]))
    assert answer.exit_code == 0, answer.output
    assert f"{money.code} {TOTAL - THIRD - OTHER} kept of {TOTAL}" in answer.output
    shown(manager.get("/admin/money").text, money)
    (_, row) = list(csv.reader(io.StringIO(manager.get("/admin/insight/payments.csv").text.lstrip("\ufeff"))))[:2]
    assert [Decimal(cell) for cell in row[-2:]] == [TOTAL * money.major, (THIRD + OTHER) * money.major]


def test_an_invoice_a_reminder_and_a_gift_card_speak_of_the_same_amounts(
    app: Flask, client: FlaskClient, manager: FlaskClient, money: Money, way: str
) -> None:
    with app.app_context():
        variant = make_variant(price_minor=3334)
        order_id = make_order(variant, payment_method="invoice", currency=money.code, quoted=TOTAL).id
        forget()
        payment, order = db.session.scalars(db.select(Payment)).one(), only_order(app)
        token, number = order.token, order.number
        for mail in (
            order_mails.confirmation(order, app.config["SETTINGS"]),
            mails.reminder(payment, order, 1, app.config["SETTINGS"]),
        ):
            assert money.total in read_mail(mail, money)
        db.session.remove()
    assert money.total in shown(client.get(f"/orders/{token}").text, money)
    assert money.total in shown(manager.get(f"/admin/orders/{number}").text, money)
    with app.app_context():
        offline.note_paid(order_id, "Line 7", "tests")
    assert money.total in shown(client.get(f"/orders/{token}/receipt").text, money)
    shown(client.get("/gift-cards").text, money)
    form: dict[str, object] = {
        "amount": {"JPY": "2500", "KWD": "25.00"}[money.code],
        "email": "ada@example.com",
        "reason": "Prize",
    }
    card = post(manager, "/admin/credit/cards", form)
    assert {"JPY": "¥2,500", "KWD": "KWD25.000"}[money.code] in shown(manager.get(card.location).text, money)
